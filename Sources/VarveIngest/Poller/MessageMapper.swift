package import VarveBytes
import VarveDocument

/// Which partition a poller reads, and for which shard.
package struct PollerPlace: Sendable {
    package var shard: Int
    package var partition: UInt32
    /// Names the stream in checkpoints.
    package var source: UUID128
    /// A pointer as it stands in the ids of raw messages; nil for its number.
    package var text: (@Sendable (StreamPointer) -> String)?

    package init(
        shard: Int, partition: UInt32, source: UUID128, text: (@Sendable (StreamPointer) -> String)? = nil
    ) {
        self.shard = shard
        self.partition = partition
        self.source = source
        self.text = text
    }

    /// The name of a stream of an index in checkpoints.
    package static func source(named name: String, ofIndex index: UUID128) -> UUID128 {
        var text = ByteBuffer(capacity: 64)
        text.append(index.low)
        text.append(index.high)
        text.append(utf8: name)
        return UUID128(
            high: XXH64.hash(text.bytes, seed: 1), low: XXH64.hash(text.bytes, seed: 2))
    }
}

/// Turns messages into operations of a batch, one after the other, and counts what becomes of each.
struct MessageMapper: ~Copyable {
    /// A batch that has so many bytes takes no further message, since it needs several times that on its way into the
    /// log.
    static let batchBytes = 2 << 20
    let place: PollerPlace
    let settings: IngestionSettings
    /// The message to be passed over whatever the strategy says.
    let skipped: StreamPointer?
    /// Attempts that the message at this pointer has behind it.
    let attempts: (pointer: StreamPointer, count: Int)?
    let describe: (StreamPointer) -> String
    let random: () -> UInt64
    /// Whether a hole between two messages is messages that are gone.
    private let arePointersDense: Bool
    private var id = ByteBuffer(capacity: 64)
    private let prefixBytes: Int

    /// What a run over messages came to.
    struct Run {
        /// Behind the last message that is settled by the batch.
        var end: StreamPointer
        var timestamp: Int64 = 0
        /// Messages settled.
        var count = 0
        /// Of these, operations that the shard decides.
        var operations = 0
        var counters = IngestionCounters()
        var lastFailure: MessageFailure?
        var lastGap: IngestionState.Gap?
        /// The message that stopped it.
        var blocked: MessageFailure?
    }

    init(
        place: PollerPlace, settings: IngestionSettings, skipped: StreamPointer?,
        attempts: (pointer: StreamPointer, count: Int)?, random: @escaping () -> UInt64,
        arePointersDense: Bool, describe: @escaping (StreamPointer) -> String
    ) {
        self.arePointersDense = arePointersDense
        self.place = place
        self.settings = settings
        self.skipped = skipped
        self.attempts = attempts
        self.random = random
        self.describe = describe
        if settings.format == .document {
            id.appendDecimal(Int64(place.shard))
        } else {
            id.append(utf8: "\(place.source.low.hex16)-\(place.partition)")
        }
        id.append(UInt8(0x2D))
        prefixBytes = id.count
    }

    /// Maps messages until the builder is full, one stops it, or all are done.
    ///
    /// - Parameter known: Of the messages, how many were counted as read before.
    mutating func map(
        _ messages: ArraySlice<Message>, from start: StreamPointer, known: Int,
        into builder: inout BatchBuilder
    ) throws -> Run {
        var run = Run(end: start)
        for message in messages {
            guard message.pointer >= run.end, message.next > message.pointer else {
                throw StreamSourceError(
                    "message \(message.pointer) with \(message.next) behind it came after \(run.end): pointers must "
                        + "ascend")
            }
            let room = message.payload.count + (message.key?.count ?? 0) + BatchBuilder.letterSpareBytes
            if run.count > 0, builder.byteCount + room > Self.batchBytes || !builder.hasRoom(for: room) {
                break
            }
            let isFirst = run.count >= known
            if isFirst { run.counters.polled += 1 }
            do throws(MessageError) {
                let outcome = try append(message, to: &builder)
                if isFirst { run.counters.handedOn += 1 }
                run.counters.processed += 1
                switch outcome {
                case .appended: run.operations += 1
                case .ignored:
                    run.counters.invalid += 1
                    run.counters.ignored += 1
                }
            } catch {
                try refuse(message, error, isFirst: isFirst, &run, &builder)
                if run.blocked != nil { break }
            }
            settle(message, &run)
        }
        run.counters.read = run.count
        return run
    }

