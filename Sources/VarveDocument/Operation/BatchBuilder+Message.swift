import VarveBytes

/// Ingestion messages in the default format, `{"_id":…, "_version":…, "_op_type":…, "_source":{…}}`.
///
/// The message is parsed once; the document is the sub-object `_source`, stored byte for byte. `_id` and
/// `_version` may be numbers as well as strings. A version makes the operation external: it wins only over a lower
/// one. Other keys are ignored.
extension BatchBuilder {
    /// - Parameters:
    ///   - fallbackID: The id of a document whose message names none; empty if there is no such id.
    ///   - fallbackIsNew: Whether `fallbackID` cannot exist yet.
    package mutating func appendMessage(
        _ bytes: RawSpan, fallbackID: RawSpan = RawSpan(), fallbackIsNew: Bool = false
    ) throws(DocumentError) {
        try parse(message: bytes)
        let envelope = try MessageEnvelope(self, bytes)
        var options = OperationOptions()
        if let version = envelope.version { options = OperationOptions(.external, version: version) }
        if let text = envelope.escapedID {
            try append(envelope, id: text.rawSpan, options, bytes)
        } else if envelope.idCount > 0 {
            try append(envelope, id: bytes.slice(envelope.idOffset, envelope.idCount), options, bytes)
        } else {
            guard envelope.kind != .delete && fallbackID.byteCount > 0 else {
                throw DocumentError(.invalidOperation, "ID field is missing. Invalid message.")
            }
            options.idIsNew = fallbackIsNew
            options.idIsGiven = false
            try append(envelope, id: fallbackID, options, bytes)
        }
    }

    private mutating func append(
        _ envelope: MessageEnvelope, id: RawSpan, _ options: OperationOptions, _ bytes: RawSpan
    ) throws(DocumentError) {
        if envelope.kind == .delete { return try delete(id: id, options: options) }
        try check(id, options, bytes: id.byteCount + envelope.sourceCount)
        if envelope.sourceCount > limits.document.documentBytes {
            throw DocumentError(
                .limit, "a document has at most \(limits.document.documentBytes) bytes",
                offset: envelope.sourceOffset)
        }
        try append(
            envelope.kind, id, options, RawSpan(),
            document: bytes.slice(envelope.sourceOffset, envelope.sourceCount), at: envelope.sourceIndex,
            in: bytes)
    }
}

/// What stands around the document of a message.
private struct MessageEnvelope {
    var kind = OperationKind.index
    /// The id between its quotes, if it needs no decoding.
    var idOffset = 0
    var idCount = 0
    var escapedID: [UInt8]?
    var version: Int64?
    /// Tape index of the document.
    var sourceIndex = 0
    var sourceOffset = 0
    var sourceCount = 0

    init(_ builder: borrowing BatchBuilder, _ bytes: RawSpan) throws(DocumentError) {
        let root = builder.word(0)
        guard root.tag == .object else {
            throw DocumentError(
                .notAnObject, "failed to parse", cause: "a message is a JSON object", offset: 0)
        }
        var hasSource = false
        var at = 1
        while at < root.end {
            let key = builder.word(at)
            let value = builder.word(at + 1)
            switch key.node {
            case PathTable.document:
                hasSource = true
                if value.tag == .object {
                    sourceIndex = at + 1
                    sourceOffset = key.offset
                    sourceCount = builder.word(value.end).offset - key.offset
                }
            case PathTable.messageID: try readID(value, bytes)
            case PathTable.messageVersion: try readVersion(builder, at + 1, bytes)
            case PathTable.messageOperation: try readKind(value, bytes)
            default: break
            }
            at = Self.skip(value, at + 1)
        }
        if kind == .delete { return }
        guard hasSource else {
            throw DocumentError(.invalidOperation, "Missing _source field. Invalid message")
        }
        guard sourceIndex > 0 else {
            throw DocumentError(.invalidOperation, "_source field does not contain a map. Invalid message")
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

    private mutating func readID(_ value: JSONWord, _ bytes: RawSpan) throws(DocumentError) {
        switch value.tag {
        case .string, .unicodeString, .integer, .bigInteger:
            idOffset = value.offset
            idCount = value.count
            if idCount == 0 { throw DocumentError(.invalidID, "if _id is specified it must not be empty") }
        case .escapedString:
            escapedID = Self.unescaped(value, bytes)
        default:
            throw DocumentError(.invalidOperation, "_id field is not a string. Invalid message.")
        }
    }

    private mutating func readVersion(
        _ builder: borrowing BatchBuilder, _ index: Int, _ bytes: RawSpan
    ) throws(DocumentError) {
        let value = builder.word(index)
        switch value.tag {
        case .integer:
            version = builder.integer(index)
        case .string:
            let text = bytes.slice(value.offset, value.count)
            guard case .integer(let number) = NumberText.parse(text) else {
                let shown = String(validating: text) ?? ""
                throw DocumentError(.invalidOperation, "For input string: \"\(shown)\"", offset: value.offset)
            }
            version = number
        default:
            throw DocumentError(.invalidOperation, "_version field is not a 64-bit integer. Invalid message.")
        }
    }

    private mutating func readKind(_ value: JSONWord, _ bytes: RawSpan) throws(DocumentError) {
        let text: String
        switch value.tag {
        case .string, .unicodeString:
            text = String(validating: bytes.slice(value.offset, value.count)) ?? ""
        case .escapedString:
            text = String(validating: Self.unescaped(value, bytes).rawSpan) ?? ""
        default:
            throw DocumentError(.invalidOperation, "_op_type field is not a string. Invalid message.")
        }
        switch text.lowercased() {
        case "index": kind = .index
        case "create": kind = .create
        case "delete": kind = .delete
        case "update": throw DocumentError(.invalidOperation, "Unsupported operation: update")
        default: throw DocumentError(.invalidOperation, "unknown op_type [\(text)]")
        }
    }

    private static func unescaped(_ value: JSONWord, _ bytes: RawSpan) -> [UInt8] {
        var text = ByteBuffer(capacity: value.count)
        JSONText.unescape(bytes.slice(value.offset, value.count), into: &text)
        return text.bytes.copyBytes()
    }
}
