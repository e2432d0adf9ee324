import Synchronization
import VarveBytes
import VarveFiles

/// An open segment file: reads ranges of it, and believes nothing that does not match its checksum.
final class SegmentFile: Sendable {
    let path: StorePath
    let seed: ChecksumSeed
    private let file: any OpenFile
    private let cache: BlockCache?
    /// What this file's blocks are known by in the cache.
    private let cacheOwner: UInt64

    init(_ file: any OpenFile, seed: ChecksumSeed, cache: BlockCache?) {
        self.file = file
        self.seed = seed
        self.cache = cache
        path = file.path
        cacheOwner = cache?.makeOwner() ?? 0
    }

    deinit { cache?.removeAll(owner: cacheOwner) }

    func damage(at offset: UInt64, _ rule: String) -> StorageError {
        .damaged(Damage(path, at: offset, rule))
    }

    /// A format error in bytes that start at `offset`.
    func damage(from offset: UInt64, _ error: FormatError) -> StorageError {
        .damaged(Damage(path, from: offset, error))
    }

    /// Reads a range whose length was checked against the file's.
    func read(_ range: Range<UInt64>) throws(StorageError) -> SharedBytes {
        let count = Int(range.upperBound - range.lowerBound)
        var buffer = ByteBuffer(capacity: count)
        do throws(FileError) {
            try buffer.append(upTo: count) { (room) throws(FileError) in
                try file.read(at: range.lowerBound, into: &room)
            }
        } catch {
            throw .file(error)
        }
        guard buffer.count == count else {
            throw damage(
                at: range.lowerBound + UInt64(buffer.count),
                "the file ends \(count - buffer.count) bytes early")
        }
        return SharedBytes(buffer)
    }

    /// Reads bytes that have this checksum. A read that fails it is tried once more: what came over the wire
    /// may be wrong while what lies on the disk is right.
    func verified(_ range: Range<UInt64>, _ checksum: UInt64) throws(StorageError) -> SharedBytes {
        let bytes = try read(range)
        if seed.checksum(bytes.bytes, at: range.lowerBound) == checksum { return bytes }
        let again = try read(range)
        let found = seed.checksum(again.bytes, at: range.lowerBound)
        guard found == checksum else {
            throw damage(at: range.lowerBound, "checksum \(found.hex16), expected \(checksum.hex16)")
        }
        return again
    }

    /// The same, kept in the cache.
    func cached(_ range: Range<UInt64>, _ checksum: UInt64) throws(StorageError) -> SharedBytes {
        guard let cache else { return try verified(range, checksum) }
        if let held = cache.get(owner: cacheOwner, block: range.lowerBound) as? SharedBytes { return held }
        let bytes = try verified(range, checksum)
        cache.insert(bytes, owner: cacheOwner, block: range.lowerBound)
        return bytes
    }

    /// A block that begins with a string block and its length, with the strings opened, kept in the cache so.
    func cachedStrings(
        _ range: Range<UInt64>, _ checksum: UInt64, count: Int
    ) throws(StorageError) -> SharedBytes {
        try cached(at: range.lowerBound) { () throws(StorageError) in
            let stored = try verified(range, checksum)
            var opened = ByteBuffer(capacity: stored.count)
            do throws(FormatError) {
                let bytes = stored.bytes
                var reader = ByteReader(bytes)
                let length = Int(try reader.read(UInt32.self))
                let strings = try reader.readBytes(length)
                opened.append(UInt32(0))
                try StringBlock.open(strings, count: count, into: &opened)
                opened.overwrite(UInt32(opened.count - 4), at: 0)
                opened.append(bytes.slice(4 + length, bytes.byteCount - 4 - length))
            } catch {
                throw damage(from: range.lowerBound, error)
            }
            return SharedBytes(opened)
        }
    }

    /// What `make` decodes from the block at `offset`, kept in the cache instead of the block's bytes.
    func cached<Block: CachedBlock>(
        at offset: UInt64, _ make: () throws(StorageError) -> Block
    ) throws(StorageError) -> Block {
        guard let cache else { return try make() }
        if let held = cache.get(owner: cacheOwner, block: offset) as? Block { return held }
        let made = try make()
        cache.insert(made, owner: cacheOwner, block: offset)
        return made
    }
}

extension SharedBytes: CachedBlock {
    package var byteCount: Int { capacity }
}

/// A part of a file that is loaded when it is first asked for. Unlike `Lazy`, loading may fail, and then the next
/// who asks tries again; two who ask at once may both load it.
final class LoadedOnce<Value: Sendable>: Sendable {
    private final class Box: Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    private let box = AtomicLazyReference<Box>()

    init() {}

    func value(_ load: () throws(StorageError) -> Value) throws(StorageError) -> Value {
        if let box = box.load() { return box.value }
        return box.storeIfNil(Box(try load())).value
    }
}
