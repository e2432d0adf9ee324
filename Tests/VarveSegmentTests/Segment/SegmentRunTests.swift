import Testing
import VarveBytes
import VarveDocument

@testable import VarveSegment

@Suite struct `A run of integers` {
    /// Values of every kind that an encoding is made for.
    static func values(_ shape: Int, _ count: Int, _ random: inout TestRandom) -> (IntegerKind, [Int64]) {
        let base = Int64(bitPattern: random.next()) >> 20 | 1
        switch shape {
        case 0: return (.integers, (0..<count).map { _ in base })
        case 1: return (.integers, (0..<count).map { _ in Int64(bitPattern: random.next()) })
        case 2: return (.integers, (0..<count).map { _ in base + Int64(random.below(1000)) * 3_600_000 })
        case 3: return (.sequence, (0..<count).map { base + Int64($0) + Int64(random.below(3)) })
        case 4: return (.integers, (0..<count).map { base + Int64($0 * 1000 + random.below(90)) })
        case 5:
            return (
                .integers,
                (0..<count).map { _ in Int64([7, 9, 12, 1000, 77, 5_000_001][random.below(6)]) * 77 - 1 }
            )
        case 6:
            return (
                .integers,
                (0..<count).map { _ in Int64(random.below(60)) + (random.chance(2) ? 1 << 40 : 0) }
            )
        case 7: return (.counts, (0..<count).map { _ in Int64(random.below(9)) })
        case 8:
            return (.doubles, (0..<count).map { _ in (Double(random.below(4000) - 2000) / 100).sortableBits })
        case 9:
            return (
                .floats, (0..<count).map { _ in Double(Float(Double(random.below(99)) / 10)).sortableBits }
            )
        case 10:
            return (.doubles, (0..<count).map { _ in Double(bitPattern: random.next() >> 2).sortableBits })
        case 11:
            let special: [Double] = [
                -0.0, 0, .infinity, -.infinity, .leastNonzeroMagnitude, 0x1p53, 0.1 + 0.2,
            ]
            return (.doubles, (0..<count).map { _ in special[random.below(special.count)].sortableBits })
        case 12: return (.integers, (0..<count).map { _ in random.chance(50) ? .min : .max })
        default:
            return (
                .sequence, (0..<count).map { Int64($0 + random.below(5) - (random.chance(3) ? -4000 : 0)) }
            )
        }
    }

    static func encode(_ kind: IntegerKind, _ values: [Int64]) -> [UInt8] {
        var encoder = IntegerRunEncoder()
        var buffer = ByteBuffer()
        encoder.append(values.span, kind: kind, to: &buffer)
        return buffer.copied
    }

    static func decode(_ bytes: [UInt8], count: Int) throws(FormatError) -> [Int64] {
        let run = try IntegerRunView(bytes.rawSpan, at: 0, count: count)
        guard run.end == bytes.count else { throw FormatError("bytes are left", offset: run.end) }
        var values = [Int64](repeating: 0, count: count)
        var scratch: [Int64] = []
        var target = values.mutableSpan
        run.decode(into: &target, scratch: &scratch)
        for place in 0..<count where run.value(at: place) != values[place] {
            throw FormatError("one by one they differ", offset: place)
        }
        return values
    }

    @Test(arguments: 0..<14, [0, 1, 2, 63, 64, 300, 4096])
    func `gives back what went in, together and one by one`(shape: Int, count: Int) throws {
        var random = TestRandom(seed: UInt64(shape * 10_000 + count))
        let (kind, values) = Self.values(shape, count, &random)
        #expect(try Self.decode(Self.encode(kind, values), count: count) == values)
    }

    @Test(arguments: [IntegerKind.doubles, .floats])
    func `keeps the sign of a zero among decimals`(kind: IntegerKind) throws {
        let values = [1.5, -0.0, 0.0, -0.0, 2.25].map(\.sortableBits)
        #expect(try Self.decode(Self.encode(kind, values), count: values.count) == values)
    }

