@testable import VarveDocument

/// A second JSON reader, naive and recursive, written without a look at the first: the two have to agree.
struct ReferenceJSON {
    private let text: [UInt8]
    private var at = 0

    struct Refused: Error {}

    static func parse(_ text: [UInt8]) -> JSONValue? {
        var reader = ReferenceJSON(text: text)
        do {
            reader.blanks()
            let value = try reader.value(depth: 0)
            reader.blanks()
            return reader.at == text.count ? value : nil
        } catch {
            return nil
        }
    }

    private init(text: [UInt8]) { self.text = text }

    private var byte: UInt8? { at < text.count ? text[at] : nil }

    private mutating func blanks() {
        while let byte, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { at += 1 }
    }

    private mutating func take(_ wanted: Character) -> Bool {
        guard byte == wanted.asciiValue else { return false }
        at += 1
        return true
    }

    private mutating func expect(_ wanted: Character) throws {
        guard take(wanted) else { throw Refused() }
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        if depth > 64 { throw Refused() }
        if take("{") { return try object(depth: depth + 1) }
        if take("[") { return try array(depth: depth + 1) }
        if byte == 0x22 { return .string(try string()) }
        for (word, value) in [("true", JSONValue.boolean(true)), ("false", .boolean(false)), ("null", .null)]
        {
            if text[at...].starts(with: word.utf8) {
                at += word.utf8.count
                return value
            }
        }
        return try number()
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        if depth > 64 { throw Refused() }
        var members: [JSONValue.Member] = []
        blanks()
        if take("}") { return .object([]) }
        repeat {
            blanks()
            let key = try string()
            // Byte by byte: Swift holds canonically equivalent strings for equal, JSON does not.
            if members.contains(where: { Array($0.key.utf8) == Array(key.utf8) }) { throw Refused() }
            if key.utf8.count > 255 { throw Refused() }
            blanks()
            try expect(":")
            blanks()
            members.append(JSONValue.Member(key, try value(depth: depth)))
            blanks()
        } while take(",")
        try expect("}")
        return .object(members)
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        if depth > 64 { throw Refused() }
        var elements: [JSONValue] = []
        blanks()
        if take("]") { return .array([]) }
        repeat {
            blanks()
            elements.append(try value(depth: depth))
            blanks()
        } while take(",")
        try expect("]")
        return .array(elements)
    }

    private mutating func string() throws -> String {
        try expect("\"")
        var units: [UInt16] = []
        while true {
            guard let byte else { throw Refused() }
            if byte == 0x22 { break }
            if byte < 0x20 { throw Refused() }
            if byte == 0x5C { units.append(try escape()) } else { units += try scalar() }
        }
        at += 1
        guard let text = String(validating: units, as: UTF16.self) else { throw Refused() }
        return text
    }

    private mutating func escape() throws -> UInt16 {
        at += 1
        guard let code = byte else { throw Refused() }
        at += 1
        let plain: [Character: UInt16] = [
            "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
        ]
        if let unit = plain[Character(Unicode.Scalar(code))] { return unit }
        guard code == 0x75, at + 4 <= text.count else { throw Refused() }
        let digits = text[at..<(at + 4)]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }) else {
            throw Refused()
        }
        at += 4
        guard let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else { throw Refused() }
        return unit
    }

    private mutating func scalar() throws -> [UInt16] {
        for length in 1...4 where at + length <= text.count {
            if let scalar = String(validating: text[at..<(at + length)], as: UTF8.self) {
                at += length
                return Array(scalar.utf16)
            }
        }
        throw Refused()
    }

    private mutating func number() throws -> JSONValue {
        let start = at
        _ = take("-")
        let first = at
        try digits()
        if text[first] == 0x30 && at - first > 1 { throw Refused() }
        var isInteger = true
        if take(".") {
            isInteger = false
            try digits()
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let spelled = String(decoding: text[start..<at], as: UTF8.self)
        if spelled.utf8.count > 1_000 { throw Refused() }
        if isInteger, let value = Int64(spelled), spelled != "-0" { return .integer(value) }
        guard let value = Double(spelled), value.isFinite else { throw Refused() }
        return .real(value)
    }

    private mutating func digits() throws {
        let first = at
        while let byte, byte >= 0x30 && byte <= 0x39 { at += 1 }
        if at == first { throw Refused() }
    }
}

/// Random values and texts that say them, in every legal spelling.
struct RandomJSON {
    var chance: Chance

    init(seed: UInt64) { chance = Chance(seed: seed) }

    mutating func value(depth: Int = 0) -> JSONValue {
        switch chance.below(depth > 4 ? 6 : 9) {
        case 0: return .null
        case 1: return .boolean(chance.below(2) == 0)
        case 2: return .integer(integer())
        case 3: return .real(real())
        case 4, 5: return .string(string())
        case 6: return .array((0..<chance.below(5)).map { _ in value(depth: depth + 1) })
        default: return object(depth: depth)
        }
    }

    mutating func object(depth: Int = 0) -> JSONValue {
        var members: [JSONValue.Member] = []
        for _ in 0..<chance.below(8) {
            let key =
                chance.below(3) == 0
                ? string() : ["a", "bb", "flight_number_of_it", "x", "y"][chance.below(5)]
            if members.contains(where: { Array($0.key.utf8) == Array(key.utf8) }) { continue }
            members.append(JSONValue.Member(key, value(depth: depth + 1)))
        }
        return .object(members)
    }

    private mutating func integer() -> Int64 {
        Int64(bitPattern: chance.next()) &>> Int64(chance.below(64))
    }

    private mutating func real() -> Double {
        if chance.below(2) == 0 { return Double(integer()) / 1_000 }
        let value = Double(bitPattern: chance.next())
        return value.isFinite ? value : 0.5
    }

    private mutating func string() -> String {
        let pieces = [
            "", "a", "plain text of some length", "é", "日本", "🚲", "\"", "\\", "\n", "\u{1}", "/", "\u{7F}",
        ]
        return (0..<chance.below(4)).map { _ in pieces[chance.below(pieces.count)] }.joined()
    }

    /// A spelling of the value, with random blanks and escapes.
    mutating func spell(_ value: JSONValue) -> String {
        let text: String
        switch value {
        case .null: text = "null"
        case .boolean(let flag): text = flag ? "true" : "false"
        case .integer(let number): text = String(number)
        case .real(let number): text = spell(number)
        case .string(let string): text = spell(string)
        case .array(let elements):
            text = "[" + elements.map { spell($0) }.joined(separator: ",") + blanks() + "]"
        case .object(let members):
            let parts = members.map { blanks() + spell($0.key) + blanks() + ":" + spell($0.value) }
            text = "{" + parts.joined(separator: ",") + blanks() + "}"
        }
        return blanks() + text + blanks()
    }

    private mutating func blanks() -> String {
        chance.below(4) == 0 ? ["\n", " ", "\t", "\r\n  "][chance.below(4)] : ""
    }

    private mutating func spell(_ number: Double) -> String {
        let text = "\(number)"
        return text.contains(".") || text.contains("e") ? text : text + ".0"
    }

    private mutating func spell(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if mustEscape || chance.below(6) == 0 {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: chance.below(2) == 0)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                }
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
