/// A regular expression over scalars, in Lucene's syntax with all its flags, as a tree.
indirect enum RegularExpression: Hashable, Sendable {
    /// Any scalar of these ranges; ascending and disjoint. None: matches nothing.
    case scalars([ClosedRange<UInt32>])
    case sequence([RegularExpression])
    case either([RegularExpression])
    case both(RegularExpression, RegularExpression)
    case complement(RegularExpression)
    /// From `least` to `most` times; nil without an end.
    case repeated(RegularExpression, least: Int, most: Int?)

    static let empty = RegularExpression.sequence([])
    static let anyScalar = RegularExpression.scalars([0...0x10FFFF])
    static let anything = RegularExpression.repeated(.anyScalar, least: 0, most: nil)

    static func literal(_ text: String, ignoringCase: Bool = false) -> RegularExpression {
        .sequence(text.unicodeScalars.map { scalar($0.value, ignoringCase: ignoringCase) })
    }

    static func scalar(_ value: UInt32, ignoringCase: Bool) -> RegularExpression {
        var values: Set<UInt32> = [value]
        if ignoringCase, let known = Unicode.Scalar(value) {
            for mapping in [known.properties.lowercaseMapping, known.properties.uppercaseMapping]
            where mapping.unicodeScalars.count == 1 {
                values.insert(mapping.unicodeScalars.first?.value ?? value)
            }
        }
        return .scalars(values.sorted().map { $0...$0 })
    }

    /// A wildcard pattern: `*` any run, `?` any one, a backslash takes the next as it is.
    static func wildcard(_ pattern: String, ignoringCase: Bool) -> RegularExpression {
        var parts: [RegularExpression] = []
        var isEscaped = false
        for scalar in pattern.unicodeScalars {
            switch scalar {
            case _ where isEscaped:
                parts.append(.scalar(scalar.value, ignoringCase: ignoringCase))
                isEscaped = false
            case "\\": isEscaped = true
            case "*": if parts.last != anything { parts.append(anything) }
            case "?": parts.append(anyScalar)
            default: parts.append(.scalar(scalar.value, ignoringCase: ignoringCase))
            }
        }
        if isEscaped { parts.append(.scalar(0x5C, ignoringCase: false)) }
        return .sequence(parts)
    }
}

/// Reads Lucene's syntax.
struct RegularExpressionParser {
    /// Characters that a pattern may have.
    static let lengthMax = 1_000
    private static let depthMax = 100

    private let source: [UInt32]
    private let ignoresCase: Bool
    private var at = 0
    private var depth = 0

    private init(_ pattern: String, ignoringCase: Bool) {
        source = pattern.unicodeScalars.map(\.value)
        ignoresCase = ignoringCase
    }

    static func parse(_ pattern: String, ignoringCase: Bool) throws(QueryError) -> RegularExpression {
        guard pattern.utf16.count <= lengthMax else {
            throw QueryError(
                .invalidRequest,
                "The length of regex [\(pattern.utf16.count)] used in the Regexp Query request has exceeded the "
                    + "allowed maximum of [\(lengthMax)]. This maximum can be set by changing the "
                    + "[index.max_regex_length] index level setting.")
        }
        if pattern.isEmpty { return .empty }
        var parser = RegularExpressionParser(pattern, ignoringCase: ignoringCase)
        let tree = try parser.union()
        guard parser.at == parser.source.count else {
            throw parser.failure("end-of-string expected at position \(parser.at)")
        }
        return tree
    }

    private func failure(_ text: String) -> QueryError { QueryError(.invalidRequest, text) }

    private func peek(_ characters: String) -> Bool {
        at < source.count && characters.unicodeScalars.contains { $0.value == source[at] }
    }

    private mutating func match(_ character: Unicode.Scalar) -> Bool {
        guard at < source.count && source[at] == character.value else { return false }
        at += 1
        return true
    }

    private mutating func next() throws(QueryError) -> UInt32 {
        guard at < source.count else { throw failure("unexpected end-of-string") }
        at += 1
        return source[at - 1]
    }

