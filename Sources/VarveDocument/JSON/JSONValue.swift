import VarveBytes

/// A JSON text as a tree, for bodies that are small and read once: mappings, requests, settings. Documents never
/// become one.
package enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case real(Double)
    case string(String)
    case array([JSONValue])
    /// In the order of the text.
    case object([Member])

    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: JSONValue

        package init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Checks and reads a whole text. Numbers beyond a double are refused.
    package init(parsing bytes: RawSpan, limits: JSONLimits = JSONLimits()) throws(DocumentError) {
        var parser = JSONParser(limits: limits)
        try parser.parse(bytes)
        var at = 0
        self = try Self.read(parser, &at, bytes)
    }

    /// Recursion is as deep as the parser lets containers nest.
    private static func read(
        _ parser: borrowing JSONParser, _ at: inout Int, _ bytes: RawSpan
    ) throws(DocumentError) -> JSONValue {
        let word = parser[at]
        switch word.tag {
        case .object: return .object(try readMembers(parser, &at, bytes))
        case .array: return .array(try readElements(parser, &at, bytes))
        case .integer, .real, .bigInteger, .bigReal:
            at += 2
            return try readNumber(parser, at - 2, bytes)
        case .string, .unicodeString, .escapedString:
            at += 1
            return .string(text(of: word, bytes))
        default:
            at += 1
            return word.tag == .null ? .null : .boolean(word.tag == .true)
        }
    }

    private static func readNumber(
        _ parser: borrowing JSONParser, _ at: Int, _ bytes: RawSpan
    ) throws(DocumentError) -> JSONValue {
        let word = parser[at]
        switch word.tag {
        case .integer: return .integer(parser.integer(at: at))
        case .real: return .real(parser.real(at: at))
        default:
            let value = JSONNumber.decode(bytes.slice(word.offset, word.count))
            guard value.isFinite else {
                throw DocumentError(.limit, "a number beyond all doubles", offset: word.offset)
            }
            return .real(value)
        }
    }

    private static func readElements(
        _ parser: borrowing JSONParser, _ at: inout Int, _ bytes: RawSpan
    ) throws(DocumentError) -> [JSONValue] {
        let end = parser[at].end
        at += 1
        var elements: [JSONValue] = []
        while at < end { elements.append(try read(parser, &at, bytes)) }
        at += 1
        return elements
    }

    private static func readMembers(
        _ parser: borrowing JSONParser, _ at: inout Int, _ bytes: RawSpan
    ) throws(DocumentError) -> [Member] {
        let end = parser[at].end
        at += 1
        var members: [Member] = []
        while at < end {
            let key = String(validating: parser.paths.key(of: parser[at].node)) ?? ""
            at += 1
            members.append(Member(key, try read(parser, &at, bytes)))
        }
        at += 1
        return members
    }

    private static func text(of word: JSONWord, _ bytes: RawSpan) -> String {
        let raw = bytes.slice(word.offset, word.count)
        guard word.tag == .escapedString else { return String(validating: raw) ?? "" }
        var buffer = ByteBuffer(capacity: raw.byteCount)
        JSONText.unescape(raw, into: &buffer)
        return String(validating: buffer.bytes) ?? ""
    }
}
