import VarveBytes
import VarveDocument

/// What a writer knows of integers before it looks at them.
enum IntegerKind {
    /// Small counts and lengths: packed as they are, without a search for anything better.
    case counts
    case integers
    /// Numbers near their own places: births, rows, places.
    case sequence
    /// `Double.sortableBits` of 64-bit and of 32-bit numbers.
    case doubles
    case floats

    init(_ type: FieldType) {
        switch type {
        case .double: self = .doubles
        case .float: self = .floats
        case .keyword, .text, .long, .boolean, .date: self = .integers
        }
    }
}

/// Writes runs of up to 4,096 integers, each in the smallest of the encodings that it tries.
///
/// One pass finds bounds and order; further passes run only where they can pay: the common factor ends at the
/// first value that has none, the count of distinct values when there are too many of them.
struct IntegerRunEncoder: ~Copyable {
    private var integers: [Int64] = []
    private var distinct = DistinctValues()

    init() {}

    mutating func append(_ values: Span<Int64>, kind: IntegerKind, to buffer: inout ByteBuffer) {
        precondition(values.count <= IntegerRun.countMax, "a run has at most 4,096 values")
        if kind == .doubles || kind == .floats,
            let exponent = decimalExponent(values, floats: kind == .floats)
        {
            let encoding: IntegerEncoding = kind == .floats ? .decimalFloat : .decimal
            buffer.append(encoding.rawValue)
            buffer.appendVarint(UInt64(exponent))
            // Nothing inside of a run may have a dictionary.
            let decimals = integers
            appendIntegers(decimals.span, kind: .integers, allowsDictionary: false, to: &buffer)
        } else {
            appendIntegers(values, kind: kind, allowsDictionary: true, to: &buffer)
        }
    }

    private mutating func appendIntegers(
        _ values: Span<Int64>, kind: IntegerKind, allowsDictionary: Bool, to buffer: inout ByteBuffer
    ) {
        let count = values.count
        let bounds = RunBounds(values)
        let range = UInt64(bitPattern: bounds.maximum &- bounds.minimum)
        let plain = BitPacking.width(of: range)
        if kind == .counts || range == 0 {
            return appendPacked(values, bounds.minimum, Factor(), plain, to: &buffer)
        }
        let factor = kind == .sequence ? Factor() : Factor(commonTo: values, above: bounds.minimum)
        let factored = BitPacking.width(of: range / factor.value)
        var best = count * factored

        let step = kind == .sequence ? 1 : bounds.meanStep(values)
        var line: RunLine?
        if let step {
            let candidate = RunLine(values, step: step)
            if count * candidate.width < best {
                best = count * candidate.width
                line = candidate
            }
        }
        var patches: RunPatches?
        if count >= 64 {
            let base = line ?? RunLine(base: bounds.minimum, step: 0, range: range)
            if line != nil || factor.value == 1 {
                patches = RunPatches(values, base, cheaperThan: best)
                best = patches?.bits ?? best
            }
        }
        if allowsDictionary && kind != .sequence && best > count * 2 {
            let bits = BitPacking.width(of: range)
            if distinct.collect(values, entryBits: bits, cheaperThan: best) {
                return appendDictionary(values, to: &buffer)
            }
        }
        if let patches {
            appendPatched(values, patches, to: &buffer)
        } else if let line {
            appendLinear(values, line, to: &buffer)
        } else {
            appendPacked(values, bounds.minimum, factor, factored, to: &buffer)
        }
    }

    private func appendPacked(
        _ values: Span<Int64>, _ minimum: Int64, _ factor: Factor, _ width: Int, to buffer: inout ByteBuffer
    ) {
        buffer.append(IntegerEncoding.packed.rawValue)
        buffer.append(UInt8(width))
        buffer.appendZigzag(minimum)
        buffer.appendVarint(factor.value)
        if factor.value == 1 {
            buffer.appendPacked(count: values.count, width: width) {
                UInt64(bitPattern: values[$0] &- minimum)
            }
        } else {
            buffer.appendPacked(count: values.count, width: width) {
                factor.divides(UInt64(bitPattern: values[$0] &- minimum))
            }
        }
    }

    private func appendLinear(_ values: Span<Int64>, _ line: RunLine, to buffer: inout ByteBuffer) {
        buffer.append(IntegerEncoding.linear.rawValue)
        buffer.append(UInt8(line.width))
        buffer.appendZigzag(line.base)
        buffer.appendZigzag(line.step)
        buffer.appendPacked(count: values.count, width: line.width) {
            line.rest(values[$0], $0)
        }
    }

