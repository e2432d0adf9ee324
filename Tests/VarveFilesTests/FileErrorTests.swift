import Glibc
import Testing
import VarveBytes

@testable import VarveFiles

@Suite struct `File errors` {
    @Test(arguments: [
        (ENOENT, FileError.Code.notFound), (EEXIST, .exists), (ENOTEMPTY, .notEmpty), (ENOSPC, .noSpace),
        (EDQUOT, .quota), (EROFS, .readOnly), (EACCES, .permission), (EPERM, .permission),
        (EMFILE, .tooManyFiles), (ENFILE, .tooManyFiles), (EIO, .io), (ELOOP, .notRegular),
        (ENOTDIR, .notRegular), (EISDIR, .notRegular), (EBADF, .other(EBADF)), (EFBIG, .other(EFBIG)),
    ]) func `each number of the system has one code`(number: Int32, code: FileError.Code) {
        #expect(FileError.Code(Errno(number: number)) == code)
    }

    @Test func `say what was asked, of which path, and what the system said`() {
        #expect(
            "\(FileError("sync", "wal-0000000000000001", .io))"
                == "sync of wal-0000000000000001 failed: input/output error")
        #expect("\(FileError("open", .root, .notFound))" == "open of . failed: no such file or directory")
        #expect("\(FileError("write", "a", .other(27)))" == "write of a failed: error 27 of the system")
    }
}

@Suite struct `Store paths` {
    @Test func `are joined and taken apart`() {
        let path = StorePath.root.appending("indices").appending("i").appending("wal-1")
        #expect(path == "indices/i/wal-1")
        #expect(path.name == "wal-1")
        #expect(path.parent == "indices/i")
        #expect(path.parent.parent.parent == .root)
        #expect(StorePath.root.parent == .root)
        #expect("\(StorePath.root)" == ".")
    }
}
