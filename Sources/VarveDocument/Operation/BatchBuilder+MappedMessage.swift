import VarveBytes

/// Messages whose own fields say what an envelope would.
///
/// The fields are marked as removed on the parser's tape, so that the document is extracted without them and
/// without a second parse; what is stored is spliced from the message's other parts.
extension BatchBuilder {
    mutating func appendMapped(
        _ bytes: RawSpan, _ mapping: EnvelopeFields, _ placeID: RawSpan, _ placeIsNew: Bool
    ) throws(MessageError) -> MessageOutcome {
        var id: FieldText?
        if let path = mapping.idPath {
            let found = try take(path, bytes, missing: "id_field")
            if found.isEmpty { throw Self.unmappable("field [\(path.name)] has an empty value") }
            id = found
        }
        var options = OperationOptions()
        var versionText: FieldText?
        if let path = mapping.versionPath { versionText = try take(path, bytes, missing: "version_field") }
        var envelope = Envelope()
        if let path = mapping.operationPath, let value = try take(path, bytes) {
            if value.equals(mapping.deleteValue, bytes) {
                envelope.kind = .delete
            } else if value.equals(mapping.createValue, bytes) {
                envelope.kind = .create
            }
        }
        var routing: FieldText?
        if let path = mapping.routingPath { routing = try take(path, bytes) }
        if let versionText {
            options = OperationOptions(.external, version: try versionText.version(bytes))
        }
        if id == nil {
            if envelope.kind == .delete { return .ignored }
            options.idIsNew = placeIsNew
            options.idIsGiven = false
        }
        guard let id else { return try append(envelope, id: placeID, options, routing, bytes) }
        if let text = id.decoded { return try append(envelope, id: text.rawSpan, options, routing, bytes) }
        return try append(envelope, id: id.span(bytes), options, routing, bytes)
    }

    private mutating func append(
        _ envelope: Envelope, id: RawSpan, _ options: OperationOptions, _ routing: FieldText?,
        _ bytes: RawSpan
    ) throws(MessageError) -> MessageOutcome {
        guard let routing else {
            return try append(envelope, id: id, options, routing: RawSpan(), spliced: bytes)
        }
        if let text = routing.decoded {
            return try append(envelope, id: id, options, routing: text.rawSpan, spliced: bytes)
        }
        return try append(envelope, id: id, options, routing: routing.span(bytes), spliced: bytes)
    }

    /// Appends the document that is left of a message.
    private mutating func append(
        _ envelope: Envelope, id: RawSpan, _ options: OperationOptions, routing: RawSpan,
        spliced bytes: RawSpan
    ) throws(MessageError) -> MessageOutcome {
        if envelope.kind == .delete {
            return try append(envelope, id: id, options, routing: routing, bytes, bytes)
        }
        var document = spliced.take() ?? ByteBuffer(capacity: bytes.byteCount)
        document.removeAll()
        extractor.parser.splice(objectAt: 0, of: bytes, into: &document)
        let outcome: Result<MessageOutcome, MessageError>
        do throws(MessageError) {
            outcome = .success(
                try append(envelope, id: id, options, routing: routing, document.bytes, bytes))
        } catch { outcome = .failure(error) }
        spliced = consume document
        return try outcome.get()
    }

    /// Takes a field out of the document; nil if the message has none.
    private mutating func take(_ path: FieldPath, _ bytes: RawSpan) throws(MessageError) -> FieldText? {
        guard let at = extractor.parser.find(path) else { return nil }
        let value = extractor.parser[at + 1]
        extractor.parser.remove(keyAt: at)
        switch value.tag {
        case .string, .unicodeString, .integer, .bigInteger, .real, .bigReal, .true, .false:
            return FieldText(value, bytes)
        case .escapedString: return FieldText(JSONText.unescaped(value, bytes))
        case .null: throw Self.unmappable("field [\(path.name)] has a null value")
        default:
            let name = value.tag == .array ? "ArrayList" : "HashMap"
            throw Self.unmappable(
                "field [\(path.name)] must be a scalar value (string, number, or boolean), but found: \(name)"
            )
        }
    }

    private mutating func take(
        _ path: FieldPath, _ bytes: RawSpan, missing setting: String
    ) throws(MessageError) -> FieldText {
        guard let value = try take(path, bytes) else {
            throw Self.unmappable("configured \(setting) [\(path.name)] is missing from the message")
        }
        return value
    }

