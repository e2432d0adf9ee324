import VarveFiles

/// A file system that only reads: what proves that nothing here changes a byte, whatever it calls.
struct ReadOnlyFiles: FileSystem {
    private let files: POSIXFileSystem

    init(root: String) throws {
        do throws(FileError) { files = try POSIXFileSystem(root: root, create: false) } catch {
            let reason =
                switch error.code {
                case .notFound: "there is no such directory"
                case .notRegular: "that is no directory"
                default: error.description
                }
            throw InspectFailure(.notFound, "\(root): \(reason)")
        }
    }

    func openFile(_ path: StorePath, writable: Bool) throws(FileError) -> any OpenFile {
        if writable { throw refusal(path) }
        return try files.openFile(path, writable: false)
    }

    func list(_ path: StorePath) throws(FileError) -> [DirectoryEntry] { try files.list(path) }
    func freeBytes() throws(FileError) -> UInt64 { try files.freeBytes() }

    func createDirectory(_ path: StorePath) throws(FileError) { throw refusal(path) }
    func createFile(_ path: StorePath) throws(FileError) -> any OpenFile { throw refusal(path) }
    func link(_ path: StorePath, to newPath: StorePath) throws(FileError) { throw refusal(newPath) }
    func rename(_ path: StorePath, to newPath: StorePath) throws(FileError) { throw refusal(newPath) }
    func unlink(_ path: StorePath) throws(FileError) { throw refusal(path) }
    func removeDirectory(_ path: StorePath) throws(FileError) { throw refusal(path) }
    func syncDirectory(_ path: StorePath) throws(FileError) { throw refusal(path) }
    func lock(_ path: StorePath) throws(FileError) -> any FileLock { throw refusal(path) }

    private func refusal(_ path: StorePath) -> FileError { FileError("change", path, .readOnly) }
}
