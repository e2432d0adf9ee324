import VarveBytes

/// The bytes of one simulated file: chunks that copies share until one of them is written to.
///
/// Chunks that hold nothing but zeros take no memory, and none is kept beyond the last that does: a log that
/// was filled with zeros ahead of use costs nothing until it is written to.
struct SparseBytes: Sendable {
    static let chunkBytes = 4096

    /// The file's size.
    private(set) var count: UInt64 = 0
    /// Each is empty, which means zeros, or `chunkBytes` long. Bytes at or past `count` are zero.
    private var chunks: [[UInt8]] = []

    init() {}

    init(_ bytes: RawSpan) {
        count = UInt64(bytes.byteCount)
        store(bytes, at: 0)
    }

    /// Sets the size. What a smaller size cuts off is zero when the size grows again.
    mutating func resize(to size: UInt64) {
        if size < count {
            let kept = Int(size / UInt64(Self.chunkBytes))
            let part = Int(size % UInt64(Self.chunkBytes))
            if kept < chunks.count {
                chunks.removeLast(chunks.count - kept - (part > 0 ? 1 : 0))
                if part > 0 && !chunks[kept].isEmpty {
                    var bytes = chunks[kept].mutableRawSpan
                    bytes.fill(0, at: part, count: Self.chunkBytes - part)
                }
            }
        }
        count = size
    }

    /// Puts bytes into the file, which grows if it has to.
    mutating func write(_ bytes: RawSpan, at offset: UInt64) {
        let end = offset + UInt64(bytes.byteCount)
        if end > count { count = end }
        store(bytes, at: offset)
    }

    /// Puts zeros into the file, which grows if it has to, at the cost of the chunks that are not zero.
    mutating func writeZeros(at offset: UInt64, count length: Int) {
        let end = offset + UInt64(length)
        if end > count { count = end }
        var at = offset
        let filledEnd = min(end, UInt64(chunks.count) * UInt64(Self.chunkBytes))
        while at < filledEnd {
            let index = Int(at / UInt64(Self.chunkBytes))
            let start = Int(at % UInt64(Self.chunkBytes))
            let part = Int(min(UInt64(Self.chunkBytes - start), filledEnd - at))
            if part == Self.chunkBytes {
                chunks[index] = []
            } else if !chunks[index].isEmpty {
                var target = chunks[index].mutableRawSpan
                target.fill(0, at: start, count: part)
            }
            at += UInt64(part)
        }
    }

    private mutating func store(_ bytes: RawSpan, at offset: UInt64) {
        var done = 0
        while done < bytes.byteCount {
            let at = offset + UInt64(done)
            let index = Int(at / UInt64(Self.chunkBytes))
            let start = Int(at % UInt64(Self.chunkBytes))
            let length = min(Self.chunkBytes - start, bytes.byteCount - done)
            let part = bytes.slice(done, length)
            done += length
            if index >= chunks.count || chunks[index].isEmpty {
                if part.isAllZero { continue }
                while chunks.count <= index { chunks.append([]) }
                chunks[index] = [UInt8](repeating: 0, count: Self.chunkBytes)
            }
            var target = chunks[index].mutableRawSpan
            target.copy(from: part, at: start)
        }
    }

    /// Fills as much of `target` as there are bytes from `offset` on, and returns how many those are.
    func read(at offset: UInt64, into target: inout MutableRawSpan) -> Int {
        guard offset < count else { return 0 }
        let length = Int(min(UInt64(target.byteCount), count - offset))
        var done = 0
        while done < length {
            let at = offset + UInt64(done)
            let index = Int(at / UInt64(Self.chunkBytes))
            let start = Int(at % UInt64(Self.chunkBytes))
            let part = min(Self.chunkBytes - start, length - done)
            if index < chunks.count && !chunks[index].isEmpty {
                let chunk = chunks[index]
                target.copy(from: chunk.rawSpan.slice(start, part), at: done)
            } else {
                target.fill(0, at: done, count: part)
            }
            done += part
        }
        return length
    }

    /// `length` bytes from `offset` on, zeros where the file has none.
    func padded(at offset: UInt64, count length: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        var target = bytes.mutableRawSpan
        _ = read(at: offset, into: &target)
        return bytes
    }

    /// All of the file's bytes.
    var bytes: [UInt8] { padded(at: 0, count: Int(count)) }

    /// Whether the range holds nothing but zeros, or nothing at all.
    func isZero(at offset: UInt64, count length: UInt64) -> Bool {
        var at = offset
        let end = min(offset + length, UInt64(chunks.count) * UInt64(Self.chunkBytes))
        while at < end {
            let index = Int(at / UInt64(Self.chunkBytes))
            let start = Int(at % UInt64(Self.chunkBytes))
            let part = Int(min(UInt64(Self.chunkBytes - start), end - at))
            let chunk = chunks[index]
            if !chunk.isEmpty && !chunk.rawSpan.slice(start, part).isAllZero { return false }
            at += UInt64(part)
        }
        return true
    }
}

extension SparseBytes: Equatable {
    static func == (left: SparseBytes, right: SparseBytes) -> Bool {
        guard left.count == right.count else { return false }
        let shared = min(left.chunks.count, right.chunks.count)
        for index in 0..<shared where left.chunks[index] != right.chunks[index] {
            guard left.isZeroChunk(index) && right.isZeroChunk(index) else { return false }
        }
        return (shared..<max(left.chunks.count, right.chunks.count)).allSatisfy {
            left.isZeroChunk($0) && right.isZeroChunk($0)
        }
    }

    private func isZeroChunk(_ index: Int) -> Bool {
        index >= chunks.count || chunks[index].allSatisfy { $0 == 0 }
    }
}
