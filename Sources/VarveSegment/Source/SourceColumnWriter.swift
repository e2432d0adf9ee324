import VarveBytes

/// Chooses how to write one column, and writes it.
struct SourceColumnWriter: ~Copyable {
    private var tokens: [SourceToken] = []
    private var kinds: TokenKinds = []
    private var codes: [UInt64] = []
    private var dictionary = TokenDictionary()

    mutating func start() {
        tokens.removeAll(keepingCapacity: true)
        kinds = []
    }

    @inline(__always)
    mutating func add(_ token: SourceToken) {
        tokens.append(token)
        kinds.formUnion(token.kinds)
    }

    mutating func write(rows: RawSpan, domain: Int, into payload: inout ByteBuffer) {
        if tokens.isEmpty || (tokens[0].count < 4096 && isConstant(rows)) {
            writeConstant(rows, domain, &payload)
            return
        }
        if kinds.contains(.integer) && kinds.isSubset(of: [.integer, .specials]),
            writeIntegers(domain, &payload)
        {
            return
        }
        if kinds == .string && writeDates(rows, domain, &payload) { return }
        if writeDictionary(rows, domain, &payload) { return }
        writeBytes(rows, domain, &payload)
    }

    private func isConstant(_ rows: RawSpan) -> Bool {
        let first = tokens[0]
        let bytes = rows.slice(Int(first.offset), Int(first.count))
        for token in tokens {
            if token.count != first.count || token.value != first.value || token.kinds != first.kinds {
                return false
            }
            if token.kinds != .integer && !rows.slice(Int(token.offset), Int(token.count)).equals(bytes) {
                return false
            }
        }
        return true
    }

    private func writeConstant(_ rows: RawSpan, _ domain: Int, _ payload: inout ByteBuffer) {
        payload.append(UInt8(0))
        payload.appendVarint(UInt64(domain))
        guard let first = tokens.first else {
            payload.appendVarint(0)
            return
        }
        payload.appendSized(rows.slice(Int(first.offset), Int(first.count)))
    }

    private mutating func writeIntegers(_ domain: Int, _ payload: inout ByteBuffer) -> Bool {
        var least = Int64.max
        var greatest = Int64.min
        var textBytes = 0
        for token in tokens {
            textBytes += Int(token.count)
            if token.kinds == .integer {
                least = min(least, token.value)
                greatest = max(greatest, token.value)
            }
        }
        let specials = kinds.intersection(.specials).rawValue
        let specialCount = UInt64(specials.nonzeroBitCount)
        let range = UInt64(bitPattern: greatest) &- UInt64(bitPattern: least)
        guard range < UInt64.max - specialCount else { return false }
        let width = Self.width(of: range + specialCount)
        guard width * tokens.count <= textBytes + tokens.count else { return false }
        codes.removeAll(keepingCapacity: true)
        for token in tokens {
            if token.kinds == .integer {
                codes.append(UInt64(bitPattern: token.value &- least) &+ specialCount)
            } else {
                let below = specials & (token.kinds.rawValue &- 1)
                codes.append(UInt64(below.nonzeroBitCount))
            }
        }
        payload.append(SourceColumnKind.integers.rawValue)
        payload.appendVarint(UInt64(domain))
        payload.append(specials)
        payload.appendZigzag(least)
        writePlanes(width, &payload)
        return true
    }

    private mutating func writeDates(_ rows: RawSpan, _ domain: Int, _ payload: inout ByteBuffer) -> Bool {
        codes.removeAll(keepingCapacity: true)
        var least = Int64.max
        for token in tokens {
            guard token.count == Timestamp.byteCount + 2,
                let seconds = Timestamp.parse(rows, at: Int(token.offset) + 1)
            else { return false }
            least = min(least, seconds)
            codes.append(UInt64(bitPattern: seconds))
        }
        var scale: UInt64 = 0
        var greatest: UInt64 = 0
        for place in codes.indices {
            codes[place] = codes[place] &- UInt64(bitPattern: least)
            greatest = max(greatest, codes[place])
            scale = Self.commonDivisor(scale, codes[place])
        }
        scale = max(scale, 1)
        if scale > 1 { for place in codes.indices { codes[place] /= scale } }
        payload.append(SourceColumnKind.dates.rawValue | 0x80)
        payload.appendVarint(UInt64(domain))
        payload.appendZigzag(least)
        payload.appendZigzag(Int64(scale))
        writePlanes(Self.width(of: greatest / scale), &payload)
        return true
    }