    private func appendPatched(_ values: Span<Int64>, _ patches: RunPatches, to buffer: inout ByteBuffer) {
        var places: [UInt64] = []
        var highs: [UInt64] = []
        places.reserveCapacity(patches.count)
        highs.reserveCapacity(patches.count)
        let shift = UInt64(patches.width)
        let line = patches.line
        for place in 0..<values.count {
            let high = line.rest(values[place], place) &>> shift
            if high != 0 {
                places.append(UInt64(place))
                highs.append(high)
            }
        }
        buffer.append(IntegerEncoding.patched.rawValue)
        buffer.append(UInt8(patches.width))
        buffer.append(UInt8(patches.highWidth))
        buffer.appendZigzag(line.base)
        buffer.appendZigzag(line.step)
        buffer.appendVarint(UInt64(places.count))
        buffer.appendPacked(places.span, width: IntegerRun.placeWidth)
        buffer.appendPacked(highs.span, width: patches.highWidth)
        let mask = (1 &<< shift) &- 1
        buffer.appendPacked(count: values.count, width: patches.width) {
            line.rest(values[$0], $0) & mask
        }
    }

    private mutating func appendDictionary(_ values: Span<Int64>, to buffer: inout ByteBuffer) {
        distinct.sortEntries()
        let count = distinct.entries.count
        let width = BitPacking.width(of: UInt64(count - 1))
        buffer.append(IntegerEncoding.dictionary.rawValue)
        buffer.append(UInt8(width))
        buffer.appendVarint(UInt64(count))
        // Entries ascend; as a plain run, they are cheap beside the codes.
        let entries = distinct.entries
        appendIntegers(entries.span, kind: .integers, allowsDictionary: false, to: &buffer)
        let codes = distinct.codes
        let codeSpan = codes.span
        buffer.appendPacked(count: values.count, width: width) { UInt64(codeSpan[$0]) }
    }

    /// Sets `integers` to the values times a power of ten, if that makes integers of all of them and dividing
    /// gives back every bit; the least such power.
    private mutating func decimalExponent(_ values: Span<Int64>, floats: Bool) -> Int? {
        integers.removeAll(keepingCapacity: true)
        integers.reserveCapacity(values.count)
        var exponent = 0
        var place = 0
        while place < values.count {
            let value = Double(sortableBits: values[place])
            let power = IntegerRun.powersOfTen[exponent]
            let scaled = (value * power).rounded()
            // Through the integer itself: it has no -0, so that a column with one is no decimal.
            if scaled.magnitude < 0x1p53, Self.unscale(Int64(scaled), power, floats) == values[place] {
                integers.append(Int64(scaled))
                place &+= 1
            } else if exponent < IntegerRun.exponentMax && value.magnitude < 0x1p53 {
                exponent += 1
                integers.removeAll(keepingCapacity: true)
                place = 0
            } else {
                return nil
            }
        }
        return exponent
    }

    @inline(__always)
    private static func unscale(_ integer: Int64, _ power: Double, _ floats: Bool) -> Int64 {
        let value = Double(integer) / power
        return (floats ? Double(Float(value)) : value).sortableBits
    }
}

/// Least, greatest, and whether they ascend.
private struct RunBounds {
    var minimum: Int64 = 0
    var maximum: Int64 = 0
    var isSorted = true

    init(_ values: Span<Int64>) {
        if values.isEmpty { return }
        var (low, high, last) = (values[0], values[0], values[0])
        var descents: Int64 = 0
        for place in 0..<values.count {
            let value = values[place]
            low = min(low, value)
            high = max(high, value)
            descents |= value < last ? 1 : 0
            last = value
        }
        (minimum, maximum, isSorted) = (low, high, descents == 0)
    }

    /// The step of a straight line from the first to the last of ascending values; nil if there is none to gain.
    func meanStep(_ values: Span<Int64>) -> Int64? {
        guard isSorted && values.count >= 64 else { return nil }
        let step = Int64(bitPattern: UInt64(bitPattern: maximum &- minimum) / UInt64(values.count - 1))
        return step > 0 ? step : nil
    }
}

/// What is left of values above a line of a given step; a step of 0 is no line but a floor.
private struct RunLine {
    var base: Int64
    var step: Int64
    var range: UInt64

    var width: Int { BitPacking.width(of: range) }

    init(base: Int64, step: Int64, range: UInt64) {
        self.base = base
        self.step = step
        self.range = range
    }

    init(_ values: Span<Int64>, step: Int64) {
        var (low, high) = (values[0], values[0])
        var drift: Int64 = 0
        for place in 0..<values.count {
            let rest = values[place] &- drift
            low = min(low, rest)
            high = max(high, rest)
            drift &+= step
        }
        self.init(base: low, step: step, range: UInt64(bitPattern: high &- low))
    }

