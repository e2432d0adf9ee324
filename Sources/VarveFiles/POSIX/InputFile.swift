#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A file of the user's, outside any store: read only, wherever it lies.
package enum InputFile {
    /// Opens a regular file for reading; links on the way to it are followed.
    package static func open(_ path: String) throws(FileError) -> any OpenFile {
        do throws(Errno) {
            let file = try SystemCall.openInput(path)
            let status = try SystemCall.status(of: file.number)
            guard status.st_mode & S_IFMT == S_IFREG else { throw Errno(number: ENODEV) }
            return POSIXFile(file, path: StorePath.outside(path))
        } catch { throw FileError("open", StorePath.outside(path), error) }
    }
}
