/// A place in a stream source: everything up to it is in the shard. It is logged with the operations that it
/// produced, stands in the manifest with the segments that hold them, and in a point in time with its pins.
///
/// Bytes (`docs/formats/conventions.md`): source uuid 16 | partition varint | epoch varint | pointer `bytes` of
/// at most 128 | source timestamp zigzag varint.
package struct SourceCheckpoint: Hashable, Sendable {
    package static let pointerBytesMax = 128

    /// Names the source: given when ingestion is set up, never reused for another stream.
    package var source: UUID128
    package var partition: UInt32
    /// Grows with every reset; pointers compare within an epoch only.
    package var epoch: UInt64
    /// The next place to read from, in the source's own form. At most 128 bytes.
    package var pointer: [UInt8]
    /// When the source says the last message was made, milliseconds since 1970; 0 if it does not say.
    package var timestamp: Int64

    package init(source: UUID128, partition: UInt32, epoch: UInt64, pointer: [UInt8], timestamp: Int64) {
        precondition(pointer.count <= Self.pointerBytesMax, "a source pointer has at most 128 bytes")
        self.source = source
        self.partition = partition
        self.epoch = epoch
        self.pointer = pointer
        self.timestamp = timestamp
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.append(source.low)
        buffer.append(source.high)
        buffer.appendVarint(UInt64(partition))
        buffer.appendVarint(epoch)
        buffer.appendVarint(UInt64(pointer.count))
        buffer.append(pointer)
        buffer.appendZigzag(timestamp)
    }

    package init(decoding reader: inout ByteReader) throws(FormatError) {
        let low: UInt64 = try reader.read()
        source = UUID128(high: try reader.read(), low: low)
        partition = UInt32(try reader.readCount(limit: Int(UInt32.max), of: "a partition"))
        epoch = try reader.readVarint()
        pointer = try reader.readSized(limit: Self.pointerBytesMax, of: "a source pointer").copyBytes()
        timestamp = try reader.readZigzag()
    }
}