    private mutating func writeDictionary(
        _ rows: RawSpan, _ domain: Int, _ payload: inout ByteBuffer
    ) -> Bool {
        guard tokens.count >= 4, dictionary.build(tokens, rows, entryLimit: tokens.count / 2, codes: &codes)
        else {
            return false
        }
        let quoted = kinds == .string
        payload.append(SourceColumnKind.dictionary.rawValue | (quoted ? 0x80 : 0))
        payload.appendVarint(UInt64(domain))
        payload.appendVarint(UInt64(dictionary.entries.count))
        for entry in dictionary.entries { payload.appendVarint(UInt64(entry.count) - (quoted ? 2 : 0)) }
        for entry in dictionary.entries { Self.append(entry, quoted, rows, &payload) }
        writePlanes(Self.width(of: UInt64(dictionary.entries.count - 1)), &payload)
        return true
    }

    private mutating func writeBytes(_ rows: RawSpan, _ domain: Int, _ payload: inout ByteBuffer) {
        let quoted = kinds == .string
        codes.removeAll(keepingCapacity: true)
        var longest: UInt64 = 0
        for token in tokens {
            codes.append(UInt64(token.count) - (quoted ? 2 : 0))
            longest = max(longest, UInt64(token.count))
        }
        payload.append(SourceColumnKind.bytes.rawValue | (quoted ? 0x80 : 0))
        payload.appendVarint(UInt64(domain))
        writePlanes(Self.width(of: longest), &payload)
        for token in tokens { Self.append(token, quoted, rows, &payload) }
    }

    private static func append(
        _ token: SourceToken, _ quoted: Bool, _ rows: RawSpan, _ payload: inout ByteBuffer
    ) {
        let trim = quoted ? 1 : 0
        payload.append(rows.slice(Int(token.offset) + trim, Int(token.count) - 2 * trim))
    }

    /// The width, then one plane for each byte of the codes, the lowest first.
    private func writePlanes(_ width: Int, _ payload: inout ByteBuffer) {
        payload.append(UInt8(width))
        for plane in 0..<UInt64(width) {
            for code in codes { payload.append(UInt8(truncatingIfNeeded: code &>> (plane &* 8))) }
        }
    }

    /// Bytes that hold the value, at least one.
    private static func width(of value: UInt64) -> Int { max(1, (71 - value.leadingZeroBitCount) / 8) }

    private static func commonDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
        var (left, right) = (left, right)
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }
}

/// Numbers the distinct values of a column in order of appearance.
struct TokenDictionary: ~Copyable {
    private(set) var entries: [SourceToken] = []
    /// Entry numbers plus one, by hash.
    private var places: [UInt16] = []

    /// False if there are more than `entryLimit` distinct values.
    mutating func build(
        _ tokens: [SourceToken], _ rows: RawSpan, entryLimit: Int, codes: inout [UInt64]
    ) -> Bool {
        entries.removeAll(keepingCapacity: true)
        codes.removeAll(keepingCapacity: true)
        var size = 16
        while size < entryLimit * 2 { size *= 2 }
        places.removeAll(keepingCapacity: true)
        places.append(contentsOf: repeatElement(0, count: size))
        for token in tokens {
            var place = Int(truncatingIfNeeded: Self.hash(token, rows)) & (size - 1)
            while true {
                let known = Int(places[place])
                if known == 0 {
                    if entries.count == entryLimit { return false }
                    entries.append(token)
                    places[place] = UInt16(entries.count)
                    codes.append(UInt64(entries.count - 1))
                    break
                }
                if Self.equal(entries[known - 1], token, rows) {
                    codes.append(UInt64(known - 1))
                    break
                }
                place = (place + 1) & (size - 1)
            }
        }
        return true
    }

    @inline(__always)
    private static func hash(_ token: SourceToken, _ rows: RawSpan) -> UInt64 {
        let count = Int(token.count)
        let start = Int(token.offset)
        if count > 16 { return XXH64.hash(rows.slice(start, count)) &>> 20 }
        // The rows have 16 bytes of room behind them.
        var low: UInt64 = rows.load(at: start)
        var high: UInt64 = rows.load(at: start + 8)
        if count <= 8 {
            low = count == 8 ? low : low & ((1 &<< UInt64(count * 8)) - 1)
            high = 0
        } else {
            high = count == 16 ? high : high & ((1 &<< UInt64((count - 8) * 8)) - 1)
        }
        let mixed = (low ^ UInt64(count)) &* 0x9E37_79B9_7F4A_7C15 ^ high &* 0xC2B2_AE3D_27D4_EB4F
        return (mixed ^ mixed &>> 29) &* 0xBF58_476D_1CE4_E5B9 &>> 32
    }

    @inline(__always)
    private static func equal(_ left: SourceToken, _ right: SourceToken, _ rows: RawSpan) -> Bool {
        guard left.count == right.count else { return false }
        let count = Int(left.count)
        return rows.slice(Int(left.offset), count).equals(rows.slice(Int(right.offset), count))
    }
}
