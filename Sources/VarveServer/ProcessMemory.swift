#if Server
import VarveBytes
import VarveFiles

/// What the system says of this process.
enum ProcessMemory {
    /// Bytes of it that are in RAM; nil where the system does not say.
    static var residentBytes: Int? {
        guard let bytes = try? status(),
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first(where: {
                $0.hasPrefix("VmRSS:")
            }), let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        else { return nil }
        return Int(kibibytes).map { $0 << 10 }
    }

    private static func status() throws(FileError) -> [UInt8] {
        let file = try InputFile.open("/proc/self/status")
        var buffer = ByteBuffer(capacity: 16 << 10)
        try buffer.append(upTo: 16 << 10) { room throws(FileError) in try file.read(at: 0, into: &room) }
        return buffer.bytes.copyBytes()
    }
}
#endif
