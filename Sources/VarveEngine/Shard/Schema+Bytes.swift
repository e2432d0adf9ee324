import VarveBytes
import VarveDocument

extension Schema {
    /// The whole schema as the manifest keeps it.
    var encodedBytes: [UInt8] {
        var bytes = ByteBuffer(capacity: 1_024)
        encode(into: &bytes)
        return bytes.bytes.copyBytes()
    }
}

extension SourceCheckpoint {
    func isSamePartition(as other: SourceCheckpoint) -> Bool {
        source == other.source && partition == other.partition
    }
}
