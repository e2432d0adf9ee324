import VarveBytes
import VarveDocument

/// How a run of up to 4,096 integers is kept; raw values are part of the format, which is described in
/// `docs/formats/segment.md` (integer runs).
enum IntegerEncoding: UInt8 {
    /// `base + factor * x`, every `x` packed.
    case packed = 0
    /// `base + step * i + x` for the value at place `i`, every `x` packed: births, places, sorted columns.
    case linear = 1
    /// Distinct values, ascending, as a run of their own; then their numbers, packed.
    case dictionary = 2
    /// `base + step * i + x`, the low bits of every `x` packed, the high bits of the few that have some listed
    /// beside them.
    case patched = 3
    /// Doubles that are decimal fractions: `i / 10^e` for the integers `i` of a run of their own.
    case decimal = 4
    /// The same for doubles that are 32-bit numbers: `Float(i / 10^e)`.
    case decimalFloat = 5
}

/// Limits and constants of integer runs.
enum IntegerRun {
    static let countMax = columnBlockRows
    /// Bits of a place in a run.
    static let placeWidth = 12
    static let exponentMax = 15

    static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]
}

/// A run of integers in bytes whose checksum was verified: found, checked once, then read without a throw.
///
/// `init` checks every length of the run against what remains, so that decoding neither traps nor fails.
struct IntegerRunView: ~Escapable {
    private let bytes: RawSpan
    let count: Int
    /// The first byte after the run.
    private(set) var end = 0
    private var encoding = IntegerEncoding.packed
    private var base: Int64 = 0
    private var factor: Int64 = 1
    private var width = 0
    /// Where the packed values start.
    private var start = 0
    // Dictionaries and decimals: the run inside. Patches: their places and high bits.
    private var inner = 0
    private var innerCount = 0
    private var highWidth = 0
    private var highStart = 0
    private var exponent = 0

