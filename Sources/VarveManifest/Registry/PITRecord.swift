package import VarveBytes

/// One point in time as the registry keeps it: an id, a keep-alive, and one pin per shard.
///
/// It is made for a hundred thousand at once: 72 bytes, label, owner tag and pinned numbers among them in the form
/// that stands in the file as long as they take 15 bytes at most; the list of shards is shared with every other
/// point in time over the same shards. The bytes are in `docs/formats/pit-registry.md`.
package struct PITRecord: Equatable, Identifiable, Sendable {
    package static let labelBytesMax = 256
    package static let ownerBytesMax = 256
    package static let attributesBytesMax = 65_536
    package static let pinsMax = 65_536
    /// A keep-alive that never runs out.
    package static let forever = Int64.max

    package let id: UUID128
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// How long it lives after its last use, in milliseconds.
    package var keepAlive: Int64
    /// Milliseconds since 1970; may lag behind what is known in memory.
    package var lastAccess: Int64
    /// The shards it reads, shared between records.
    package internal(set) var targets: PITTargets
    /// Label, owner tag, for each target the pinned number and its source checkpoints, and attributes, encoded.
    let details: SmallBytes
    /// Opaque to this module.
    package var flags: UInt32

    /// The limits on labels, tags, pins and attributes are the caller's to check: beyond them this is a
    /// precondition failure.
    package init(
        id: UUID128, createdAt: Int64, keepAlive: Int64, lastAccess: Int64, label: String = "",
        owner: String = "", flags: UInt32 = 0, pins: [PITPin], attributes: [UInt8] = []
    ) {
        precondition(label.utf8.count <= Self.labelBytesMax, "a label has at most 256 bytes")
        precondition(owner.utf8.count <= Self.ownerBytesMax, "an owner tag has at most 256 bytes")
        precondition(pins.count <= Self.pinsMax, "a point in time has at most 65,536 pins")
        precondition(keepAlive >= 0, "a keep-alive is not negative")
        precondition(attributes.count <= Self.attributesBytesMax, "attributes have at most 65,536 bytes")
        self.id = id
        self.createdAt = createdAt
        self.keepAlive = keepAlive
        self.lastAccess = lastAccess
        self.flags = flags
        targets = PITTargets(pins.map(\.target))
        var buffer = ByteBuffer(capacity: 16 + label.utf8.count + owner.utf8.count + 8 * pins.count)
        buffer.appendSized(label)
        buffer.appendSized(owner)
        for pin in pins { pin.encodePlace(into: &buffer) }
        if !attributes.isEmpty { buffer.appendSized(attributes.rawSpan) }
        details = SmallBytes(buffer.bytes)
    }

    /// What a file said; `details` were checked.
    init(
        id: UUID128, createdAt: Int64, keepAlive: Int64, lastAccess: Int64, flags: UInt32,
        targets: PITTargets, details: SmallBytes
    ) {
        self.id = id
        self.createdAt = createdAt
        self.keepAlive = keepAlive
        self.lastAccess = lastAccess
        self.flags = flags
        self.targets = targets
        self.details = details
    }

    package var label: String { decodeDetails().label }
    package var owner: String { decodeDetails().owner }
    /// Decoded on every call.
    package var pins: [PITPin] { decodeDetails().pins }
    /// Whatever the engine keeps with it; opaque to this module. Decoded on every call.
    package var attributes: [UInt8] { decodeDetails().attributes }

    private func decodeDetails() -> PITDetails {
        let bytes = details.bytes
        var reader = ByteReader(bytes.rawSpan)
        guard let decoded = try? PITDetails(decoding: &reader, targets: targets.list) else {
            preconditionFailure("the details of a point in time were checked when they were made")
        }
        return decoded
    }
}

