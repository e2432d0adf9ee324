import Foundation
import Glibc

/// What the machine itself can do, without a store in between.
struct Limits {
    /// Microseconds of one append of 4 KiB to a growing file and its `fdatasync`, median.
    let sync: Double
    /// Megabytes a second of a plain copy of memory.
    let copy: Double

    init(directory: String) throws {
        let path = directory + "/limit"
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        guard file >= 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
        defer {
            close(file)
            unlink(path)
        }
        let block = [UInt8](repeating: 7, count: 4_096)
        var times: [Double] = []
        for _ in 0..<500 {
            let start = ContinuousClock.now
            _ = block.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            fdatasync(file)
            times.append((ContinuousClock.now - start).milliseconds)
        }
        sync = Sample(times).median * 1_000
        let size = 64 << 20
        let source = [UInt8](repeating: 1, count: size)
        var target = [UInt8](repeating: 0, count: size)
        let start = ContinuousClock.now
        for _ in 0..<10 {
            target.withUnsafeMutableBytes { target in
                source.withUnsafeBytes { source in target.copyMemory(from: source) }
            }
        }
        copy = 10 * Double(size) / (ContinuousClock.now - start).seconds / 1e6
    }
}
