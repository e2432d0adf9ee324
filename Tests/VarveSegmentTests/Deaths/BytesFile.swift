import VarveBytes
import VarveFiles

/// A file whose bytes are given, for reading only.
final class BytesFile: OpenFile {
    let path: StorePath = "dels"
    private let bytes: [UInt8]
    /// What every read fails with, if anything.
    private let failure: FileError.Code?

    init(_ bytes: [UInt8], failure: FileError.Code? = nil) {
        self.bytes = bytes
        self.failure = failure
    }

    func read(at offset: UInt64, into target: inout MutableRawSpan) throws(FileError) -> Int {
        if let failure { throw FileError("read", path, failure) }
        guard offset < UInt64(bytes.count) else { return 0 }
        let count = min(target.byteCount, bytes.count - Int(offset))
        for at in 0..<count {
            target.storeBytes(of: bytes[Int(offset) + at], toByteOffset: at, as: UInt8.self)
        }
        return count
    }

    func write(_ bytes: RawSpan, at offset: UInt64) throws(FileError) {
        throw FileError("write", path, .readOnly)
    }

    func syncData() throws(FileError) {}
    func sync() throws(FileError) {}
    func size() throws(FileError) -> UInt64 { UInt64(bytes.count) }
    func truncate(to size: UInt64) throws(FileError) { throw FileError("truncate", path, .readOnly) }
    func advise(_ advice: ReadAdvice, offset: UInt64, count: UInt64) {}
    func close() throws(FileError) {}
}
