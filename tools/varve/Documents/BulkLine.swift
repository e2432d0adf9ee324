import Varve
import VarveBytes

/// One document of a bulk load.
struct BulkLine: Sendable {
    let number: Int
    /// Nil for an id that the store makes.
    let id: String?
    let source: [UInt8]
}

/// Tells `{"_id": ..., "_source": {...}}` from a document that is the line itself.
struct BulkLineReader: ~Copyable {
    private static let marker = Array("\"_source\"".utf8)
    private var parser = JSONParser()

    mutating func read(_ bytes: [UInt8], number: Int) throws -> BulkLine {
        guard Self.holdsMarker(bytes) else { return BulkLine(number: number, id: nil, source: bytes) }
        let span = bytes.rawSpan
        try parser.parse(span)
        guard parser[0].tag == .object else { return BulkLine(number: number, id: nil, source: bytes) }
        var id: String?
        var source: Range<Int>?
        var at = 1
        while at < parser[0].end {
            let (key, value) = (parser[at], parser[at + 1])
            switch String(decoding: parser.paths.key(of: key.node).copyBytes(), as: UTF8.self) {
            case "_id": id = try Self.id(value, span)
            case "_source":
                guard value.tag == .object else {
                    throw CommandFailure.badInput("_source is no object")
                }
                source = key.offset..<parser[value.end].offset
            default: break
            }
            at = Self.skip(value, at + 1)
        }
        guard let source else { return BulkLine(number: number, id: nil, source: bytes) }
        return BulkLine(number: number, id: id, source: Array(bytes[source]))
    }

    private static func id(_ word: JSONWord, _ bytes: RawSpan) throws -> String {
        switch word.tag {
        case .string, .unicodeString, .integer, .bigInteger:
            return String(decoding: bytes.slice(word.offset, word.count).copyBytes(), as: UTF8.self)
        case .escapedString:
            var text = ByteBuffer(capacity: word.count)
            JSONText.unescape(bytes.slice(word.offset, word.count), into: &text)
            return String(decoding: text.bytes.copyBytes(), as: UTF8.self)
        default: throw CommandFailure.badInput("_id is neither a string nor an integer")
        }
    }

    /// The tape index past a value.
    private static func skip(_ value: JSONWord, _ at: Int) -> Int {
        switch value.tag {
        case .object, .array: value.end + 1
        case .integer, .bigInteger, .real, .bigReal: at + 2
        default: at + 1
        }
    }

    private static func holdsMarker(_ bytes: [UInt8]) -> Bool {
        let span = bytes.rawSpan
        var at = 0
        while let quote = span.firstIndex(of: 0x22, from: at) {
            if bytes[quote...].starts(with: marker) { return true }
            at = quote + 1
        }
        return false
    }
}

extension CommandFailure: CustomStringConvertible {
    var description: String { message }
}