    /// - Parameters:
    ///   - offset: the run's first byte.
    ///   - count: how many values it has, as its parent says; at most 4,096.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, at offset: Int, count: Int) throws(FormatError) {
        try self.init(bytes, at: offset, count: count, depth: 0)
    }

    @_lifetime(copy bytes)
    private init(_ bytes: RawSpan, at offset: Int, count: Int, depth: Int) throws(FormatError) {
        self.bytes = bytes
        self.count = count
        guard count >= 0 && count <= IntegerRun.countMax else {
            throw FormatError("a run of \(count) integers", offset: offset)
        }
        var reader = ByteReader(bytes)
        try reader.skip(offset)
        let tag: UInt8 = try reader.read()
        guard let encoding = IntegerEncoding(rawValue: tag) else {
            throw FormatError("an unknown integer encoding \(tag)", offset: offset)
        }
        self.encoding = encoding
        switch encoding {
        case .packed:
            width = try reader.readWidth()
            base = try reader.readZigzag()
            factor = Int64(bitPattern: try reader.readVarint())
        case .linear:
            width = try reader.readWidth()
            base = try reader.readZigzag()
            factor = try reader.readZigzag()
        case .patched:
            width = try reader.readWidth()
            highWidth = try reader.readWidth()
            base = try reader.readZigzag()
            factor = try reader.readZigzag()
            innerCount = try reader.readCount(limit: count, of: "a number of patches")
            guard width < 64 && width + highWidth <= 64 else {
                throw FormatError("patches of \(width) and \(highWidth) bits", offset: offset)
            }
            inner = try reader.skipPacked(innerCount, IntegerRun.placeWidth)
            highStart = try reader.skipPacked(innerCount, highWidth)
            for patch in 0..<innerCount {
                let place = bytes.packedValue(patch, width: IntegerRun.placeWidth, from: inner)
                guard place < UInt64(count) else {
                    throw FormatError("a patch at \(place) of \(count)", offset: inner)
                }
            }
        case .dictionary:
            guard depth == 0 else { throw FormatError("a dictionary inside of a run", offset: offset) }
            width = try reader.readWidth()
            innerCount = try reader.readCount(limit: IntegerRun.countMax, of: "a dictionary")
            inner = reader.offset
            let entries = try IntegerRunView(bytes, at: inner, count: innerCount, depth: 1)
            try reader.skip(entries.end - inner)
        case .decimal, .decimalFloat:
            guard depth == 0 else { throw FormatError("decimals inside of a run", offset: offset) }
            exponent = try reader.readCount(limit: IntegerRun.exponentMax, of: "an exponent")
            inner = reader.offset
            end = try IntegerRunView(bytes, at: inner, count: count, depth: 1).end
            return
        }
        start = try reader.skipPacked(count, width)
        end = reader.offset
        if encoding == .dictionary { try checkCodes() }
    }

    /// Codes of a dictionary run must name an entry; the widest code that fits is checked at once.
    private func checkCodes() throws(FormatError) {
        if innerCount > 0 && width < 13 && 1 &<< width <= innerCount { return }
        for place in 0..<count {
            let code = bytes.packedValue(place, width: width, from: start)
            guard code < UInt64(innerCount) else {
                throw FormatError("entry \(code) of a dictionary of \(innerCount)", offset: start)
            }
        }
    }

    /// Replaces the first `count` values of `target`, which has room for them.
    func decode(into target: inout MutableSpan<Int64>, scratch: inout [Int64]) {
        switch encoding {
        case .packed:
            bytes.unpack(from: start, count: count, width: width, base: base, factor: factor, into: &target)
        case .linear:
            bytes.unpack(from: start, count: count, width: width, base: base, factor: 1, into: &target)
            addLine(to: &target)
        case .patched:
            bytes.unpack(from: start, count: count, width: width, base: base, factor: 1, into: &target)
            for patch in 0..<innerCount {
                let place = Int(bytes.packedValue(patch, width: IntegerRun.placeWidth, from: inner))
                let high = bytes.packedValue(patch, width: highWidth, from: highStart)
                target[place] &+= Int64(bitPattern: high &<< UInt64(width))
            }
            addLine(to: &target)
        case .dictionary:
            decodeInner(innerCount, into: &scratch)
            bytes.unpack(from: start, count: count, width: width, base: 0, factor: 1, into: &target)
            let entries = scratch.span
            for place in 0..<count { target[place] = entries[Int(target[place])] }
        case .decimal:
            decodeDecimals(into: &target, scratch: &scratch) { $0 }
        case .decimalFloat:
            decodeDecimals(into: &target, scratch: &scratch) { Double(Float($0)) }
        }
    }

    private func addLine(to target: inout MutableSpan<Int64>) {
        if factor == 0 { return }
        var drift: Int64 = 0
        for place in 0..<count {
            target[place] &+= drift
            drift &+= factor
        }
    }

    private func decodeInner(_ count: Int, into scratch: inout [Int64]) {
        if scratch.count < count {
            scratch = [Int64](repeating: 0, count: IntegerRun.countMax)
        }
        var spare: [Int64] = []
        var target = scratch.mutableSpan
        guard let run = try? IntegerRunView(bytes, at: inner, count: count, depth: 1) else { return }
        run.decode(into: &target, scratch: &spare)
    }

    @inline(__always)
    private func decodeDecimals(
        into target: inout MutableSpan<Int64>, scratch: inout [Int64], _ narrowed: (Double) -> Double
    ) {
        decodeInner(count, into: &scratch)
        let divisor = IntegerRun.powersOfTen[exponent]
        let integers = scratch.span
        for place in 0..<count {
            target[place] = narrowed(Double(integers[place]) / divisor).sortableBits
        }
    }

    /// The value at one place, without the others.
    func value(at place: Int) -> Int64 {
        precondition(place >= 0 && place < count, "a place outside the run")
        switch encoding {
        case .packed:
            let x = bytes.packedValue(place, width: width, from: start)
            return base &+ factor &* Int64(bitPattern: x)
        case .linear:
            let x = bytes.packedValue(place, width: width, from: start)
            return base &+ factor &* Int64(place) &+ Int64(bitPattern: x)
        case .patched:
            var x = bytes.packedValue(place, width: width, from: start)
            for patch in 0..<innerCount
            where bytes.packedValue(patch, width: IntegerRun.placeWidth, from: inner) == UInt64(place) {
                x &+= bytes.packedValue(patch, width: highWidth, from: highStart) &<< UInt64(width)
            }
            return base &+ factor &* Int64(place) &+ Int64(bitPattern: x)
        case .dictionary:
            let code = Int(bytes.packedValue(place, width: width, from: start))
            return innerValue(at: code, of: innerCount)
        case .decimal:
            return (Double(innerValue(at: place, of: count)) / IntegerRun.powersOfTen[exponent]).sortableBits
        case .decimalFloat:
            let value = Double(innerValue(at: place, of: count)) / IntegerRun.powersOfTen[exponent]
            return Double(Float(value)).sortableBits
        }
    }

    private func innerValue(at place: Int, of count: Int) -> Int64 {
        guard let run = try? IntegerRunView(bytes, at: inner, count: count, depth: 1) else { return 0 }
        return run.value(at: place)
    }
}
