import CSystemZlib
import Foundation
import Glibc

/// What the machine itself can do in this run, without a store in between.
struct Limits {
    let directory: String
    let input: String

    func run(_ report: inout Report) throws {
        report.section("The machine, without a store")
        report.add(
            "limit.sync", "append 4 KiB + fdatasync, median", try Self.sync(.append, in: directory), "us")
        report.add(
            "limit.overwrite", "overwrite 4 KiB + fdatasync, median",
            try Self.sync(.overwrite, in: directory),
            "us")
        report.add("limit.copy", "memcpy", copy(), "MB/s")
        let sample = try FileHandle(forReadingFrom: URL(filePath: input)).read(upToCount: 32 << 20) ?? Data()
        let bytes = Array(sample)
        for level in [1, 6] {
            let blocks = ZlibBlocks(bytes, level: Int32(level))
            report.add(
                "limit.deflate\(level)", "zlib \(level), 64 KiB blocks of the input", blocks.deflated, "MB/s")
            report.add("limit.ratio\(level)", "  raw to deflated", blocks.ratio, "x")
            if level == 6 { report.add("limit.inflate", "  and inflated again", blocks.inflated, "MB/s") }
        }
    }

    /// How a 4 KiB write meets its file.
    enum Place {
        /// Behind its end: the file's length has to reach the disk too.
        case append
        /// Into bytes that were written before, as a log that was made with zeros is.
        case overwrite
    }

    /// Microseconds of one write of 4 KiB and its `fdatasync`, median of 500.
    static func sync(_ place: Place, in directory: String) throws -> Double {
        let path = directory + "/limit"
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        guard file >= 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
        defer {
            close(file)
            unlink(path)
        }
        let rounds = 500
        let block = [UInt8](repeating: 7, count: 4_096)
        if place == .overwrite {
            for _ in 0..<rounds { _ = block.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } }
            fsync(file)
            lseek(file, 0, SEEK_SET)
        }
        var times: [Double] = []
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            _ = block.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            fdatasync(file)
            times.append(start.milliseconds)
        }
        return Sample(times).median * 1_000
    }

    private func copy() -> Double {
        let size = 64 << 20
        let source = [UInt8](repeating: 1, count: size)
        var target = [UInt8](repeating: 0, count: size)
        let start = ContinuousClock.now
        for _ in 0..<10 {
            target.withUnsafeMutableBytes { target in
                source.withUnsafeBytes { source in target.copyMemory(from: source) }
            }
        }
        return 10 * Double(size) / start.seconds / 1e6
    }
}

/// The input deflated by zlib in blocks of 64 KiB, and inflated again.
private struct ZlibBlocks {
    /// Megabytes of raw bytes a second.
    let deflated: Double
    let inflated: Double
    let ratio: Double
    private static let blockBytes = 64 << 10

    init(_ bytes: [UInt8], level: Int32) {
        let starts = Array(stride(from: 0, to: bytes.count, by: Self.blockBytes))
        var blocks: [[UInt8]] = []
        var room = [UInt8](repeating: 0, count: Int(compressBound(UInt(Self.blockBytes))))
        var began = ContinuousClock.now
        for start in starts {
            var length = UInt(room.count)
            let end = min(start + Self.blockBytes, bytes.count)
            bytes[start..<end].withUnsafeBufferPointer { raw in
                _ = compress2(&room, &length, raw.baseAddress, UInt(raw.count), level)
            }
            blocks.append(Array(room[..<Int(length)]))
        }
        deflated = Double(bytes.count) / began.seconds / 1e6
        ratio = Double(bytes.count) / Double(max(1, blocks.reduce(0) { $0 + $1.count }))
        var raw = [UInt8](repeating: 0, count: Self.blockBytes)
        began = ContinuousClock.now
        for block in blocks {
            var length = UInt(raw.count)
            precondition(
                uncompress(&raw, &length, block, UInt(block.count)) == Z_OK, "zlib cannot read itself")
        }
        inflated = Double(bytes.count) / began.seconds / 1e6
    }
}
