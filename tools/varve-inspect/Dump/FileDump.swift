import VarveBytes
import VarveFiles
import VarveManifest

/// Decodes one file by its name and its header. Damage ends what cannot go on, and what can goes on behind it.
final class FileDump {
    let path: StorePath
    let files: any FileSystem
    /// Damage was printed and passed.
    private(set) var metDamage = false

    init(_ path: StorePath, in files: any FileSystem) {
        self.path = path
        self.files = files
    }

    func run() throws {
        guard let name = FileName(parsing: path.name), let kind = name.kind else { return }
        let size = try files.byteCount(path)
        let head = try files.head(path)
        let header: FileHeader
        do throws(FormatError) { header = try FileHeader(decoding: head.bytes, kind: kind) } catch {
            try Output.line("\(path)   \(Wording.grouped(size)) bytes")
            throw StorageError.damaged(Damage(path, error))
        }
        try Output.line(
            [
                "\(path)", "\(kind)", "format \(FileHeader.major).\(FileHeader.minor)",
                "owner \(header.owner)",
                "file id \(Wording.id(header.fileID))", "\(Wording.grouped(size)) bytes",
            ].joined(separator: "   "))
        switch name {
        case .identity: try dumpIdentity()
        case .catalog: try dumpCatalog(header)
        case .registry: try dumpRegistry(header)
        case .manifest: try dumpManifest(header)
        case .wal: try dumpLog()
        case .segment: try dumpSegment()
        case .deaths: try dumpDeaths(header)
        case .letters: try dumpLetters(header)
        case .lock: break
        }
    }

    func line(_ text: String, depth: Int = 1) throws {
        try Output.line(String(repeating: "  ", count: depth) + text.printable)
    }

    /// A line of several parts.
    func row(_ parts: String..., depth: Int = 1) throws {
        try line(parts.joined(separator: "   "), depth: depth)
    }

    /// Notes damage and goes on.
    func pass(_ damage: Damage) throws {
        metDamage = true
        try line("damaged at byte \(Wording.grouped(damage.offset)): \(damage.rule)")
    }

    /// All bytes of a file that is decoded whole.
    func readWhole() throws(StorageError) -> ByteBuffer {
        do throws(FileError) {
            let file = try files.openFile(path, writable: false)
            let size = try file.size()
            if size > 256 << 20 { throw FileError("read", path, .tooLarge) }
            var bytes = ByteBuffer(capacity: Int(size))
            try bytes.append(upTo: Int(size)) { room throws(FileError) in try file.read(at: 0, into: &room) }
            return bytes
        } catch { throw .file(error) }
    }

    func decode<Value>(_ body: (RawSpan) throws(FormatError) -> Value) throws(StorageError) -> Value {
        let bytes = try readWhole()
        do throws(FormatError) { return try body(bytes.bytes) } catch { throw .damaged(Damage(path, error)) }
    }
}
