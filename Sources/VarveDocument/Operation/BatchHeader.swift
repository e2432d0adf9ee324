import VarveBytes

/// The fixed head of a batch payload (`docs/formats/batch.md`).
///
/// ```
/// 0 writer time u64, ms since 1970 | 8 end of the operations u32 | 12 number of operations u16
/// 14 version u8 = 1 | 15 flags u8: 1 a source checkpoint follows the operations
/// ```
package struct BatchHeader: Equatable, Sendable {
    package static let byteCount = 16
    static let timeOffset = 0
    static let version: UInt8 = 1
    static let hasCheckpoint: UInt8 = 1

    /// When the batch was written, in milliseconds since 1970.
    package var time: UInt64
    /// Offset past the last operation.
    package var operationsEnd: Int
    package var operationCount: Int
    package var isCheckpointed: Bool

    func encode(into buffer: inout ByteBuffer) {
        buffer.append(time)
        buffer.append(UInt32(operationsEnd))
        buffer.append(UInt16(operationCount))
        buffer.append(Self.version)
        buffer.append(isCheckpointed ? Self.hasCheckpoint : 0)
    }

    /// Puts the header over the place that was left for it.
    func patch(_ buffer: inout ByteBuffer) {
        buffer.overwrite(time, at: 0)
        buffer.overwrite(UInt32(operationsEnd), at: 8)
        buffer.overwrite(UInt16(operationCount), at: 12)
        buffer.overwrite(isCheckpointed ? Self.hasCheckpoint : 0, at: 15)
    }

    init(time: UInt64, operationsEnd: Int, operationCount: Int, isCheckpointed: Bool) {
        self.time = time
        self.operationsEnd = operationsEnd
        self.operationCount = operationCount
        self.isCheckpointed = isCheckpointed
    }

    init(decoding bytes: RawSpan) throws(FormatError) {
        var reader = ByteReader(bytes)
        time = try reader.read()
        let end: UInt32 = try reader.read()
        let count: UInt16 = try reader.read()
        let version: UInt8 = try reader.read()
        let flags: UInt8 = try reader.read()
        guard version == Self.version else {
            throw FormatError(
                "batch version \(version) is unknown", offset: 14, isNewerFormat: version > Self.version)
        }
        guard flags & ~Self.hasCheckpoint == 0 else {
            throw FormatError("unknown batch flags \(flags)", offset: 15, isNewerFormat: true)
        }
        guard Int(end) >= Self.byteCount && Int(end) <= bytes.byteCount else {
            throw FormatError("operations end at \(end) of \(bytes.byteCount) bytes", offset: 8)
        }
        operationsEnd = Int(end)
        operationCount = Int(count)
        isCheckpointed = flags & Self.hasCheckpoint != 0
    }
}
