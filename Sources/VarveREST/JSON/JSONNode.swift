import VarveBytes
import VarveDocument
import VarveQuery

/// A value of a request's body, and the bytes that say it: for messages that name a place, and for updates, which
/// keep what they do not change byte for byte.
struct JSONNode: Sendable {
    enum Value: Sendable {
        case null
        case boolean(Bool)
        case integer(Int64)
        case real(Double)
        case string(String)
        case array([JSONNode])
        /// In the order of the text.
        case object([Member])
    }

    struct Member: Sendable {
        let key: String
        let value: JSONNode
    }

    let value: Value
    let start: Int
    let end: Int

    /// The name that OpenSearch's parser has for what begins here.
    var token: String {
        switch value {
        case .null: "VALUE_NULL"
        case .boolean: "VALUE_BOOLEAN"
        case .integer, .real: "VALUE_NUMBER"
        case .string: "VALUE_STRING"
        case .array: "START_ARRAY"
        case .object: "START_OBJECT"
        }
    }

    var members: [Member]? { if case .object(let members) = value { members } else { nil } }
    var elements: [JSONNode]? { if case .array(let elements) = value { elements } else { nil } }
    var string: String? { if case .string(let text) = value { text } else { nil } }
    var isNull: Bool { if case .null = value { true } else { false } }

    subscript(key: String) -> JSONNode? { members?.first { $0.key == key }?.value }

    /// What a string, number or boolean says as text.
    var scalarText: String? {
        switch value {
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .string(let text): text
        case .null, .array, .object: nil
        }
    }

    /// An integer, or a string that spells one.
    var integer: Int? {
        switch value {
        case .integer(let number): Int(number)
        case .string(let text): Int(text)
        case .real(let number): Int(exactly: number.rounded(.towardZero))
        default: nil
        }
    }

    /// A boolean, or a string that spells one.
    var boolean: Bool? {
        switch value {
        case .boolean(let flag): flag
        case .string("true"): true
        case .string("false"): false
        default: nil
        }
    }
}

/// A body that was read whole: its bytes and its tree.
struct JSONBody: Sendable {
    let bytes: [UInt8]
    let root: JSONNode
    /// By where an object begins that stands for values of a document: these values.
    var lookups: [Int: [QueryValue]] = [:]

    static let limits: JSONLimits = {
        var limits = JSONLimits()
        limits.documentBytes = 64 << 20
        limits.fields = 100_000
        limits.keyBytes = 4_096
        return limits
    }()

    init(_ bytes: [UInt8]) throws(DocumentError) {
        var parser = JSONParser(limits: Self.limits)
        try self.init(bytes, &parser)
    }

    /// - Parameter parser: Used again from body to body, so that none of its memory is asked for twice.
    init(_ bytes: [UInt8], _ parser: inout JSONParser) throws(DocumentError) {
        let span = bytes.rawSpan
        try parser.parse(span)
        var at = 0
        root = try JSONTapeReader.read(parser, &at, from: 0, span)
        self.bytes = bytes
    }

    func text(of node: JSONNode) -> ArraySlice<UInt8> { bytes[node.start..<node.end] }

    /// Line and column of a byte, from 1.
    func position(of offset: Int) -> (line: Int, column: Int) {
        var line = 1
        var lineStart = 0
        for at in 0..<min(offset, bytes.count) where bytes[at] == 0x0A {
            line += 1
            lineStart = at + 1
        }
        return (line, offset - lineStart + 1)
    }

    /// Where the key of the member with this value begins.
    func keyStart(of value: JSONNode) -> Int {
        var at = value.start - 1
        while at > 0 && bytes[at] != 0x22 { at -= 1 }
        at -= 1
        while at > 0 && (bytes[at] != 0x22 || bytes[at - 1] == 0x5C) { at -= 1 }
        return max(at, 0)
    }
}

/// A parser's tape as a tree. Recursion is as deep as the parser lets containers nest.
private enum JSONTapeReader {
    /// - Parameter from: A byte offset before the value, with nothing but blanks, commas and brackets between.
    static func read(
        _ parser: borrowing JSONParser, _ at: inout Int, from: Int, _ bytes: RawSpan
    ) throws(DocumentError) -> JSONNode {
        let word = parser[at]
        switch word.tag {
        case .object:
            let (members, end) = try members(parser, &at, bytes)
            return JSONNode(value: .object(members), start: skip(from, bytes), end: end)
        case .array:
            let start = skip(from, bytes)
            let (elements, end) = try elements(parser, &at, from: start + 1, bytes)
            return JSONNode(value: .array(elements), start: start, end: end)
        case .integer, .real, .bigInteger, .bigReal:
            at += 2
            return JSONNode(
                value: try number(parser, at - 2, bytes), start: word.offset, end: word.offset + word.count)
        case .string, .unicodeString, .escapedString:
            at += 1
            return JSONNode(
                value: .string(text(of: word, bytes)), start: word.offset - 1,
                end: word.offset + word.count + 1)
        default:
            at += 1
            return JSONNode(
                value: word.tag == .null ? .null : .boolean(word.tag == .true), start: word.offset,
                end: word.offset + word.count)
        }
    }

    private static func skip(_ start: Int, _ bytes: RawSpan) -> Int {
        var at = start
        while at < bytes.byteCount, [0x20, 0x0A, 0x0D, 0x09, 0x2C].contains(bytes.byte(at: at)) { at += 1 }
        return at
    }

    private static func number(
        _ parser: borrowing JSONParser, _ at: Int, _ bytes: RawSpan
    ) throws(DocumentError) -> JSONNode.Value {
        let word = parser[at]
        switch word.tag {
        case .integer: return .integer(parser.integer(at: at))
        case .real: return .real(parser.real(at: at))
        default:
            let text = String(validating: bytes.slice(word.offset, word.count)) ?? ""
            guard let value = Double(text), value.isFinite else {
                throw DocumentError(.limit, "a number beyond all doubles", offset: word.offset)
            }
            return .real(value)
        }
    }

    private static func elements(
        _ parser: borrowing JSONParser, _ at: inout Int, from start: Int, _ bytes: RawSpan
    ) throws(DocumentError) -> ([JSONNode], Int) {
        let end = parser[at].end
        at += 1
        var elements: [JSONNode] = []
        var from = start
        while at < end {
            let element = try read(parser, &at, from: from, bytes)
            from = element.end
            elements.append(element)
        }
        at += 1
        return (elements, parser[end].offset)
    }

    private static func members(
        _ parser: borrowing JSONParser, _ at: inout Int, _ bytes: RawSpan
    ) throws(DocumentError) -> ([JSONNode.Member], Int) {
        let end = parser[at].end
        at += 1
        var members: [JSONNode.Member] = []
        while at < end {
            let word = parser[at]
            let key = String(validating: parser.paths.key(of: word.node)) ?? ""
            at += 1
            members.append(
                JSONNode.Member(key: key, value: try read(parser, &at, from: word.offset, bytes)))
        }
        at += 1
        return (members, parser[end].offset)
    }

    private static func text(of word: JSONWord, _ bytes: RawSpan) -> String {
        let raw = bytes.slice(word.offset, word.count)
        guard word.tag == .escapedString else { return String(validating: raw) ?? "" }
        var buffer = ByteBuffer(capacity: raw.byteCount)
        JSONText.unescape(raw, into: &buffer)
        return String(validating: buffer.bytes) ?? ""
    }
}
