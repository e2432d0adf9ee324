import Varve
import VarveBytes

/// One JSON object on one line, member by member in the order of the calls.
struct JSONLine {
    private var members: [String] = []

    mutating func add(_ key: String, _ text: String?) {
        addRaw(key, text.map(Self.quoted) ?? "null")
    }

    mutating func add(_ key: String, _ number: Int64) { addRaw(key, String(number)) }
    mutating func add(_ key: String, _ number: Int) { addRaw(key, String(number)) }
    mutating func add(_ key: String, _ number: UInt64?) { addRaw(key, number.map { String($0) } ?? "null") }
    mutating func add(_ key: String, _ value: Bool) { addRaw(key, value ? "true" : "false") }

    mutating func add(_ key: String, _ values: [SortValue]) { addRaw(key, Self.array(values)) }

    /// A value that is JSON already.
    mutating func addRaw(_ key: String, _ json: String) { members.append(Self.quoted(key) + ":" + json) }

    /// A document that may have been given on several lines: line ends are blanks in JSON.
    mutating func addSource(_ bytes: [UInt8]) {
        var flat = bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        while flat.last == 0x20 { flat.removeLast() }
        addRaw("_source", String(decoding: flat, as: UTF8.self))
    }

    var text: String { "{" + members.joined(separator: ",") + "}" }

    static func array(_ values: [SortValue]) -> String {
        "[" + values.map(json).joined(separator: ",") + "]"
    }

    private static func json(_ value: SortValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .double(let number) where !number.isFinite: quoted(String(number))
        case .float(let number) where !number.isFinite: quoted(String(number))
        default: value.description
        }
    }

    static func quoted(_ text: String) -> String {
        var buffer = ByteBuffer(capacity: text.utf8.count + 2)
        JSONText.appendQuoted(text, to: &buffer)
        return String(decoding: buffer.bytes.copyBytes(), as: UTF8.self)
    }
}
