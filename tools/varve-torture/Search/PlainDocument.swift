import Varve

/// A value of a document: what JSON is made of it, and what it stands for.
enum PlainValue: Equatable {
    case null
    case string(String)
    case integer(Int64)
    case double(Double)
    case boolean(Bool)
    /// Milliseconds since 1970, and how they are written.
    case date(Int64, String)

    var json: String {
        switch self {
        case .null: "null"
        case .string(let text), .date(_, let text): Self.quoted(text)
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .boolean(let flag): flag ? "true" : "false"
        }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

/// A document as a list of values a field, and where it lies.
struct PlainDocument {
    let id: String
    var shard = 0
    var sequence: UInt64 = 0
    var fields: [String: [PlainValue]]

    var json: String {
        let members = fields.sorted { $0.key < $1.key }.map { name, values in
            let list = values.map(\.json)
            return "\"\(name)\":" + (list.count == 1 ? list[0] : "[" + list.joined(separator: ",") + "]")
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    // MARK: What a field holds

    func terms(_ field: String) -> [String] {
        let texts = (fields[field] ?? []).compactMap { value -> String? in
            if case .string(let text) = value { text } else { nil }
        }
        // Equal as bytes, not as characters.
        var seen = Set<[UInt8]>()
        return texts.filter { seen.insert(Array($0.utf8)).inserted }.sorted(by: Plain.isBefore)
    }

    /// Longs, dates and booleans; ascending, equal ones kept.
    func integers(_ field: String) -> [Int64] {
        (fields[field] ?? []).compactMap { value -> Int64? in
            switch value {
            case .integer(let number), .date(let number, _): number
            case .boolean(let flag): flag ? 1 : 0
            case .null, .string, .double: nil
            }
        }.sorted()
    }

    /// Ascending, equal ones kept, -0 before 0.
    func doubles(_ field: String) -> [Double] {
        (fields[field] ?? []).compactMap { value -> Double? in
            switch value {
            case .double(let number): field == "f" ? Double(Float(number)) : number
            case .integer(let number): Double(number)
            default: nil
            }
        }.sorted(by: Plain.isBefore)
    }

    func hasValue(_ field: String) -> Bool { (fields[field] ?? []).contains { $0 != .null } }
}

/// The fields of the model, and comparisons.
enum Plain {
    enum Kind {
        case term, integer, double, boolean, date
    }

    static let kinds: [String: Kind] = [
        "k": .term, "w": .term, "n": .integer, "s": .integer, "x": .double, "f": .double, "b": .boolean,
        "d": .date,
    ]
    static let mapping: Mapping = [
        "k": .keyword, "w": .keyword, "n": .long, "s": .long, "x": .double, "f": .float, "b": .boolean,
        "d": .date,
    ]

    static func isBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    static func isBefore(_ left: Double, _ right: Double) -> Bool {
        left < right || (left == right && left.sign == .minus && right.sign == .plus)
    }
}
