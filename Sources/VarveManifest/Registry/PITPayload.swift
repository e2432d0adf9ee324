package import VarveBytes

/// Writes changes of the registry as the payload of one record. The page is `docs/formats/pit-registry.md`.
///
/// ```
/// change: 1 create | 2 touch | 3 delete | 4 heartbeat, then its fields
/// create: id 16 | created zigzag | keep-alive | last access - created zigzag | flags | targets | details
/// targets: n > 0 for the n-th list of this payload, or 0, count, (index uuid, shard uuid)* for the next one
/// ```
struct PITPayloadWriter: ~Copyable {
    enum Tag {
        static let create: UInt8 = 1
        static let touch: UInt8 = 2
        static let delete: UInt8 = 3
        static let heartbeat: UInt8 = 4
    }

    private var buffer: ByteBuffer
    private var lists: [PITTargets: Int] = [:]
    private var lastList: (targets: PITTargets, number: Int)?

    init(capacity: Int = 256) { buffer = ByteBuffer(capacity: capacity) }

    mutating func append(_ change: PITChange) {
        switch change {
        case .create(let record): append(record)
        case .touch(let id, let keepAlive, let lastAccess):
            buffer.append(Tag.touch)
            buffer.append(id)
            buffer.appendVarint(UInt64(max(keepAlive, 0)))
            buffer.appendZigzag(lastAccess)
        case .delete(let id):
            buffer.append(Tag.delete)
            buffer.append(id)
        case .heartbeat(let milliseconds):
            buffer.append(Tag.heartbeat)
            buffer.appendZigzag(milliseconds)
        }
    }

    mutating func append(_ record: PITRecord) {
        buffer.append(Tag.create)
        buffer.append(record.id)
        buffer.appendZigzag(record.createdAt)
        buffer.appendVarint(UInt64(max(record.keepAlive, 0)))
        buffer.appendZigzag(record.lastAccess &- record.createdAt)
        buffer.appendVarint(UInt64(record.flags))
        append(record.targets)
        buffer.appendSized(record.details.bytes.rawSpan)
    }

    private mutating func append(_ targets: PITTargets) {
        if let lastList, lastList.targets === targets {
            buffer.appendVarint(UInt64(lastList.number))
            return
        }
        let known = lists[targets]
        buffer.appendVarint(UInt64(known ?? 0))
        let number = known ?? lists.count + 1
        if known == nil {
            lists[targets] = number
            buffer.appendVarint(UInt64(targets.list.count))
            for target in targets.list {
                buffer.append(target.index)
                buffer.append(target.shard)
            }
        }
        lastList = (targets, number)
    }

    var byteCount: Int { buffer.count }

    consuming func finish() -> ByteBuffer { buffer }
}

extension PITChange {
    /// At least what it takes in a payload.
    var encodedBytesMax: Int {
        switch self {
        case .create(let record): 64 + record.details.count + 32 * record.targets.list.count
        case .touch: 40
        case .delete: 17
        case .heartbeat: 11
        }
    }
}

/// Reads the payload of one record, change by change.
package struct PITPayloadReader: ~Escapable {
    private var reader: ByteReader
    private var lists: [PITTargets] = []

    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) { reader = ByteReader(bytes) }

    /// The next change, or nil at the end.
    @_lifetime(self: copy self)
    package mutating func next() throws(FormatError) -> PITChange? {
        if reader.isAtEnd { return nil }
        let at = reader.offset
        let tag: UInt8 = try reader.read()
        switch tag {
        case PITPayloadWriter.Tag.create:
            return .create(try readRecord())
        case PITPayloadWriter.Tag.touch:
            let id = try reader.readUUID()
            let keepAlive = try readKeepAlive()
            return .touch(id: id, keepAlive: keepAlive, lastAccess: try reader.readZigzag())
        case PITPayloadWriter.Tag.delete:
            return .delete(id: try reader.readUUID())
        case PITPayloadWriter.Tag.heartbeat:
            return .heartbeat(try reader.readZigzag())
        default:
            throw FormatError("a change of the unknown kind \(tag)", offset: at, isNewerFormat: true)
        }
    }

    @_lifetime(self: copy self)
    private mutating func readRecord() throws(FormatError) -> PITRecord {
        let id = try reader.readUUID()
        let createdAt = try reader.readZigzag()
        let keepAlive = try readKeepAlive()
        let lastAccess = createdAt &+ (try reader.readZigzag())
        let flags = UInt32(try reader.readCount(limit: Int(UInt32.max), of: "flags"))
        let targets = try readTargets()
        let bytes = try reader.readSized(limit: reader.remaining, of: "the details of a point in time")
        let start = reader.offset - bytes.byteCount
        var details = ByteReader(bytes)
        do throws(FormatError) {
            try PITDetails.skip(&details, targets: targets.list.count)
            try details.expectEnd(of: "the details of a point in time")
        } catch {
            throw error.moved(by: start)
        }
        return PITRecord(
            id: id, createdAt: createdAt, keepAlive: keepAlive, lastAccess: lastAccess, flags: flags,
            targets: targets, details: SmallBytes(bytes))
    }

    @_lifetime(self: copy self)
    private mutating func readKeepAlive() throws(FormatError) -> Int64 {
        let at = reader.offset
        guard let keepAlive = Int64(exactly: try reader.readVarint()) else {
            throw FormatError("a keep-alive past 63 bits", offset: at)
        }
        return keepAlive
    }

    @_lifetime(self: copy self)
    private mutating func readTargets() throws(FormatError) -> PITTargets {
        let number = try reader.readCount(limit: lists.count, of: "the number of a list of shards")
        if number > 0 { return lists[number - 1] }
        let most = min(PITRecord.pinsMax, reader.remaining / 32)
        let count = try reader.readCount(limit: most, of: "a count of shards")
        var list: [PITTarget] = []
        list.reserveCapacity(count)
        for _ in 0..<count {
            let index = try reader.readUUID()
            list.append(PITTarget(index: index, shard: try reader.readUUID()))
        }
        lists.append(PITTargets(list))
        return lists[lists.count - 1]
    }
}