    private func settle(_ message: Message, _ run: inout Run) {
        if arePointersDense && message.pointer > run.end {
            run.counters.gaps += 1
            run.lastGap = IngestionState.Gap(from: run.end, to: message.pointer)
        }
        run.counters.bytes += message.payload.count
        run.end = message.next
        run.timestamp = message.timestamp
        run.count += 1
    }

    /// Counts what failed; then drops the message with a letter, or stops at it.
    private mutating func refuse(
        _ message: Message, _ error: MessageError, isFirst: Bool, _ run: inout Run,
        _ builder: inout BatchBuilder
    ) throws {
        let failure = MessageFailure(
            pointer: message.pointer, place: describe(message.pointer),
            stage: error.stage == .mapping ? .mapping : .processing, type: error.type,
            reason: error.description)
        run.lastFailure = failure
        let isSkipped = skipped == message.pointer
        let isDropped = isSkipped || settings.onError == .drop
        switch error.stage {
        case .mapping:
            if isFirst { run.counters.pollerFailures += 1 }
            if isDropped { run.counters.pollerDropped += 1 }
        case .processing:
            if isFirst { run.counters.handedOn += 1 }
            run.counters.processed += 1
            run.counters.failed += 1
            if error.isInvalid { run.counters.invalid += 1 }
            if isDropped { run.counters.failuresDropped += 1 }
        }
        guard isDropped else {
            run.blocked = failure
            return
        }
        if isSkipped { run.counters.skipped += 1 } else { run.counters.dropped += 1 }
        if settings.deadLetters.bytes == 0 { return }
        let before = attempts.map { $0.pointer == message.pointer ? $0.count : 0 } ?? 0
        try builder.appendLetter(
            DeadLetter(
                source: place.source, partition: place.partition, pointer: message.pointer.encoded,
                stage: error.stage, attempts: before + 1, timestamp: message.timestamp, place: failure.place,
                placeID: String(validating: placeID(message.pointer)) ?? "",
                errorType: failure.type, reason: failure.reason, key: message.key.map { Array($0) },
                isTombstone: message.isTombstone, payload: message.payload))
    }

    private mutating func append(
        _ message: Message, to builder: inout BatchBuilder
    ) throws(MessageError) -> MessageOutcome {
        if message.isTombstone {
            guard settings.tombstones == .delete else {
                throw MessageError(.mapping, DocumentError(.malformedJSON, "a message without payload"))
            }
            guard let key = message.key else { return .ignored }
            return try builder.appendTombstone(key: key.rawSpan)
        }
        let payload = message.payload
        if settings.generatedIDs == .random, settings.format != .document {
            let id = GeneratedID.make(random(), random())
            return try builder.appendMessage(
                payload.rawSpan, format: settings.format, placeID: id.rawSpan, placeIsNew: true)
        }
        return try builder.appendMessage(
            payload.rawSpan, format: settings.format, placeID: placeID(message.pointer))
    }

    /// The id of a document whose message names none: in the memory of the one before.
    @_lifetime(&self)
    private mutating func placeID(_ pointer: StreamPointer) -> RawSpan {
        id.truncate(to: prefixBytes)
        if settings.format == .document, let text = place.text {
            id.append(utf8: text(pointer))
        } else if pointer.high == 0 && pointer.middle == 0 && pointer.low <= UInt64(Int64.max) {
            id.appendDecimal(Int64(pointer.low))
        } else {
            id.append(utf8: pointer.description)
        }
        return id.bytes
    }
}
