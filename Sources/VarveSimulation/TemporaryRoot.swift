import VarveBytes
package import VarveFiles

/// An empty directory of the real file system, which goes away with this value: for the tests that need one.
/// Keep the value to the end (a member, or `defer { withExtendedLifetime(root) {} }`), not only its `files`.
///
/// It lies in a directory that only this user can enter, since a store refuses a root that anyone may write to.
package final class TemporaryRoot: Sendable {
    /// The directory, for tools that take a path.
    package let path: String
    package let files: POSIXFileSystem
    private let parent: POSIXFileSystem
    private let name: String

    /// - Parameter directory: Where temporary directories of this kind are kept; made if need be.
    package init(in directory: String = "/tmp/varve-tests") throws(FileError) {
        name = SystemRandom().uuid().hex
        path = directory + "/" + name
        parent = try POSIXFileSystem(root: directory, create: true)
        try parent.createDirectory(StorePath.root.appending(name))
        files = try POSIXFileSystem(root: path, create: false)
    }

    deinit { try? parent.removeTree(StorePath.root.appending(name)) }
}
