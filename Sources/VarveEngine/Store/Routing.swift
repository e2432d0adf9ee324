import VarveBytes

/// Which shard an id belongs to: `floorMod(murmur3(id), shards)`, over the id's UTF-16 code units in
/// little-endian order with seed 0, as OpenSearch routes. Part of the format: it never changes.
///
/// Source: MurmurHash3_x86_32 of Austin Appleby's SMHasher, in the public domain.
enum Routing {
    static func shard(of id: RawSpan, count: Int) -> Int {
        let hash = Int(Int32(bitPattern: murmur3(utf16LittleEndian(id))))
        return ((hash % count) + count) % count
    }

    private static func utf16LittleEndian(_ id: RawSpan) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(id.byteCount * 2)
        for unit in (String(validating: id) ?? "").utf16 {
            bytes.append(UInt8(truncatingIfNeeded: unit))
            bytes.append(UInt8(truncatingIfNeeded: unit >> 8))
        }
        return bytes
    }

    static func murmur3(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        let span = bytes.rawSpan
        var hash = seed
        var at = 0
        while at + 4 <= bytes.count {
            hash ^= mix(span.load(at: at))
            hash = (hash << 13 | hash >> 19) &* 5 &+ 0xe654_6b64
            at += 4
        }
        var tail: UInt32 = 0
        for shift in 0..<(bytes.count - at) { tail |= UInt32(bytes[at + shift]) << UInt32(8 * shift) }
        if at < bytes.count { hash ^= mix(tail) }
        hash ^= UInt32(truncatingIfNeeded: bytes.count)
        hash = (hash ^ hash >> 16) &* 0x85eb_ca6b
        hash = (hash ^ hash >> 13) &* 0xc2b2_ae35
        return hash ^ hash >> 16
    }

    private static func mix(_ word: UInt32) -> UInt32 {
        let product = word &* 0xcc9e_2d51
        return (product << 15 | product >> 17) &* 0x1b87_3593
    }
}
