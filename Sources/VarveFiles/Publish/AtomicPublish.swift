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

    /// Writes a new file and gives it its name; the caller syncs the directory. Nothing is left if it throws.
    package func publish(_ path: StorePath, bytes: RawSpan) throws(FileError) {
        let staged = try stage(for: path, bytes: bytes)
        defer { staged.discard() }
        try staged.link()
    }

    /// A file with these bytes, synced, that is to get the name `path`, for callers that link several at once.
    package func stage(for path: StorePath, bytes: RawSpan) throws(FileError) -> StagedFile {
        let staged = try stage(for: path)
        do throws(FileError) {
            try staged.file.write(bytes, at: 0)
            try staged.file.sync()
        } catch {
            staged.discard()
            throw error
        }
        return staged
    }

    /// As above, for callers that write the content, and sync it, themselves.
    ///
    /// The temporary name ends with a random number, so that two writers never share one, not even when the
    /// store's lock failed to keep them apart.
    package func stage(for path: StorePath) throws(FileError) -> StagedFile {
        let name = "\(path.name).\(environment.random.next().hex16)"
        let file = try environment.files.createFile(temporary.appending(name))
        return StagedFile(files: environment.files, file: file, path: path)
    }
}

/// A file that has no name of the store yet. Whoever made it discards it in the end, published or not.
package struct StagedFile: Sendable {
    fileprivate let files: any FileSystem
    package let file: any OpenFile
    /// The name it is to get.
    package let path: StorePath

    /// Gives the file its name; the content must be durable. The caller syncs the directory.
    package func link() throws(FileError) { try files.link(file.path, to: path) }

    /// Removes the temporary name. What cannot be removed now goes when the store is opened.
    package func discard() { try? files.unlink(file.path) }
}
