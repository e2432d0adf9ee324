import VarveBytes

/// Puts whole files in place: a name of the store either does not exist or names a file that is complete.
///
/// A file is written under a name in `tmp/`, synced, and only then linked to its own name, which fails with
/// `.exists` if that is taken: names are never overwritten. The name is durable after the caller has synced
/// the directory. If power fails before that, the name may be there or not, but never with less than the
/// whole file; what is left in `tmp/` is removed when the store is opened.
package struct AtomicPublish: Sendable {
    private let files: any FileSystem
    private let temporary: StorePath

    /// - Parameter temporary: The directory for files that are not published yet; it must exist.
    package init(files: any FileSystem, temporary: StorePath = "tmp") {
        self.files = files
        self.temporary = temporary
    }

    /// Writes a new file and gives it its name; the caller syncs the directory.
    ///
    /// - Parameter write: Writes the content. Nothing of the file is left if it throws.
    package func publish(
        _ path: StorePath, write: (any OpenFile) throws(FileError) -> Void
    ) throws(FileError) {
        let staged = try stage(for: path)
        try write(staged.file)
        try staged.sync()
        try staged.link()
    }

    /// As above, for a file whose bytes are at hand.
    package func publish(_ path: StorePath, bytes: RawSpan) throws(FileError) {
        let staged = try stage(for: path)
        try staged.file.write(bytes, at: 0)
        try staged.sync()
        try staged.link()
    }

    /// Makes the file that is to get the name `path`, for callers that link several files at once.
    package func stage(for path: StorePath) throws(FileError) -> StagedFile {
        let place = temporary.appending(path.text.split(separator: "/").joined(separator: "."))
        do throws(FileError) {
            return StagedFile(files: files, file: try files.createFile(place), path: path)
        } catch {
            guard error.code == .exists else { throw error }
        }
        // Left by an attempt that failed: whoever writes the same name now is its only owner.
        try files.unlink(place)
        return StagedFile(files: files, file: try files.createFile(place), path: path)
    }
}

/// A file that has no name of the store yet. Dropping it removes its temporary name, published or not.
package struct StagedFile: ~Copyable, Sendable {
    private let files: any FileSystem
    package let file: any OpenFile
    /// The name it is to get.
    package let path: StorePath

    fileprivate init(files: any FileSystem, file: any OpenFile, path: StorePath) {
        self.files = files
        self.file = file
        self.path = path
    }

    /// A name in `tmp/` that cannot be removed now is removed when the store is opened.
    deinit { try? files.unlink(file.path) }

    /// Makes the content durable. Must come before `link`.
    package func sync() throws(FileError) { try file.sync() }

    /// Gives the file its name; the caller syncs the directory.
    package func link() throws(FileError) { try files.link(file.path, to: path) }
}
