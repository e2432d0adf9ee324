package import VarveBytes

/// A message that was left out: what it was, where it stood and why it could not be applied. The bytes are in
/// `docs/formats/dead-letters.md`.
package struct DeadLetter: Hashable, Sendable {
    /// Of what is kept of a message; a longer one is cut and cannot be tried again.
    package static let payloadBytesMax = 4 << 20
    private static let keyBytesMax = 64 << 10
    private static let textBytesMax = 4_096

    package var source: UUID128
    package var partition: UInt32
    /// In the source's own form.
    package var pointer: [UInt8]
    package var stage: MessageError.Stage
    package var attempts: Int
    /// When the stream says the message was made, milliseconds since 1970; 0 if it does not say.
    package var timestamp: Int64
    /// The pointer in the words of the stream.
    package var place: String
    /// The id of the document if its message names none.
    package var placeID: String
    package var errorType: String
    package var reason: String
    package var key: [UInt8]?
    package var isTombstone: Bool
    /// The payload is not all of the message's.
    package private(set) var isCut: Bool
    package private(set) var payload: [UInt8]

    package init(
        source: UUID128, partition: UInt32, pointer: [UInt8], stage: MessageError.Stage, attempts: Int,
        timestamp: Int64, place: String, placeID: String, errorType: String, reason: String, key: [UInt8]?,
        isTombstone: Bool, payload: ArraySlice<UInt8>
    ) {
        self.source = source
        self.partition = partition
        self.pointer = pointer
        self.stage = stage
        self.attempts = attempts
        self.timestamp = timestamp
        self.place = Self.cut(place)
        self.placeID = Self.cut(placeID)
        self.errorType = Self.cut(errorType)
        self.reason = Self.cut(reason)
        self.key = key.map { Array($0.prefix(Self.keyBytesMax)) }
        self.isTombstone = isTombstone
        self.payload = Array(payload.prefix(Self.payloadBytesMax))
        isCut = payload.count > Self.payloadBytesMax || (key?.count ?? 0) > Self.keyBytesMax
    }

    /// A text of at most 4 KiB, cut between characters.
    private static func cut(_ text: String) -> String {
        if text.utf8.count <= textBytesMax { return text }
        var text = text[...]
        while text.utf8.count > textBytesMax {
            text = text.dropLast(max(1, (text.utf8.count - textBytesMax) / 4))
        }
        return String(text)
    }

    private enum Flag {
        static let key: UInt8 = 1
        static let tombstone: UInt8 = 2
        static let cut: UInt8 = 4
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.append(source.low)
        buffer.append(source.high)
        buffer.appendVarint(UInt64(partition))
        buffer.appendSized(pointer.rawSpan)
        buffer.append(stage.rawValue)
        buffer.append(
            (key == nil ? 0 : Flag.key) | (isTombstone ? Flag.tombstone : 0) | (isCut ? Flag.cut : 0))
        buffer.appendVarint(UInt64(max(0, attempts)))
        buffer.appendZigzag(timestamp)
        buffer.appendSized(place)
        buffer.appendSized(placeID)
        buffer.appendSized(errorType)
        buffer.appendSized(reason)
        if let key { buffer.appendSized(key.rawSpan) }
        buffer.appendSized(payload.rawSpan)
    }

    package init(decoding bytes: RawSpan) throws(FormatError) {
        var reader = ByteReader(bytes)
        let low: UInt64 = try reader.read()
        source = UUID128(high: try reader.read(), low: low)
        partition = UInt32(try reader.readCount(limit: Int(UInt32.max), of: "a partition"))
        pointer = try reader.readSized(
            limit: SourceCheckpoint.pointerBytesMax, of: "a source pointer"
        ).copyBytes()
        let at = reader.offset
        let stageCode: UInt8 = try reader.read()
        let flags: UInt8 = try reader.read()
        guard let stage = MessageError.Stage(rawValue: stageCode), flags <= 7 else {
            throw FormatError("unknown stage \(stageCode) or flags \(flags) of a dead letter", offset: at)
        }
        self.stage = stage
        attempts = try reader.readCount(limit: Int(Int32.max), of: "attempts")
        timestamp = try reader.readZigzag()
        place = try reader.readString(limit: Self.textBytesMax, of: "a place")
        placeID = try reader.readString(limit: Self.textBytesMax, of: "an id")
        errorType = try reader.readString(limit: Self.textBytesMax, of: "a type of error")
        reason = try reader.readString(limit: Self.textBytesMax, of: "a reason")
        key =
            flags & Flag.key == 0
            ? nil : try reader.readSized(limit: Self.keyBytesMax, of: "a key").copyBytes()
        isTombstone = flags & Flag.tombstone != 0
        isCut = flags & Flag.cut != 0
        payload = try reader.readSized(limit: Self.payloadBytesMax, of: "a message").copyBytes()
        try reader.expectEnd(of: "a dead letter")
    }
}

/// The numbers of dead letters that an operation removes: a count, then each number's distance from the one before.
package enum LetterRemoval {
    package static let countMax = 65_536

    static func encode(_ numbers: [UInt64], into buffer: inout ByteBuffer) {
        buffer.appendVarint(UInt64(numbers.count))
        var last: UInt64 = 0
        for number in numbers.sorted() {
            buffer.appendVarint(number - last)
            last = number
        }
    }

    package static func decode(_ bytes: RawSpan) throws(FormatError) -> [UInt64] {
        var reader = ByteReader(bytes)
        let count = try reader.readCount(limit: min(countMax, bytes.byteCount), of: "a count of letters")
        var numbers: [UInt64] = []
        numbers.reserveCapacity(count)
        var last: UInt64 = 0
        for _ in 0..<count {
            let at = reader.offset
            let next = last.addingReportingOverflow(try reader.readVarint())
            guard !next.overflow else { throw FormatError("a number past 64 bits", offset: at) }
            last = next.partialValue
            numbers.append(last)
        }
        try reader.expectEnd(of: "numbers of letters")
        return numbers
    }
}

extension BatchBuilder {
    /// Room that a letter takes besides its payload.
    package static let letterSpareBytes = 96 << 10

    /// Appends a letter, which the shard keeps under the operation's number.
    package mutating func appendLetter(_ letter: DeadLetter) throws(DocumentError) {
        var body = ByteBuffer(capacity: letter.payload.count + 512)
        letter.encode(into: &body)
        try append(.deadLetter, body.bytes)
    }

    /// Appends the removal of letters, at most 65,536.
    package mutating func removeLetters(_ numbers: [UInt64]) throws(DocumentError) {
        precondition(numbers.count <= LetterRemoval.countMax, "too many letters for one operation")
        var body = ByteBuffer(capacity: 10 * numbers.count + 10)
        LetterRemoval.encode(numbers, into: &body)
        try append(.removeLetters, body.bytes)
    }

    private mutating func append(_ kind: OperationKind, _ body: RawSpan) throws(DocumentError) {
        // Every operation has an id; of these it means nothing.
        let id: [UInt8] = [0x2D]
        try check(id.rawSpan, OperationOptions(), bytes: body.byteCount)
        append(
            kind, id.rawSpan, OperationOptions(), RawSpan(), source: body,
            firstValue: extractor.sink.values.count)
    }
}
