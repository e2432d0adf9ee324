import VarveBytes

/// Puts whole files in place: a name of the store either does not exist or names a file that is complete.
///
/// A file is written under a name in `tmp/`, synced, and only then linked to its own name, which fails with
/// `.exists` if that is taken: names are never overwritten. The name is durable after the caller has synced
/// the directory. If power fails before that, the name may be there or not, but never with less than the
/// whole file; what is left in `tmp/` is removed when the store is opened.
package struct AtomicPublish: Sendable {
    private let environment: Environment
    private let temporary: StorePath

    /// - Parameter temporary: The directory for files that are not published yet; it must exist.
    package init(in environment: Environment, temporary: StorePath = "tmp") {
        self.environment = environment
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
    ///
    /// The temporary name ends with a random number, so that two writers never share one, not even when the
    /// store's lock failed to keep them apart.
    package func stage(for path: StorePath) throws(FileError) -> StagedFile {
        let name = "\(path.name).\(environment.random.next().hex16)"
        let file = try environment.files.createFile(temporary.appending(name))
        return StagedFile(files: environment.files, file: file, path: path)
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
