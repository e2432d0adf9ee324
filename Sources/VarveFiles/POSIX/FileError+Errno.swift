import VarveBytes

#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The one place where numbers of the system become codes of ours.
extension FileError {
    init(_ operation: StaticString, _ path: StorePath, _ errno: Errno) {
        self.init(operation, path, Code(errno))
    }
}

extension FileError.Code {
    init(_ errno: Errno) {
        switch errno.number {
        case ENOENT: self = .notFound
        case EEXIST: self = .exists
        case ENOTEMPTY: self = .notEmpty
        case ENOSPC: self = .noSpace
        case EDQUOT: self = .quota
        case EROFS: self = .readOnly
        case EACCES, EPERM: self = .permission
        case EMFILE, ENFILE: self = .tooManyFiles
        case EIO: self = .io
        // A link, a file or a device where a directory or a regular file belongs.
        case ELOOP, ENOTDIR, EISDIR, ENXIO, ENODEV: self = .notRegular
        default: self = .other(errno.number)
        }
    }
}
