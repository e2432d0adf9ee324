import VarveBytes

/// Messages of a stream, straight into a batch: each is parsed once, in whichever of the three formats, and its
/// document is stored byte for byte.
extension BatchBuilder {
    /// Appends the operation that a message says.
    ///
    /// A message that is refused leaves the builder as it was. A version makes the operation external: it wins only
    /// over a lower one.
    /// - Parameters:
    ///   - placeID: The id of a document whose message names none.
    ///   - placeIsNew: Whether `placeID` cannot exist yet.
    package mutating func appendMessage(
        _ bytes: RawSpan, format: MessageFormat = .envelope, placeID: RawSpan, placeIsNew: Bool = false
    ) throws(MessageError) -> MessageOutcome {
        switch format {
        case .envelope:
            try parse(bytes, root: PathTable.message)
            return try appendEnvelope(bytes, placeID, placeIsNew)
        case .document:
            try parse(bytes, root: PathTable.document)
            var options = OperationOptions()
            options.idIsNew = placeIsNew
            options.idIsGiven = false
            return try append(Envelope(), id: placeID, options, bytes, bytes)
        case .fields(let mapping):
            try parse(bytes, root: PathTable.document)
            return try appendMapped(bytes, mapping, placeID, placeIsNew)
        }
    }

    /// Appends the deletion of what the key of a message without payload names.
    package mutating func appendTombstone(key: RawSpan) throws(MessageError) -> MessageOutcome {
        do throws(DocumentError) {
            try delete(id: key)
            return .appended
        } catch { throw MessageError(.processing, error) }
    }

    private mutating func parse(_ bytes: RawSpan, root: Int) throws(MessageError) {
        do throws(DocumentError) {
            try extractor.parser.parse(bytes, root: root)
            guard extractor.parser[0].tag == .object else {
                throw DocumentError(
                    .notAnObject, "failed to parse", cause: "a message is a JSON object", offset: 0)
            }
        } catch { throw MessageError(.mapping, error) }
    }

    private mutating func appendEnvelope(
        _ bytes: RawSpan, _ placeID: RawSpan, _ placeIsNew: Bool
    ) throws(MessageError) -> MessageOutcome {
        let envelope = try Envelope(extractor.parser, bytes)
        var options = OperationOptions()
        if let version = envelope.version { options = OperationOptions(.external, version: version) }
        let document = bytes.slice(envelope.sourceOffset, envelope.sourceCount)
        if let text = envelope.escapedID {
            return try append(envelope, id: text.rawSpan, options, document, bytes)
        }
        if envelope.hasID {
            let id = bytes.slice(envelope.idOffset, envelope.idCount)
            return try append(envelope, id: id, options, document, bytes)
        }
        if envelope.kind == .delete { return .ignored }
        options.idIsNew = placeIsNew
        options.idIsGiven = false
        return try append(envelope, id: placeID, options, document, bytes)
    }

    /// - Parameters:
    ///   - document: What is stored.
    ///   - text: What was parsed, with the document in it.
    mutating func append(
        _ envelope: Envelope, id: RawSpan, _ options: OperationOptions, routing: RawSpan = RawSpan(),
        _ document: RawSpan, _ text: RawSpan
    ) throws(MessageError) -> MessageOutcome {
        do throws(DocumentError) {
            if envelope.kind == .delete {
                try delete(id: id, options: options, routing: routing)
                return .appended
            }
            try check(routing: routing)
            try check(id, options, bytes: id.byteCount + routing.byteCount + document.byteCount)
            if document.byteCount > limits.document.documentBytes {
                throw DocumentError(
                    .limit, "a document has at most \(limits.document.documentBytes) bytes",
                    offset: envelope.sourceOffset)
            }
            try append(
                envelope.kind, id, options, routing, document: document, at: envelope.sourceIndex, in: text)
            return .appended
        } catch { throw MessageError(.processing, error) }
    }

    /// What stands around the document of a message.
    struct Envelope {
        var kind = OperationKind.index
        var hasID = false
        /// The id between its quotes, if it needs no decoding.
        var idOffset = 0
        var idCount = 0
        var escapedID: [UInt8]?
        var version: Int64?
        /// Tape index of the document.
        var sourceIndex = 0
        var sourceOffset = 0
        var sourceCount = 0

        init() {}
    }
}