    private static func unmappable(_ text: String) -> MessageError {
        MessageError(.mapping, DocumentError(.invalidOperation, text))
    }
}

/// A scalar value as text without blanks around it: a part of the message, or bytes of its own if it had escapes.
private struct FieldText {
    let decoded: [UInt8]?
    private var offset = 0
    private var count = 0

    init(_ value: JSONWord, _ bytes: RawSpan) {
        decoded = nil
        offset = value.offset
        count = value.count
        while count > 0 && bytes.byte(at: offset) <= 0x20 {
            offset += 1
            count -= 1
        }
        while count > 0 && bytes.byte(at: offset + count - 1) <= 0x20 { count -= 1 }
    }

    init(_ text: [UInt8]) {
        let rest = text.drop { $0 <= 0x20 }
        let end = rest.lastIndex { $0 > 0x20 }
        decoded = end.map { Array(rest[...$0]) } ?? []
    }

    var isEmpty: Bool { decoded?.isEmpty ?? (count == 0) }

    /// In the message; only where it is not `decoded`.
    @_lifetime(copy bytes)
    func span(_ bytes: RawSpan) -> RawSpan { bytes.slice(offset, count) }

    func equals(_ text: String?, _ bytes: RawSpan) -> Bool {
        guard let text else { return false }
        if let decoded { return decoded.elementsEqual(text.utf8) }
        let utf8 = text.utf8
        guard utf8.count == count else { return false }
        return zip(0..<count, utf8).allSatisfy { bytes.byte(at: offset + $0) == $1 }
    }

    func version(_ bytes: RawSpan) throws(MessageError) -> Int64 {
        if let decoded { return try BatchBuilder.Envelope.version(decoded.rawSpan) }
        return try BatchBuilder.Envelope.version(span(bytes))
    }
}

extension JSONParser {
    /// The tape index of a field's key in the object that was just read: one key of the whole name, or a way of
    /// keys through objects.
    fileprivate func find(_ path: FieldPath) -> Int? {
        if let at = find(path.whole, inObjectAt: 0) { return at }
        guard path.keys.count > 1 else { return nil }
        var object = 0
        for (place, key) in path.keys.enumerated() {
            guard let at = find(key, inObjectAt: object) else { return nil }
            if place == path.keys.count - 1 { return at }
            guard self[at + 1].tag == .object else { return nil }
            object = at + 1
        }
        return nil
    }

    private func find(_ key: [UInt8], inObjectAt object: Int) -> Int? {
        let end = self[object].end
        var at = object + 1
        while at < end {
            let word = self[at]
            if word.tag == .removed {
                at = word.end
                continue
            }
            if paths.key(of: word.node).equals(key.rawSpan) { return at }
            at = index(after: at + 1)
        }
        return nil
    }

    /// Appends an object without what was removed from it.
    fileprivate func splice(objectAt object: Int, of bytes: RawSpan, into buffer: inout ByteBuffer) {
        let end = self[object].end
        var at = object + 1
        buffer.append(UInt8(0x7B))
        var isFirst = true
        while at < end {
            let word = self[at]
            if word.tag == .removed {
                at = word.end
                continue
            }
            if !isFirst { buffer.append(UInt8(0x2C)) }
            isFirst = false
            JSONText.appendQuoted(paths.key(of: word.node), to: &buffer)
            buffer.append(UInt8(0x3A))
            let next = index(after: at + 1)
            if self[at + 1].tag == .object, hasRemoved(at + 2, self[at + 1].end) {
                splice(objectAt: at + 1, of: bytes, into: &buffer)
            } else {
                buffer.append(bytes.slice(word.offset, endOffset(ofValueAt: at + 1) - word.offset))
            }
            at = next
        }
        buffer.append(UInt8(0x7D))
    }

    private func hasRemoved(_ start: Int, _ end: Int) -> Bool {
        var at = start
        while at < end {
            switch self[at].tag {
            case .removed: return true
            case .integer, .bigInteger, .real, .bigReal: at += 2
            default: at += 1
            }
        }
        return false
    }

    private func endOffset(ofValueAt index: Int) -> Int {
        let value = self[index]
        return switch value.tag {
        case .object, .array: self[value.end].offset
        case .string, .unicodeString, .escapedString: value.offset + value.count + 1
        default: value.offset + value.count
        }
    }
}