/// What one point in time pins of one shard.
package struct PITPin: Equatable, Sendable {
    package static let checkpointsMax = 4_096

    package var target: PITTarget
    /// The pinned S; nil for a shard that had no operation yet.
    package var sequenceNumber: SequenceNumber?
    /// How far each source partition was applied at S.
    package var checkpoints: [SourceCheckpoint]

    package init(target: PITTarget, sequenceNumber: SequenceNumber?, checkpoints: [SourceCheckpoint] = []) {
        precondition(checkpoints.count <= Self.checkpointsMax, "a pin has at most 4,096 checkpoints")
        precondition(sequenceNumber != .infinity, "infinity cannot be pinned")
        self.target = target
        self.sequenceNumber = sequenceNumber
        self.checkpoints = checkpoints
    }

    func encodePlace(into buffer: inout ByteBuffer) {
        buffer.appendOptional(sequenceNumber)
        buffer.appendVarint(UInt64(checkpoints.count))
        for checkpoint in checkpoints { checkpoint.encode(into: &buffer) }
    }
}

/// A shard, and the index it belonged to when it was pinned.
package struct PITTarget: Hashable, Sendable {
    package var index: UUID128
    package var shard: UUID128

    package init(index: UUID128, shard: UUID128) {
        self.index = index
        self.shard = shard
    }
}

/// A list of shards, one object for all points in time over the same shards.
package final class PITTargets: Hashable, Sendable {
    package let list: [PITTarget]

    package init(_ list: [PITTarget]) { self.list = list }

    package static func == (left: PITTargets, right: PITTargets) -> Bool {
        left === right || left.list == right.list
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(list) }
}

/// The part of a record that is kept encoded.
struct PITDetails {
    var label: String
    var owner: String
    var pins: [PITPin]
    var attributes: [UInt8] = []

    init(decoding reader: inout ByteReader, targets: [PITTarget]) throws(FormatError) {
        label = try reader.readString(limit: PITRecord.labelBytesMax, of: "a label")
        owner = try reader.readString(limit: PITRecord.ownerBytesMax, of: "an owner tag")
        pins = []
        for target in targets {
            let number = try reader.readOptionalNumber()
            let count = try reader.readCount(limit: PITPin.checkpointsMax, of: "a checkpoint count")
            var checkpoints: [SourceCheckpoint] = []
            for _ in 0..<count { checkpoints.append(try SourceCheckpoint(decoding: &reader)) }
            pins.append(PITPin(target: target, sequenceNumber: number, checkpoints: checkpoints))
        }
        if !reader.isAtEnd {
            attributes = try reader.readSized(
                limit: PITRecord.attributesBytesMax, of: "the attributes of a point in time"
            ).copyBytes()
        }
    }

    /// Checks the same bytes without making anything of them: for loading.
    static func skip(_ reader: inout ByteReader, targets: Int) throws(FormatError) {
        try skipString(&reader, limit: PITRecord.labelBytesMax)
        try skipString(&reader, limit: PITRecord.ownerBytesMax)
        for _ in 0..<targets {
            _ = try reader.readOptionalNumber()
            let count = try reader.readCount(limit: PITPin.checkpointsMax, of: "a checkpoint count")
            for _ in 0..<count { _ = try SourceCheckpoint(decoding: &reader) }
        }
        if !reader.isAtEnd {
            _ = try reader.readSized(
                limit: PITRecord.attributesBytesMax, of: "the attributes of a point in time")
        }
    }

    private static func skipString(_ reader: inout ByteReader, limit: Int) throws(FormatError) {
        let at = reader.offset
        let bytes = try reader.readSized(limit: limit, of: "a label or owner tag")
        guard bytes.isValidUTF8 else { throw FormatError("a label is not valid UTF-8", offset: at) }
    }
}

extension ByteBuffer {
    /// A sequence number or none: a varint of 0 for none, else of the number plus one.
    mutating func appendOptional(_ number: SequenceNumber?) {
        appendVarint(number.map { $0.rawValue + 1 } ?? 0)
    }
}

extension ByteReader {
    @_lifetime(self: copy self)
    mutating func readOptionalNumber() throws(FormatError) -> SequenceNumber? {
        let raw = try readVarint()
        return raw == 0 ? nil : SequenceNumber(raw - 1)
    }
}
