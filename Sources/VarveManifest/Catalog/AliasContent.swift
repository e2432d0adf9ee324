package import VarveBytes

/// What the catalog keeps with an alias: the indices that it stands for. The bytes are in `docs/formats/catalog.md`.
///
/// ```
/// count varint, members: index uuid | flags u8 | [filter bytes] [index routing string] [search routing string]
/// ```
/// Flags: 1 a filter follows, 2 an index routing, 4 a search routing, 8 said to be the write index, 16 said not to
/// be, 32 hidden.
package struct AliasContent: Equatable, Sendable {
    package static let membersMax = 65_536
    package static let routingBytesMax = 512

    package var members: [AliasMember]

    package init(_ members: [AliasMember]) { self.members = members }

    package var encoded: [UInt8] {
        var buffer = ByteBuffer(capacity: 32)
        buffer.appendVarint(UInt64(members.count))
        for member in members {
            buffer.append(member.index)
            buffer.append(member.flags)
            if !member.filter.isEmpty { buffer.appendSized(member.filter.rawSpan) }
            if let routing = member.indexRouting { buffer.appendSized(routing) }
            if let routing = member.searchRouting { buffer.appendSized(routing) }
        }
        return buffer.bytes.copyBytes()
    }

    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes.rawSpan)
        let count = try reader.readCount(limit: Self.membersMax, of: "a count of indices of an alias")
        members = []
        for _ in 0..<count { members.append(try AliasMember(decoding: &reader)) }
        try reader.expectEnd(of: "an alias")
    }
}

/// One index of an alias, and how it is reached through it.
package struct AliasMember: Equatable, Sendable {
    package var index: UUID128
    /// A query as JSON that searches through the alias are held to; empty for none.
    package var filter: [UInt8] = []
    package var indexRouting: String?
    /// Values with commas between them.
    package var searchRouting: String?
    /// Nil if nothing was said of it.
    package var isWriteIndex: Bool?
    package var isHidden = false

    package init(index: UUID128) { self.index = index }

    fileprivate enum Flag {
        static let filter: UInt8 = 1
        static let indexRouting: UInt8 = 2
        static let searchRouting: UInt8 = 4
        static let writeIndex: UInt8 = 8
        static let noWriteIndex: UInt8 = 16
        static let hidden: UInt8 = 32
        static let all: UInt8 = 63
    }

    fileprivate var flags: UInt8 {
        var flags: UInt8 = 0
        if !filter.isEmpty { flags |= Flag.filter }
        if indexRouting != nil { flags |= Flag.indexRouting }
        if searchRouting != nil { flags |= Flag.searchRouting }
        if let isWriteIndex { flags |= isWriteIndex ? Flag.writeIndex : Flag.noWriteIndex }
        if isHidden { flags |= Flag.hidden }
        return flags
    }

    fileprivate init(decoding reader: inout ByteReader) throws(FormatError) {
        index = try reader.readUUID()
        let at = reader.offset
        let flags: UInt8 = try reader.read()
        guard flags & ~Flag.all == 0, flags & 24 != 24 else {
            throw FormatError("unknown flags \(flags) of an alias", offset: at)
        }
        if flags & Flag.filter != 0 {
            filter = try reader.readSized(limit: Catalog.aliasBytesMax, of: "a filter").copyBytes()
        }
        if flags & Flag.indexRouting != 0 {
            indexRouting = try reader.readString(limit: AliasContent.routingBytesMax, of: "a routing")
        }
        if flags & Flag.searchRouting != 0 {
            searchRouting = try reader.readString(limit: AliasContent.routingBytesMax, of: "a routing")
        }
        if flags & Flag.writeIndex != 0 { isWriteIndex = true }
        if flags & Flag.noWriteIndex != 0 { isWriteIndex = false }
        isHidden = flags & Flag.hidden != 0
    }
}
