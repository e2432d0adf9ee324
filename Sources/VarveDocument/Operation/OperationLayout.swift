import VarveBytes

/// One operation inside a batch payload (`docs/formats/batch.md`).
///
/// ```
/// kind u8 | versioning u8 | flags u8: 1 id is new, 2 routing | version i64 | id bytes | [routing bytes] | source bytes
/// ```
/// Kind and version have fixed places, because the sequencer fills them in.
enum OperationLayout {
    static let idIsNew: UInt8 = 1
    static let hasRouting: UInt8 = 2
    /// Kind, versioning, flags, version, one byte of id, no source.
    static let byteCountMin = 3 + 8 + 2 + 1
    static let idBytesMax = 512
    static let sourceBytesMax = 16 << 20

    /// Appends the operation and sets its offsets.
    static func encode(
        _ operation: inout PreparedOperation, id: RawSpan, routing: RawSpan, source: RawSpan,
        into payload: inout ByteBuffer
    ) {
        payload.reserve(id.byteCount &+ routing.byteCount &+ source.byteCount &+ 32)
        operation.kindOffset = UInt32(payload.count)
        payload.append(operation.kind.rawValue)
        payload.append(operation.versioning.rawValue)
        payload.append((operation.idIsNew ? idIsNew : 0) | (routing.byteCount > 0 ? hasRouting : 0))
        operation.versionOffset = UInt32(payload.count)
        payload.append(operation.version)
        payload.appendVarint(UInt64(id.byteCount))
        operation.idOffset = UInt32(payload.count)
        operation.idCount = UInt16(id.byteCount)
        payload.append(id)
        if routing.byteCount > 0 {
            payload.appendSized(routing)
            operation.routingOffset = UInt32(payload.count &- routing.byteCount)
            operation.routingCount = UInt16(routing.byteCount)
        }
        payload.appendVarint(UInt64(source.byteCount))
        operation.sourceOffset = UInt32(payload.count)
        operation.sourceCount = UInt32(source.byteCount)
        payload.append(source)
    }

    /// Reads the operation at the reader's place; values are not its business.
    static func decode(_ reader: inout ByteReader) throws(FormatError) -> PreparedOperation {
        let kindOffset = reader.offset
        let kindCode: UInt8 = try reader.read()
        guard let kind = OperationKind(rawValue: kindCode) else {
            throw FormatError("unknown operation kind \(kindCode)", offset: kindOffset)
        }
        let versioningCode: UInt8 = try reader.read()
        guard let versioning = Versioning(rawValue: versioningCode) else {
            throw FormatError("unknown versioning \(versioningCode)", offset: kindOffset + 1)
        }
        let flags: UInt8 = try reader.read()
        guard flags & ~(idIsNew | hasRouting) == 0 else {
            throw FormatError("unknown operation flags \(flags)", offset: kindOffset + 2)
        }
        var operation = PreparedOperation(kind: kind)
        operation.versioning = versioning
        operation.idIsNew = flags & idIsNew != 0
        operation.kindOffset = UInt32(kindOffset)
        operation.versionOffset = UInt32(reader.offset)
        operation.version = try reader.read()
        guard operation.version >= 0 else {
            throw FormatError("a version of \(operation.version)", offset: kindOffset + 3)
        }
        try decodeBytes(&operation, hasRouting: flags & hasRouting != 0, &reader)
        return operation
    }

    private static func decodeBytes(
        _ operation: inout PreparedOperation, hasRouting: Bool, _ reader: inout ByteReader
    ) throws(FormatError) {
        let id = try reader.readSized(limit: idBytesMax, of: "an id")
        guard id.byteCount > 0 && id.isValidUTF8 else {
            throw FormatError("an id is empty or not UTF-8", offset: reader.offset)
        }
        operation.idCount = UInt16(id.byteCount)
        operation.idOffset = UInt32(reader.offset - id.byteCount)
        if hasRouting {
            let routing = try reader.readSized(limit: idBytesMax, of: "a routing value")
            guard routing.byteCount > 0 else {
                throw FormatError("a routing value is empty", offset: reader.offset)
            }
            guard routing.isValidUTF8 else {
                throw FormatError("a routing value is not UTF-8", offset: reader.offset)
            }
            operation.routingOffset = UInt32(reader.offset - routing.byteCount)
            operation.routingCount = UInt16(routing.byteCount)
        }
        let source = try reader.readSized(limit: sourceBytesMax, of: "a source")
        guard operation.kind != .delete || source.byteCount == 0 else {
            throw FormatError("a delete with a source", offset: reader.offset)
        }
        operation.sourceCount = UInt32(source.byteCount)
        operation.sourceOffset = UInt32(reader.offset - source.byteCount)
    }
}
