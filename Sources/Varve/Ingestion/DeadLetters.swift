import VarveBytes
import VarveDocument
import VarveEngine
public import VarveIngest
import VarveManifest

/// A message of a stream that could not be applied.
public struct DroppedMessage: Sendable {
    /// `shard-number`: names it within its index.
    public let id: String
    public let shard: Int
    public let partition: UInt32
    public let pointer: StreamPointer
    /// The pointer in the words of the stream, such as `line 7`.
    public let place: String
    public let stage: MessageFailure.Stage
    /// What OpenSearch calls such an error.
    public let errorType: String
    public let reason: String
    public let attempts: Int
    /// When it was kept, and when the stream says that it was made; milliseconds since 1970, 0 if it does not say.
    public let keptAt: Int64
    public let timestamp: Int64
    public let key: [UInt8]?
    public let payload: [UInt8]
    public let isTombstone: Bool
    /// The payload was too long and is not all there; such a message cannot be tried again.
    public let isCut: Bool

    fileprivate init?(_ stored: StoredLetter, shard: Int) {
        guard let letter = try? DeadLetter(decoding: stored.body.rawSpan) else { return nil }
        id = "\(shard)-\(stored.number)"
        self.shard = shard
        partition = letter.partition
        pointer = StreamPointer(encoded: letter.pointer) ?? StreamPointer(0)
        place = letter.place
        stage = letter.stage == .mapping ? .mapping : .processing
        errorType = letter.errorType
        reason = letter.reason
        attempts = letter.attempts
        keptAt = stored.time
        timestamp = letter.timestamp
        key = letter.key
        payload = letter.payload
        isTombstone = letter.isTombstone
        isCut = letter.isCut
    }
}

/// A page of dropped messages, by shard and then oldest first.
public struct DroppedMessages: Sendable {
    public var messages: [DroppedMessage] = []
    /// Of all that are kept.
    public var total = 0
    public var byteCount = 0
    /// Messages that had to make room for others, or were too old.
    public var evicted = 0
    /// Behind which more follow; nil if these are the last.
    public var next: String?
}

/// What came of trying dropped messages again.
public struct RetryOutcome: Sendable {
    /// Applied, or refused by a version that was there: no longer kept.
    public var settled = 0
    /// By id, why it stays.
    public var failed: [(id: String, reason: String)] = []
}

extension Index {
    /// Dropped messages that are kept.
    ///
    /// - Parameters:
    ///   - id: The last of the page before.
    ///   - limit: At most so many, and at most 16 MiB of them.
    public func droppedMessages(after id: String? = nil, limit: Int = 100) throws(VarveError)
        -> DroppedMessages
    {
        let start = try id.map { text throws(VarveError) in try LetterID(text, in: self) }
        var found = DroppedMessages()
        var bytes = 0
        for shard in engine.shards {
            let isBefore = start.map { shard.number < $0.shard } ?? false
            let left = max(0, min(limit, .max - 1) - found.messages.count)
            // One more tells whether more follow.
            let page = shard.letters(
                after: start.flatMap { $0.shard == shard.number ? $0.number : nil },
                limit: isBefore || limit <= 0 ? 0 : left + 1)
            found.total += page.count
            found.byteCount += page.byteCount
            found.evicted += Int(clamping: page.evicted)
            for letter in page.letters {
                if found.messages.count == limit || bytes >= 16 << 20 {
                    found.next = found.messages.last?.id
                    break
                }
                guard let message = DroppedMessage(letter, shard: shard.number) else { continue }
                bytes += letter.body.count
                found.messages.append(message)
            }
        }
        return found
    }

    /// One dropped message; nil if it is no longer kept.
    public func droppedMessage(_ id: String) throws(VarveError) -> DroppedMessage? {
        let id = try LetterID(id, in: self)
        return engine.shards[id.shard].letter(id.number).flatMap { DroppedMessage($0, shard: id.shard) }
    }

    /// Tries dropped messages again, as after the mapping was extended. A message that can be applied now is no
    /// longer kept, in the log record that applies it. Durable when it returns.
    ///
    /// - Parameters:
    ///   - ids: Which; nil for all.
    ///   - settings: How messages are read; those of this index's ingestion unless given.
    public func retryDroppedMessages(
        _ ids: [String]? = nil, settings: IngestionSettings? = nil
    ) async throws(VarveError) -> RetryOutcome {
        let settings = settings ?? ingestion?.settings ?? storedIngestion ?? IngestionSettings()
        var outcome = RetryOutcome()
        for (shard, numbers) in try letterNumbers(ids) {
            for start in stride(from: 0, to: numbers.count, by: 500) {
                let part = numbers[start..<min(start + 500, numbers.count)]
                try await retry(Array(part), of: shard, settings, &outcome)
            }
        }
        return outcome
    }