    private mutating func union() throws(QueryError) -> RegularExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw failure("a regexp nested more than \(Self.depthMax) deep") }
        var parts = [try intersection()]
        while match("|") { parts.append(try intersection()) }
        return parts.count == 1 ? parts[0] : .either(parts)
    }

    private mutating func intersection() throws(QueryError) -> RegularExpression {
        var tree = try concatenation()
        while match("&") { tree = .both(tree, try concatenation()) }
        return tree
    }

    private mutating func concatenation() throws(QueryError) -> RegularExpression {
        var parts = [try repetition()]
        while at < source.count && !peek(")|&") { parts.append(try repetition()) }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func repetition() throws(QueryError) -> RegularExpression {
        var tree = try complement()
        while peek("?*+{") {
            switch try next() {
            case 0x3F: tree = .repeated(tree, least: 0, most: 1)
            case 0x2A: tree = .repeated(tree, least: 0, most: nil)
            case 0x2B: tree = .repeated(tree, least: 1, most: nil)
            default: tree = try counted(tree)
            }
        }
        return tree
    }

    private mutating func counted(_ tree: RegularExpression) throws(QueryError) -> RegularExpression {
        guard let least = try number() else { throw failure("integer expected at position \(at)") }
        var most: Int? = least
        if match(",") { most = try number() }
        guard match("}") else { throw failure("expected '}' at position \(at)") }
        if let most, most < least {
            throw failure("invalid repetition range(out of order): \(least)..\(most)")
        }
        return .repeated(tree, least: least, most: most)
    }

    private mutating func number() throws(QueryError) -> Int? {
        var value: Int?
        while peek("0123456789") {
            let digit = Int(try next()) - 0x30
            value = min((value ?? 0) * 10 + digit, 1_000_000)
        }
        return value
    }

    private mutating func complement() throws(QueryError) -> RegularExpression {
        if match("~") {
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.depthMax else {
                throw failure("a regexp nested more than \(Self.depthMax) deep")
            }
            return .complement(try complement())
        }
        guard match("[") else { return try simple() }
        let isNegated = match("^")
        var ranges: [ClosedRange<UInt32>] = []
        repeat {
            if let known = try predefined() {
                ranges += known
                continue
            }
            let low = try character()
            guard match("-") else {
                ranges += folded(low)
                continue
            }
            if peek("]") {
                ranges += folded(low)
                ranges.append(0x2D...0x2D)
                continue
            }
            let high = try character()
            guard low <= high else {
                throw failure("invalid range: from (\(low)) cannot be > to (\(high))")
            }
            ranges.append(low...high)
        } while at < source.count && !peek("]")
        guard match("]") else { throw failure("expected ']' at position \(at)") }
        let joined = Self.joined(ranges)
        return .scalars(isNegated ? Self.inverted(joined) : joined)
    }

    private func folded(_ value: UInt32) -> [ClosedRange<UInt32>] {
        guard case .scalars(let ranges) = RegularExpression.scalar(value, ignoringCase: ignoresCase) else {
            return []
        }
        return ranges
    }

    /// `\d`, `\w`, `\s` and their opposites.
    private mutating func predefined() throws(QueryError) -> [ClosedRange<UInt32>]? {
        guard at + 1 < source.count, source[at] == 0x5C else { return nil }
        let digits: [ClosedRange<UInt32>] = [0x30...0x39]
        let words: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
        let blanks: [ClosedRange<UInt32>] = [0x09...0x0A, 0x0D...0x0D, 0x20...0x20]
        let found: [ClosedRange<UInt32>]
        switch source[at + 1] {
        case 0x64: found = digits
        case 0x44: found = Self.inverted(digits)
        case 0x77: found = words
        case 0x57: found = Self.inverted(words)
        case 0x73: found = blanks
        case 0x53: found = Self.inverted(blanks)
        default: return nil
        }
        at += 2
        return found
    }

    private mutating func simple() throws(QueryError) -> RegularExpression {
        if match(".") { return .anyScalar }
        if match("#") { return .scalars([]) }
        if match("@") { return .anything }
        if match("\"") { return try quoted() }
        if match("(") {
            if match(")") { return .empty }
            let tree = try union()
            guard match(")") else { throw failure("expected ')' at position \(at)") }
            return tree
        }
        if peek("<") { return try interval() }
        if let known = try predefined() { return .scalars(known) }
        return .scalar(try character(), ignoringCase: ignoresCase)
    }

    private mutating func quoted() throws(QueryError) -> RegularExpression {
        var parts: [RegularExpression] = []
        while at < source.count && !peek("\"") {
            parts.append(.scalar(try next(), ignoringCase: ignoresCase))
        }
        guard match("\"") else { throw failure("expected '\"' at position \(at)") }
        return .sequence(parts)
    }

    private mutating func character() throws(QueryError) -> UInt32 {
        _ = match("\\")
        return try next()
    }

    /// `<2-17>`: a number between the two, with as many digits if both are written with the same number.
    private mutating func interval() throws(QueryError) -> RegularExpression {
        let start = at
        at += 1
        let lowAt = at
        guard let low = try number(), let lowEnd = Optional(at), match("-"), let highAt = Optional(at),
            let high = try number(), case let highEnd = at, match(">")
        else { throw failure("interval syntax error at position \(start)") }
        let width = lowEnd - lowAt == highEnd - highAt ? highEnd - highAt : 0
        guard high < 1_000_000 else { throw failure("interval syntax error at position \(start)") }
        return NumberInterval.expression(min(low, high), max(low, high), width: width)
    }

    static func joined(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var joined: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound <= last.upperBound &+ 1 {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }

    static func inverted(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var rest: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { rest.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { rest.append(next...0x10FFFF) }
        return rest
    }
}

/// Decimal numbers between two bounds.
enum NumberInterval {
    /// - Parameter width: Digits that every number is written with, zeros leading; 0 for any number of zeros.
    static func expression(_ low: Int, _ high: Int, width: Int) -> RegularExpression {
        let zeros = RegularExpression.repeated(digits(0, 0), least: 0, most: nil)
        var parts: [RegularExpression] = []
        for count in (width > 0 ? width : 1)...max(width, String(high).utf8.count) {
            let least = max(low, width > 0 || count == 1 ? 0 : power(count - 1))
            let most = min(high, power(count) - 1)
            if least > most { continue }
            let numbers = between(padded(least, count), padded(most, count))
            parts.append(width > 0 ? numbers : .sequence([zeros, numbers]))
        }
        return .either(parts)
    }

    private static func power(_ count: Int) -> Int { (0..<count).reduce(1) { value, _ in value * 10 } }

    private static func padded(_ value: Int, _ count: Int) -> [UInt8] {
        let text = Array(String(value).utf8)
        return [UInt8](repeating: 0x30, count: max(0, count - text.count)) + text
    }

    private static func digits(_ low: UInt8, _ high: UInt8) -> RegularExpression {
        .scalars([UInt32(low) + 0x30...UInt32(high) + 0x30])
    }

    /// Texts of digits of one length between two of them.
    private static func between(_ low: [UInt8], _ high: [UInt8]) -> RegularExpression {
        guard let first = low.first, let last = high.first else { return .empty }
        let (a, b) = (first - 0x30, last - 0x30)
        let (lowRest, highRest) = (Array(low.dropFirst()), Array(high.dropFirst()))
        if a == b { return .sequence([digits(a, b), between(lowRest, highRest)]) }
        let zeros = [UInt8](repeating: 0x30, count: lowRest.count)
        let nines = [UInt8](repeating: 0x39, count: lowRest.count)
        var parts: [RegularExpression] = [
            .sequence([digits(a, a), between(lowRest, nines)]),
            .sequence([digits(b, b), between(zeros, highRest)]),
        ]
        if b - a > 1 { parts.append(.sequence([digits(a + 1, b - 1), between(zeros, nines)])) }
        return .either(parts)
    }
}