    @Test func `takes the smallest encoding that it tries`() {
        var random = TestRandom(seed: 1)
        func bytes(_ shape: Int) -> (tag: UInt8, count: Int) {
            let (kind, values) = Self.values(shape, 4096, &random)
            let bytes = Self.encode(kind, values)
            return (bytes[0], bytes.count)
        }
        #expect(bytes(0).count < 20)
        #expect(bytes(2).tag == IntegerEncoding.packed.rawValue && bytes(2).count < 4096 * 10 / 8 + 30)
        #expect(bytes(3).tag == IntegerEncoding.linear.rawValue && bytes(3).count < 4096 * 2 / 8 + 30)
        #expect(bytes(5).tag == IntegerEncoding.dictionary.rawValue && bytes(5).count < 4096 * 3 / 8 + 100)
        #expect(bytes(6).tag == IntegerEncoding.patched.rawValue && bytes(6).count < 4096 * 8 / 8)
        #expect(bytes(8).tag == IntegerEncoding.decimal.rawValue && bytes(8).count < 4096 * 12 / 8 + 30)
        #expect(bytes(9).tag == IntegerEncoding.decimalFloat.rawValue && bytes(9).count < 4096 * 7 / 8 + 30)
        #expect(bytes(13).tag == IntegerEncoding.patched.rawValue && bytes(13).count < 4096 * 5 / 8)
    }

    @Test(arguments: 0..<14) func `that is damaged fails or gives other values, and never traps`(shape: Int)
        throws
    {
        var random = TestRandom(seed: UInt64(shape))
        let (kind, values) = Self.values(shape, 70, &random)
        let bytes = Self.encode(kind, values)
        for length in 0..<bytes.count {
            #expect(throws: FormatError.self, "cut at \(length)") {
                try Self.decode(Array(bytes[..<length]), count: values.count)
            }
        }
        for byte in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[byte] ^= 1 << UInt8(bit)
                _ = try? Self.decode(flipped, count: values.count)
            }
        }
        for count in [0, 1, 69, 71, 4096, 4097, -1] { _ = try? Self.decode(bytes, count: max(count, 0)) }
    }
}

@Suite struct `A list of postings` {
    static func decode(_ bytes: [UInt8], count: Int, rowCount: Int, text: Bool) throws(FormatError)
        -> [[UInt32]]
    {
        var rows: [UInt32] = [1]
        var frequencies: [UInt32] = [2, 3]
        try PostingsList.decode(
            bytes.rawSpan, count: count, rowCount: rowCount, hasFrequencies: text, rows: &rows,
            frequencies: &frequencies)
        return [rows, frequencies]
    }

    @Test(arguments: [0, 1, 7, 8, 127, 128, 129, 135, 136, 1000], [1, 3, 200, 1 << 20])
    func `gives back rows and frequencies`(count: Int, gap: Int) throws {
        for text in [false, true] {
            var random = TestRandom(seed: UInt64(count * gap))
            var rows: [UInt32] = []
            for _ in 0..<count {
                rows.append((rows.last ?? 0) + UInt32(random.below(gap)) + (rows.isEmpty ? 0 : 1))
            }
            let frequencies =
                text ? rows.map { _ in UInt32(1 + random.below(random.chance(10) ? 900 : 3)) } : []
            var buffer = ByteBuffer()
            PostingsList.encode(rows.span, frequencies.span, to: &buffer)
            let bytes = buffer.copied
            let rowCount = max(Int(rows.last ?? 0) + 1, count)
            #expect(
                try Self.decode(bytes, count: count, rowCount: rowCount, text: text) == [rows, frequencies])
            if count == 0 { continue }
            #expect(throws: FormatError.self) {
                try Self.decode(bytes, count: count, rowCount: rowCount - 1, text: text)
            }
            for length in stride(from: 0, to: bytes.count, by: 1 + bytes.count / 50) {
                #expect(throws: FormatError.self) {
                    try Self.decode(Array(bytes[..<length]), count: count, rowCount: rowCount, text: text)
                }
            }
            for byte in bytes.indices.prefix(300) {
                var flipped = bytes
                flipped[byte] ^= 1 << UInt8(random.below(8))
                _ = try? Self.decode(flipped, count: count, rowCount: rowCount, text: text)
            }
        }
    }
}

