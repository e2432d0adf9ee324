import VarveBytes

/// Numbers the distinct values of a column in order of appearance.
struct TokenDictionary: ~Copyable {
    private(set) var entries: [SourceToken] = []
    /// How often each entry occurs.
    private(set) var counts: [UInt32] = []
    private(set) var ordinals: [Int64] = []
    /// Entry numbers plus one, by hash.
    private var places: [UInt16] = []

    /// False if there are more than `entryLimit` distinct values. 16 bytes follow the bytes of every value.
    mutating func build(_ tokens: Span<SourceToken>, _ rows: RawSpan, entryLimit: Int) -> Bool {
        entries.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        ordinals.removeAll(keepingCapacity: true)
        var size = 16
        while size < entryLimit * 2 { size *= 2 }
        places.removeAll(keepingCapacity: true)
        places.append(contentsOf: repeatElement(0, count: size))
        for at in tokens.indices {
            let token = tokens[at]
            var place = Int(truncatingIfNeeded: Self.hash(token, rows)) & (size &- 1)
            while places[place] != 0, !Self.equal(entries[Int(places[place]) &- 1], token, rows) {
                place = (place &+ 1) & (size &- 1)
            }
            if places[place] == 0 {
                if entries.count == entryLimit { return false }
                entries.append(token)
                counts.append(0)
                places[place] = UInt16(entries.count)
            }
            let ordinal = Int(places[place]) &- 1
            counts[ordinal] &+= 1
            ordinals.append(Int64(ordinal))
        }
        return true
    }

    /// Estimated bits as a dictionary.
    var bits: Double {
        var bits = CodeCost.bits(ofCounts: counts.span, total: ordinals.count)
        for entry in entries { bits += Double(entry.count) * CodeCost.textBitsPerByte + 4 }
        return bits
    }

    /// Estimated bits of the values written one after the other: the first of its kind as text, its repetitions
    /// as references to it.
    var verbatimBits: Double {
        var bits = 0.0
        for (entry, count) in zip(entries, counts) {
            let text = Double(entry.count) * CodeCost.textBitsPerByte
            bits += text + Double(count - 1) * min(text, CodeCost.matchBits)
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
