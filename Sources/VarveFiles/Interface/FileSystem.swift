import VarveBytes

/// The directory tree of one store, and the only way to it.
///
/// Everything the engine asks of a disk is one of these calls, so a simulation can stop the disk at each of
/// them. Paths are relative to the root that the value was made for. Three conformances: `POSIXFileSystem`,
/// and in `VarveSimulation` the simulated disk and the recorder that wraps any other.
///
/// What is durable when: a file's bytes after `syncData` or `sync` of that file; a name (created, linked,
/// renamed or unlinked) after `syncDirectory` of the directory that holds it. Nothing else is.
package protocol FileSystem: Sendable {
    /// Makes one directory, mode 0700. Fails with `.exists` if the name is taken.
    func createDirectory(_ path: StorePath) throws(FileError)
    /// Makes and opens a new file for reading and writing, mode 0600. Fails with `.exists` if the name is taken.
    func createFile(_ path: StorePath) throws(FileError) -> any OpenFile
    /// Opens a file that exists. Symbolic links and anything but regular files are refused.
    func openFile(_ path: StorePath, writable: Bool) throws(FileError) -> any OpenFile
    /// Gives a file a second name. Fails with `.exists` if the name is taken: names are never overwritten.
    func link(_ path: StorePath, to newPath: StorePath) throws(FileError)
    /// Renames a directory or a file; the new name must be free.
    func rename(_ path: StorePath, to newPath: StorePath) throws(FileError)
    func unlink(_ path: StorePath) throws(FileError)
    /// Removes an empty directory.
    func removeDirectory(_ path: StorePath) throws(FileError)
    /// What a directory holds, sorted by name.
    func list(_ path: StorePath) throws(FileError) -> [DirectoryEntry]
    /// Makes the names in a directory durable.
    func syncDirectory(_ path: StorePath) throws(FileError)
    /// Bytes that can still be written.
    func freeBytes() throws(FileError) -> UInt64
    /// Takes the advisory lock of a file, making the file if need be; `.locked` when another holds it.
    func lock(_ path: StorePath) throws(FileError) -> any FileLock
}

/// An open file. Closing is dropping the last reference; `close` exists for those who must know the outcome.
package protocol OpenFile: AnyObject, Sendable {
    var path: StorePath { get }
    /// Reads into the whole of `target` and returns how many bytes there were: fewer only at the file's end.
    func read(at offset: UInt64, into target: inout MutableRawSpan) throws(FileError) -> Int
    /// Writes all of `bytes` or throws; after a throw the range's content is unknown.
    func write(_ bytes: RawSpan, at offset: UInt64) throws(FileError)
    /// Makes the file's bytes and its size durable (`fdatasync`).
    func syncData() throws(FileError)
    /// Makes bytes, size and metadata durable (`fsync`).
    func sync() throws(FileError)
    func size() throws(FileError) -> UInt64
    func truncate(to size: UInt64) throws(FileError)
    /// A hint about reads to come; has no effect on what is read.
    func advise(_ advice: ReadAdvice, offset: UInt64, count: UInt64)
    func close() throws(FileError)
}

package enum ReadAdvice: Sendable { case sequential, willNeed, dontNeed }

/// An advisory lock, held until it is released or dropped.
package protocol FileLock: AnyObject, Sendable {
    /// Replaces the lock file's content, for people: who holds the lock.
    func describeHolder(_ text: String) throws(FileError)
    func release()
}

package struct DirectoryEntry: Equatable, Sendable {
    package enum Kind: Sendable { case file, directory, other }
    package let name: String
    package let kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// A path below a store's root, made of names of ours and never of names that a user gave.
package struct StorePath: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral
{
    /// Names joined by `/`; empty for the root itself.
    package let text: String

    package static let root = StorePath(unchecked: "")

    package init(stringLiteral text: StaticString) { self.text = text.description }

    private init(unchecked text: String) { self.text = text }

    /// What a message calls a file that lies in no store; never a path that a store opens.
    static func outside(_ path: String) -> StorePath { StorePath(unchecked: path) }

    /// The path of `name` in the directory that this is.
    package func appending(_ name: String) -> StorePath {
        precondition(
            !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(0x2F)
                && !name.utf8.contains(0),
            "a path is made of plain names")
        return StorePath(unchecked: text.isEmpty ? name : text + "/" + name)
    }

    /// The directory that holds this path; the root for a top-level name.
    package var parent: StorePath {
        guard let slash = text.lastIndex(of: "/") else { return .root }
        return StorePath(unchecked: String(text[..<slash]))
    }

    package var name: String {
        guard let slash = text.lastIndex(of: "/") else { return text }
        return String(text[text.index(after: slash)...])
    }

    package static func < (left: StorePath, right: StorePath) -> Bool { left.text < right.text }
    package var description: String { text.isEmpty ? "." : text }
}

/// A failed file operation: what was asked, of which path, and what the system said.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What a caller may want to tell apart.
    package enum Code: Sendable, Equatable {
        case notFound, exists, notEmpty, locked, noSpace, quota, readOnly, permission, tooManyFiles, io,
            notRegular
        case tooLarge
        case other(Int32)
    }
    package let operation: StaticString
    package let path: StorePath
    package let code: Code

    package init(_ operation: StaticString, _ path: StorePath, _ code: Code) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package static func == (left: FileError, right: FileError) -> Bool {
        left.operation.description == right.operation.description && left.path == right.path
            && left.code == right.code
    }

    package var description: String { "\(operation) of \(path) failed: \(reason)" }

    private var reason: String {
        switch code {
        case .notFound: "no such file or directory"
        case .exists: "the name is taken"
        case .notEmpty: "the directory is not empty"
        case .locked: "another process holds the lock"
        case .noSpace: "no space left on the device"
        case .quota: "the disk quota is used up"
        case .readOnly: "the file system is read-only"
        case .permission: "permission denied"
        case .tooManyFiles: "too many open files"
        case .io: "input/output error"
        case .notRegular: "not a regular file or directory"
        case .tooLarge: "the file is larger than its kind may be"
        case .other(let number): "error \(number) of the system"
        }
    }
}
