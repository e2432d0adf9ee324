import VarveBytes

/// Numbers the distinct values of a column in order of appearance.
struct TokenDictionary: ~Copyable {
    private(set) var entries = ItemBuffer<SourceToken>()
    /// How often each entry occurs.
    private var counts = ItemBuffer<UInt32>()
    private(set) var ordinals = ItemBuffer<UInt32>()
    /// Entry numbers plus one, by hash.
    private var places = ItemBuffer<UInt32>()

    /// False if there are more than `entryLimit` distinct values. 16 bytes follow the bytes of every value.
    mutating func build(
        _ tokens: borrowing ItemBuffer<SourceToken>, _ values: Range<Int>, _ bytes: borrowing ByteBuffer,
        entryLimit: Int
    ) -> Bool {
        let rows = bytes.bytes
        let tokens = tokens.items
        let size = startOver(entryLimit: entryLimit)
        for at in values {
            let token = tokens[at]
            var place = Int(truncatingIfNeeded: Self.hash(token, rows)) & (size &- 1)
            while places[place] != 0, !Self.equal(entries[Int(places[place]) &- 1], token, rows) {
                place = (place &+ 1) & (size &- 1)
            }
            if places[place] == 0 {
                if entries.count == entryLimit { return false }
                entries.append(token)
                counts.append(0)
                places[place] = UInt32(entries.count)
            }
            let ordinal = places[place] &- 1
            counts[Int(ordinal)] &+= 1
            ordinals.append(ordinal)
        }
        return true
    }

    /// Returns the number of places, a power of two of which at most half will be used.
    private mutating func startOver(entryLimit: Int) -> Int {
        var size = 16
        while size < entryLimit * 2 { size *= 2 }
        entries.removeAll()
        counts.removeAll()
        ordinals.removeAll()
        places.removeAll()
        places.append(repeating: 0, count: size)
        return size
    }

    /// Estimated bits as a dictionary.
    var bits: Double {
        var bits = CodeCost.bits(ofCounts: counts.items, total: ordinals.count)
        for at in 0..<entries.count { bits += Double(entries[at].count) * CodeCost.textBitsPerByte + 4 }
        return bits
    }

    /// Estimated bits of the values written one after the other: the first of its kind as text, its repetitions
    /// as references to it.
    var verbatimBits: Double {
        var bits = 0.0
        for at in 0..<entries.count {
            let text = Double(entries[at].count) * CodeCost.textBitsPerByte
            bits += text + Double(counts[at] - 1) * min(text, CodeCost.matchBits)
        }
        return bits
    }

    @inline(__always)
    private static func hash(_ token: SourceToken, _ rows: RawSpan) -> UInt64 {
        let count = token.count
        let start = token.offset
        if count > 16 { return XXH64.hash(rows.slice(start, count)) }
        var low: UInt64 = rows.load(at: start)
        var high: UInt64 = 0
        if count < 8 {
            low &= (1 &<< UInt64(count &* 8)) &- 1
        } else if count > 8 {
            high = rows.load(at: start &+ count &- 8)
        }
        let mixed = (low ^ UInt64(count)) &* 0x9E37_79B9_7F4A_7C15 ^ high &* 0xC2B2_AE3D_27D4_EB4F
        return ((mixed ^ mixed &>> 29) &* 0xBF58_476D_1CE4_E5B9) &>> 32
    }

    @inline(__always)
    private static func equal(_ left: SourceToken, _ right: SourceToken, _ rows: RawSpan) -> Bool {
        guard left.count == right.count else { return false }
        if left.count <= 8 {
            let unused = UInt64(64 &- left.count &* 8)
            let difference = rows.load(UInt64.self, at: left.offset) ^ rows.load(at: right.offset)
            return left.count == 0 || difference &<< unused == 0
        }
        return rows.slice(left.offset, left.count).equals(rows.slice(right.offset, right.count))
    }
}