    @inline(__always)
    func rest(_ value: Int64, _ place: Int) -> UInt64 {
        UInt64(bitPattern: value &- base &- step &* Int64(place))
    }
}

/// The split of low and high bits that costs least.
private struct RunPatches {
    let line: RunLine
    var width = 0
    var highWidth = 0
    var count = 0
    var bits = 0

    /// Nil if no split costs less than `best` bits.
    init?(_ values: Span<Int64>, _ line: RunLine, cheaperThan best: Int) {
        self.line = line
        let length = 64 - line.range.leadingZeroBitCount
        guard length >= 2 && length <= 57 else { return nil }
        var lengths = InlineArray<65, Int>(repeating: 0)
        for place in 0..<values.count {
            lengths[64 &- line.rest(values[place], place).leadingZeroBitCount] &+= 1
        }
        // Besides the bits: the second width and the number of patches, in bytes.
        bits = best - 32
        var above = 0
        for width in (0..<length).reversed() {
            above += lengths[width + 1]
            let cost = values.count * width + above * (IntegerRun.placeWidth + length - width)
            if cost < bits {
                (self.width, highWidth, count, bits) = (width, length - width, above, cost)
            }
        }
        if highWidth == 0 { return nil }
    }
}

/// The greatest common factor of differences, and division by it.
private struct Factor {
    var value: UInt64 = 1
    private var shift: UInt64 = 0
    private var inverse: UInt64 = 1
    private var oddMax: UInt64 = .max

    init() {}

    init(commonTo values: Span<Int64>, above minimum: Int64) {
        var found: UInt64 = 0
        for place in 0..<values.count {
            let difference = UInt64(bitPattern: values[place] &- minimum)
            if difference == 0 || (found != 0 && isDivisor(of: difference)) { continue }
            found = Self.greatestCommonDivisor(found, difference)
            set(found)
            if found == 1 { return }
        }
        if found == 0 { set(1) }
    }

    private mutating func set(_ factor: UInt64) {
        value = factor
        shift = UInt64(factor.trailingZeroBitCount)
        let odd = factor &>> shift
        oddMax = .max / odd
        // Newton's iteration: each round doubles the number of right bits, from 3.
        inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
    }

    private func isDivisor(of number: UInt64) -> Bool {
        number.trailingZeroBitCount >= Int(shift) && divides(number) <= oddMax
    }

    /// The quotient of a multiple of the factor: division by an odd number is multiplication by its inverse.
    @inline(__always)
    func divides(_ multiple: UInt64) -> UInt64 { (multiple &>> shift) &* inverse }

    private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}

/// Finds the distinct values of a run, as long as they are few.
private struct DistinctValues: ~Copyable {
    private static let slotCount = 4096
    private static let entriesMax = 1024
    private(set) var entries: [Int64] = []
    /// The entry of each value.
    private(set) var codes: [UInt16] = []
    private var slots = [UInt16](repeating: 0, count: slotCount)

    /// False as soon as a dictionary cannot cost less than `best` bits.
    mutating func collect(_ values: Span<Int64>, entryBits: Int, cheaperThan best: Int) -> Bool {
        var limit = 0
        for width in 1...10 where (1 << width) * entryBits + values.count * width + 64 < best {
            limit = 1 << width
        }
        limit = min(limit, Self.entriesMax)
        if limit == 0 { return false }
        entries.removeAll(keepingCapacity: true)
        codes.removeAll(keepingCapacity: true)
        codes.reserveCapacity(values.count)
        for slot in slots.indices { slots[slot] = 0 }
        let mask = Self.slotCount - 1
        for place in 0..<values.count {
            let value = values[place]
            let hash = UInt64(bitPattern: value) &* 0x9E37_79B9_7F4A_7C15
            var slot = Int(truncatingIfNeeded: hash &>> 52)
            while true {
                let entry = Int(slots[slot])
                if entry == 0 {
                    if entries.count == limit { return false }
                    entries.append(value)
                    slots[slot] = UInt16(entries.count)
                    codes.append(UInt16(entries.count - 1))
                    break
                }
                if entries[entry - 1] == value {
                    codes.append(UInt16(entry - 1))
                    break
                }
                slot = (slot &+ 1) & mask
            }
        }
        let width = BitPacking.width(of: UInt64(entries.count - 1))
        return entries.count * entryBits + values.count * width + 64 < best
    }

    /// Puts the entries in order and the codes right.
    mutating func sortEntries() {
        let order = entries.indices.sorted { entries[$0] < entries[$1] }
        var ranks = [UInt16](repeating: 0, count: order.count)
        for (rank, entry) in order.enumerated() { ranks[entry] = UInt16(rank) }
        entries.sort()
        for place in codes.indices { codes[place] = ranks[Int(codes[place])] }
    }
}