extension BatchBuilder.Envelope {
    /// Reads the keys of an envelope in whatever order they stand. Its faults have an order of their own: first
    /// the id's type, then operation, version and document.
    init(_ parser: borrowing JSONParser, _ bytes: RawSpan) throws(MessageError) {
        var (id, version, operation, source) = (0, 0, 0, 0)
        let end = parser[0].end
        var at = 1
        while at < end {
            let key = parser[at]
            switch key.node {
            case PathTable.document: source = at + 1
            case PathTable.messageID: id = at + 1
            case PathTable.messageVersion: version = at + 1
            case PathTable.messageOperation: operation = at + 1
            default: break
            }
            at = parser.index(after: at + 1)
        }
        if id > 0 { try readID(parser[id], bytes) }
        if operation > 0 { try readKind(parser[operation], bytes) }
        if id > 0, parser[id].tag == .null { throw .invalid("ID field is missing. Invalid message.") }
        if version > 0 { try readVersion(parser, version, bytes) }
        if kind == .delete { return }
        guard source > 0 else { throw .invalid("Missing _source field. Invalid message") }
        guard parser[source].tag == .object else {
            throw .invalid("_source field does not contain a map. Invalid message")
        }
        sourceIndex = source
        sourceOffset = parser[source - 1].offset
        sourceCount = parser[parser[source].end].offset - sourceOffset
    }

    private mutating func readID(_ value: JSONWord, _ bytes: RawSpan) throws(MessageError) {
        switch value.tag {
        case .string, .unicodeString, .integer, .bigInteger:
            hasID = true
            idOffset = value.offset
            idCount = value.count
        case .escapedString: escapedID = JSONText.unescaped(value, bytes)
        case .null: break
        default:
            throw MessageError(
                .mapping,
                DocumentError(
                    .invalidOperation,
                    "_id field is of type \(value.tag.javaClass) but not string or integer",
                    offset: value.offset))
        }
    }

    private mutating func readKind(_ value: JSONWord, _ bytes: RawSpan) throws(MessageError) {
        switch value.tag {
        case .string, .unicodeString:
            kind = try Self.kind(bytes.slice(value.offset, value.count))
        case .escapedString: kind = try Self.kind(JSONText.unescaped(value, bytes).rawSpan)
        default:
            throw .invalid(
                "_op_type field is of type \(value.tag.javaClass) but not string. Invalid message.")
        }
    }

    private static func kind(_ text: RawSpan) throws(MessageError) -> OperationKind {
        var word: UInt64 = 0
        // Six letters at most, in either case.
        for at in 0..<min(text.byteCount, 7) { word = word &<< 8 | UInt64(text.byte(at: at) | 0x20) }
        switch word {
        case 0x69_6E64_6578: return .index
        case 0x6372_6561_7465: return .create
        case 0x6465_6C65_7465: return .delete
        case 0x7570_6461_7465: throw .invalid("Unsupported operation: update")
        default:
            let shown = String(validating: text) ?? ""
            throw MessageError(
                .processing, DocumentError(.invalidOperation, "Unknown opType: [\(shown)]"))
        }
    }

    private mutating func readVersion(
        _ parser: borrowing JSONParser, _ index: Int, _ bytes: RawSpan
    ) throws(MessageError) {
        let value = parser[index]
        switch value.tag {
        case .integer: version = parser.integer(at: index)
        case .string: version = try Self.version(bytes.slice(value.offset, value.count))
        default:
            throw MessageError(
                .processing,
                DocumentError(
                    .invalidOperation,
                    "_version field is of type \(value.tag.javaClass), not a 64-bit integer",
                    offset: value.offset))
        }
    }

    static func version(_ text: RawSpan) throws(MessageError) -> Int64 {
        if case .integer(let number) = NumberText.parse(text) { return number }
        throw MessageError(
            .processing,
            DocumentError(.invalidOperation, "For input string: \"\(String(validating: text) ?? "")\""))
    }
}

extension JSONParser {
    /// The tape index past the value at `index`.
    func index(after index: Int) -> Int {
        let value = self[index]
        return switch value.tag {
        case .object, .array: value.end + 1
        case .integer, .bigInteger, .real, .bigReal: index + 2
        default: index + 1
        }
    }
}

extension JSONText {
    /// A string's bytes, escapes undone.
    static func unescaped(_ value: JSONWord, _ bytes: RawSpan) -> [UInt8] {
        var text = ByteBuffer(capacity: value.count)
        unescape(bytes.slice(value.offset, value.count), into: &text)
        return text.bytes.copyBytes()
    }
}

extension JSONWord.Tag {
    /// The class that OpenSearch's messages name.
    var javaClass: String {
        switch self {
        case .object, .objectEnd: "class java.util.HashMap"
        case .array, .arrayEnd: "class java.util.ArrayList"
        case .string, .unicodeString, .escapedString, .key: "class java.lang.String"
        case .integer: "class java.lang.Integer"
        case .bigInteger: "class java.math.BigInteger"
        case .real, .bigReal: "class java.lang.Double"
        case .true, .false: "class java.lang.Boolean"
        case .null, .removed: "null"
        }
    }
}