@Suite struct `A block of strings` {
    static func strings(_ shape: Int, _ count: Int) -> [[UInt8]] {
        var random = TestRandom(seed: UInt64(shape * 1000 + count))
        let hex = Array("0123456789abcdef-".utf8)
        var all: [[UInt8]] = (0..<count).map { number in
            switch shape {
            case 0: Array("20130101T10-UA-\(random.below(9000))".utf8)
            case 1: (0..<36).map { _ in hex[random.below(hex.count)] }
            case 2: (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
            case 3: Array("same".utf8)
            case 4: [UInt8](repeating: 0, count: number % 40)
            default: [UInt8](repeating: 0x61, count: random.below(300)) + [UInt8(random.below(3))]
            }
        }
        all.sort { $0.lexicographicallyPrecedes($1) }
        return all
    }

    static func encode(_ strings: [[UInt8]]) -> (bytes: [UInt8], isOrdered: Bool) {
        var writer = StringBlockWriter()
        for string in strings { writer.append(string.rawSpan) }
        var buffer = ByteBuffer()
        let isOrdered = writer.write(to: &buffer)
        return (buffer.copied, isOrdered)
    }

    static func open(_ stored: [UInt8], count: Int) throws(FormatError) -> [UInt8] {
        var buffer = ByteBuffer()
        try StringBlock.open(stored.rawSpan, count: count, into: &buffer)
        return buffer.copied
    }

    static func decode(_ opened: [UInt8], _ places: Range<Int>, count: Int) throws(FormatError) -> [[UInt8]] {
        let view = try StringBlockView(opened.rawSpan, count: count)
        var buffer = ByteBuffer()
        var ends: [UInt32] = []
        try view.append(places, to: &buffer, ends: &ends)
        let bytes = buffer.copied
        return ends.indices.map { Array(bytes[($0 == 0 ? 0 : Int(ends[$0 - 1]))..<Int(ends[$0])]) }
    }

    @Test(arguments: 0..<6, [1, 2, 31, 32, 33, 64, 255, 256])
    func `gives back strings and finds them`(shape: Int, count: Int) throws {
        let strings = Self.strings(shape, count)
        let (stored, isOrdered) = Self.encode(strings)
        #expect(isOrdered)
        let opened = try Self.open(stored, count: count)
        let view = try StringBlockView(opened.rawSpan, count: count)
        #expect(try Self.decode(opened, 0..<count, count: count) == strings)
        #expect(try Self.decode(opened, count / 2..<count, count: count) == Array(strings[(count / 2)...]))
        for (place, string) in strings.enumerated() {
            var buffer = ByteBuffer()
            try view.append(place, to: &buffer)
            #expect(buffer.copied == string)
            for wanted in [string, string + [0], Array(string.dropLast()), string.map { $0 ^ 1 }, []] {
                let (found, isEqual) = try view.firstPlace(notBefore: wanted.rawSpan)
                #expect(found == strings.firstIndex { !$0.lexicographicallyPrecedes(wanted) } ?? count)
                #expect(isEqual == strings.contains(wanted))
            }
            if place > 0 {
                let before = strings[place - 1]
                let repeats = try view.isEqual(place, to: before.rawSpan)
                #expect(repeats == (before == string))
            }
        }
    }

    @Test func `stores few letters in few bits`() {
        let count = Self.encode(Self.strings(1, 256)).bytes.count
        #expect(count < 256 * 36 * 5 / 8 + 600)
    }

    @Test func `says when strings are not in order`() {
        #expect(!Self.encode([Array("b".utf8), Array("a".utf8)]).isOrdered)
        #expect(!Self.encode([Array("ab".utf8), Array("a".utf8)]).isOrdered)
        #expect(!Self.encode([Array("a".utf8), Array("b".utf8), Array("a".utf8)]).isOrdered)
        #expect(Self.encode([Array("a".utf8), Array("a".utf8)]).isOrdered)
    }

    @Test(arguments: 0..<6) func `that is damaged fails or gives other strings, and never traps`(shape: Int)
        throws
    {
        let strings = Self.strings(shape, 40)
        let bytes = Self.encode(strings).bytes
        let wanted = strings[20]
        func read(_ stored: [UInt8]) throws {
            let opened = try Self.open(stored, count: 40)
            _ = try Self.decode(opened, 0..<40, count: 40)
            let view = try StringBlockView(opened.rawSpan, count: 40)
            _ = try view.firstPlace(notBefore: wanted.rawSpan)
        }
        for length in 0..<bytes.count {
            #expect(throws: FormatError.self, "cut at \(length)") { try read(Array(bytes[..<length])) }
        }
        for byte in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[byte] ^= 1 << UInt8(bit)
                try? read(flipped)
            }
        }
    }
}

@Suite struct `An id filter` {
    static func hash(_ id: String) -> UInt64 {
        let bytes = Array(id.utf8)
        return hashOfID(bytes.rawSpan)
    }

    @Test func `holds every id, and one absent id in a hundred at most`() throws {
        for count in [1, 100, 30_000] {
            var writer = IDFilter.Writer(idCount: count)
            for number in 0..<count { writer.insert(Self.hash("id-\(number)")) }
            var buffer = ByteBuffer()
            writer.write(to: &buffer)
            let filter = try IDFilter(SharedBytes(buffer))
            for number in 0..<count { #expect(filter.mayHold(Self.hash("id-\(number)"))) }
            let wrong = (0..<20_000).count { filter.mayHold(Self.hash("absent-\($0)")) }
            #expect(wrong < 200, "\(wrong) of 20,000 beside \(count)")
        }
    }
}
