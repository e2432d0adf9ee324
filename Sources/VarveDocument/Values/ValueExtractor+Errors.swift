import VarveBytes

/// The words for a value that does not fit, once it is known that the document is refused.
extension ValueExtractor {
    func describe(_ fault: ValueFault, _ bytes: RawSpan, id: RawSpan) -> DocumentError {
        let word = parser[fault.index]
        let path = parser.paths.path(of: fault.node)
        switch fault.rule {
        case .valueForObject:
            return DocumentError(
                .objectConflict,
                "object mapping for [\(path)] tried to parse field [\(path)] as object, but found a concrete value",
                offset: offset(of: word))
        case .strict:
            let (parent, name) = Self.split(path)
            return DocumentError(
                .strictMapping,
                "mapping set to strict, dynamic introduction of [\(name)] within [\(parent)] is not allowed",
                offset: offset(of: word))
        case .impossible: return impossible(path, word)
        case .metadata:
            return DocumentError(
                .wrongType,
                "Field [\(path)] is a metadata field and cannot be added inside a document. Use the index API "
                    + "request parameters.", offset: offset(of: word))
        case .immenseTerm:
            return DocumentError(
                .limit,
                "Document contains at least one immense term in field=\"\(definition(fault.field).path)\" (whose UTF8 encoding is longer "
                    + "than the max length \(ValueSink.termBytesMax)), all of which were skipped.",
                offset: offset(of: word))
        default: return wrongValue(fault, word, bytes, id: id)
        }
    }

    private func wrongValue(
        _ fault: ValueFault, _ word: JSONWord, _ bytes: RawSpan, id: RawSpan
    ) -> DocumentError {
        let field = definition(fault.field)
        let type = field.typeName
        let value = preview(word, bytes)
        let cause: String? =
            switch fault.rule {
            case .notANumber: "For input string: \"\(value)\""
            case .notNumeric:
                "Current token (VALUE_\(value.uppercased())) not numeric, can not use numeric value accessors"
            case .outOfRange: "Value [\(value)] is out of range for a\(type == "integer" ? "n" : "") \(type)"
            case .notFinite: "[\(type)] supports only finite values, but got [\(value)]"
            case .notABoolean: "Failed to parse value [\(value)] as only [true] or [false] are allowed."
            case .notADate:
                "failed to parse date field [\(value)] with format [\(field.format ?? DateFormat.defaultNames)]"
            default: nil
            }
        let document = id.byteCount == 0 ? "" : " in document with id '\(String(validating: id) ?? "")'"
        let what =
            "failed to parse field [\(field.path)] of type [\(type)]\(document). "
            + "Preview of field's value: '\(value)'"
        return DocumentError(.wrongType, what, cause: cause, offset: offset(of: word))
    }

    private func impossible(_ path: String, _ word: JSONWord) -> DocumentError {
        do throws(DocumentError) {
            try SchemaSnapshot.checkPath(path)
        } catch {
            return error
        }
        let schema = snapshot
        let leaf = (SchemaSnapshot.prefixes(of: path) + [path]).lazy.compactMap { schema.field($0) }.first
        return DocumentError(
            .objectConflict,
            "Could not dynamically add mapping for field [\(path)]. Existing mapping for [\(leaf?.path ?? path)] "
                + "must be of type object but found [\(leaf?.typeName ?? "object")].",
            offset: offset(of: word))
    }

    private func definition(_ field: UInt32) -> FieldDefinition {
        let number = Int(field)
        if number < snapshot.fields.count { return snapshot.fields[number] }
        return newFields[number - snapshot.fields.count]
    }

    /// The value's text, of a long one the beginning.
    private func preview(_ word: JSONWord, _ bytes: RawSpan) -> String {
        switch word.tag {
        case .object: return "{...}"
        case .array: return "[...]"
        default: break
        }
        var text = ByteBuffer()
        let raw = bytes.slice(word.offset, word.count)
        if word.tag == .escapedString { JSONText.unescape(raw, into: &text) } else { text.append(raw) }
        let shown = String(validating: text.bytes) ?? ""
        return shown.utf8.count <= 100 ? shown : String(shown.prefix(100)) + "..."
    }

    private func offset(of word: JSONWord) -> Int? {
        switch word.tag {
        case .object, .array: nil
        default: word.offset
        }
    }

    private static func split(_ path: String) -> (parent: String, name: String) {
        guard let dot = path.lastIndex(of: ".") else { return ("_doc", path) }
        return (String(path[..<dot]), String(path[path.index(after: dot)...]))
    }
}