    /// Drops dropped messages for good. Durable when it returns.
    ///
    /// - Parameter ids: Which; nil for all.
    /// - Returns: How many there were.
    @discardableResult
    public func purgeDroppedMessages(_ ids: [String]? = nil) async throws(VarveError) -> Int {
        var count = 0
        for (shard, numbers) in try letterNumbers(ids) {
            for start in stride(from: 0, to: numbers.count, by: LetterRemoval.countMax) {
                let part = Array(numbers[start..<min(start + LetterRemoval.countMax, numbers.count)])
                var builder = BatchBuilder(schema: shard.schema)
                do throws(DocumentError) { try builder.removeLetters(part) } catch { throw VarveError(error) }
                try await apply(builder.finish(at: 0), to: shard)
                count += part.count
            }
        }
        return count
    }

    /// By shard, the numbers of these letters that are kept.
    private func letterNumbers(_ ids: [String]?) throws(VarveError) -> [(shard: Shard, numbers: [UInt64])] {
        guard let ids else {
            return engine.shards.map { ($0, $0.letters(after: nil, limit: .max).letters.map(\.number)) }
        }
        var numbers: [Int: Set<UInt64>] = [:]
        for text in ids {
            let id = try LetterID(text, in: self)
            guard engine.shards[id.shard].letter(id.number) != nil else {
                throw VarveError(.notFound, "no dropped message [\(text)] is kept")
            }
            numbers[id.shard, default: []].insert(id.number)
        }
        return numbers.sorted { $0.key < $1.key }.map { (engine.shards[$0.key], $0.value.sorted()) }
    }

    private func retry(
        _ numbers: [UInt64], of shard: Shard, _ settings: IngestionSettings, _ outcome: inout RetryOutcome
    ) async throws(VarveError) {
        var builder = BatchBuilder(schema: shard.schema)
        var settled: [UInt64] = []
        let retrier = LetterRetry(settings)
        for number in numbers {
            let id = "\(shard.number)-\(number)"
            guard let stored = shard.letter(number),
                let letter = try? DeadLetter(decoding: stored.body.rawSpan)
            else { continue }
            if !builder.hasRoom(for: letter.payload.count) {
                try await settle(&builder, &settled, of: shard, &outcome)
            }
            do throws(MessageError) {
                try retrier.append(letter, to: &builder)
                settled.append(number)
            } catch { outcome.failed.append((id, error.description)) }
        }
        try await settle(&builder, &settled, of: shard, &outcome)
    }

    private func settle(
        _ builder: inout BatchBuilder, _ settled: inout [UInt64], of shard: Shard,
        _ outcome: inout RetryOutcome
    ) async throws(VarveError) {
        guard !settled.isEmpty else { return }
        do throws(DocumentError) { try builder.removeLetters(settled) } catch { throw VarveError(error) }
        try await apply(builder.finish(at: 0), to: shard)
        outcome.settled += settled.count
        settled = []
    }

    private func apply(_ draft: consuming BatchDraft, to shard: Shard) async throws(VarveError) {
        var results: [OperationResult] = []
        let ticket: WriteTicket?
        do throws(EngineError) { ticket = try shard.apply(draft, into: &results) } catch {
            throw VarveError(error)
        }
        guard let ticket else { return }
        let outcome: Result<Void, EngineError> = await withCheckedContinuation { continuation in
            shard.whenDurable(ticket) { continuation.resume(returning: $0) }
        }
        do throws(EngineError) { try outcome.get() } catch { throw VarveError(error) }
    }
}

/// The name of a dropped message.
private struct LetterID {
    let shard: Int
    let number: UInt64

    init(_ text: String, in index: Index) throws(VarveError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let shard = Int(parts[0]), let number = UInt64(parts[1]),
            (0..<index.shardCount).contains(shard)
        else { throw VarveError(.invalid, "[\(text)] names no dropped message: expected such as 0-1234") }
        self.shard = shard
        self.number = number
    }
}
