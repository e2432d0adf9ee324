import VarveBytes

/// Which ids a segment may hold: a blocked Bloom filter, one cache line a look. The format page is
/// `docs/formats/segment.md` (id filter).
///
/// The high half of an id's hash picks a block of 64 bytes, the low half six of its 512 bits. With eleven bits
/// an id it is wrongly true for fewer than one absent id in a hundred (held by a test).
struct IDFilter: Sendable {
    static let blockByteCount = 64
    static let bitsPerID = 11
    static let probes = 6
    private static let next: UInt32 = 0x9E37_79B9

    private let bytes: SharedBytes
    private let blockCount: UInt64

    /// Takes the section, whose checksum was verified.
    init(_ bytes: SharedBytes) throws(FormatError) {
        guard bytes.count >= Self.blockByteCount && bytes.count % Self.blockByteCount == 0 else {
            throw FormatError("an id filter of \(bytes.count) bytes", offset: 0)
        }
        self.bytes = bytes
        blockCount = UInt64(bytes.count / Self.blockByteCount)
    }

    /// The high half of the hash, as a fraction of all blocks.
    @inline(__always)
    fileprivate static func block(of hash: UInt64, _ blockCount: UInt64) -> Int {
        Int(((hash &>> 32) &* blockCount) &>> 32)
    }

    func mayHold(_ hash: UInt64) -> Bool {
        let block = Self.block(of: hash, blockCount) &* Self.blockByteCount
        let span = bytes.bytes
        var bits = UInt32(truncatingIfNeeded: hash)
        for _ in 0..<Self.probes {
            let bit = Int(bits &>> 23)
            if span.byte(at: block &+ bit &>> 3) &>> UInt8(bit & 7) & 1 == 0 { return false }
            bits = bits &* Self.next
        }
        return true
    }

    /// Makes a filter's bytes, one id after the other.
    struct Writer: ~Copyable {
        private var words: [UInt64]
        private let blockCount: UInt64

        init(idCount: Int) {
            let blocks = max(1, (idCount * IDFilter.bitsPerID + 511) / 512)
            words = [UInt64](repeating: 0, count: blocks * 8)
            blockCount = UInt64(blocks)
        }

        mutating func insert(_ hash: UInt64) {
            let block = IDFilter.block(of: hash, blockCount) &* 8
            var bits = UInt32(truncatingIfNeeded: hash)
            for _ in 0..<IDFilter.probes {
                let bit = Int(bits &>> 23)
                words[block &+ bit &>> 6] |= 1 &<< UInt64(bit & 63)
                bits = bits &* IDFilter.next
            }
        }

        func write(to buffer: inout ByteBuffer) {
            buffer.reserve(words.count * 8)
            for word in words { buffer.append(word) }
        }
    }
}
