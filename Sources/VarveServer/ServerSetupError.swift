#if Server
import VarveBytes
import VarveFiles

/// Why a server cannot start, in one sentence for whoever starts it.
public struct ServerSetupError: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Files that a server is started with.
enum SetupFile {
    /// - Parameter what: What errors call the file.
    static func read(_ path: String, as what: String, bytesMax: Int) throws -> [UInt8] {
        do throws(FileError) {
            let file = try InputFile.open(path)
            let size = try file.size()
            if size > bytesMax { throw FileError("read", file.path, .tooLarge) }
            var buffer = ByteBuffer(capacity: Int(size))
            try buffer.append(upTo: Int(size)) { room throws(FileError) in try file.read(at: 0, into: &room) }
            return buffer.bytes.copyBytes()
        } catch { throw ServerSetupError("\(what) \(path) cannot be read: \(error)") }
    }
}
#endif
