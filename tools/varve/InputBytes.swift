import VarveBytes
import VarveFiles

/// Files of the user's and standard input, read whole.
enum InputBytes {
    /// More than any document or mapping may have.
    private static let byteCountMax: UInt64 = 128 << 20

    /// What a message calls it.
    static func name(_ path: String) -> String { path == "-" ? "standard input" : path }

    static func read(_ path: String) throws -> [UInt8] {
        do throws(FileError) { return path == "-" ? try readInput() : try readFile(path) } catch {
            throw CommandFailure.badInput("\(error)")
        }
    }

    private static func readInput() throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let part = try StandardStreams.read(upTo: 1 << 20)
            if part.isEmpty { return bytes }
            bytes += part
            if bytes.count > byteCountMax { throw FileError("read", .root, .tooLarge) }
        }
    }

    private static func readFile(_ path: String) throws(FileError) -> [UInt8] {
        let file = try InputFile.open(path)
        let size = try file.size()
        if size > byteCountMax { throw FileError("read", file.path, .tooLarge) }
        var buffer = ByteBuffer(capacity: Int(size))
        try buffer.append(upTo: Int(size)) { room throws(FileError) in try file.read(at: 0, into: &room) }
        return buffer.bytes.copyBytes()
    }
}
