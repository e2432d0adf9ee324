package import VarveBytes

/// A mapping as OpenSearch's JSON: what differs from the default is said, nothing else.
extension Mapping {
    package func encode(into buffer: inout ByteBuffer) {
        var members = MemberWriter(&buffer)
        if let dynamic { members.add("dynamic", dynamic.wireName, to: &buffer) }
        if detectsDates == false { members.add("date_detection", false, to: &buffer) }
        if detectsNumbers == true { members.add("numeric_detection", true, to: &buffer) }
        if !properties.isEmpty {
            members.addKey("properties", to: &buffer)
            Self.encode(properties, into: &buffer)
        }
        members.end(&buffer)
    }

    /// The same as text.
    package var json: String {
        var buffer = ByteBuffer()
        encode(into: &buffer)
        return String(validating: buffer.bytes) ?? ""
    }

    fileprivate static func encode(_ properties: [Property], into buffer: inout ByteBuffer) {
        var members = MemberWriter(&buffer)
        for property in properties {
            members.addKey(property.name, to: &buffer)
            property.field.encode(into: &buffer)
        }
        members.end(&buffer)
    }
}

extension FieldMapping {
    fileprivate func encode(into buffer: inout ByteBuffer) {
        var members = MemberWriter(&buffer)
        if kind == .object {
            if let dynamic { members.add("dynamic", dynamic.wireName, to: &buffer) }
            if !isEnabled { members.add("enabled", false, to: &buffer) }
            if properties.isEmpty {
                members.add("type", "object", to: &buffer)
            } else {
                members.addKey("properties", to: &buffer)
                Mapping.encode(properties, into: &buffer)
            }
        } else {
            encodeField(&members, into: &buffer)
        }
        members.end(&buffer)
    }

    private func encodeField(_ members: inout MemberWriter, into buffer: inout ByteBuffer) {
        members.add("type", typeName, to: &buffer)
        if !isIndexed { members.add("index", false, to: &buffer) }
        if !hasColumn && kind != .field(.text) { members.add("doc_values", false, to: &buffer) }
        if let nullValue {
            members.addKey("null_value", to: &buffer)
            encodeNullValue(nullValue, into: &buffer)
        }
        if let format { members.add("format", format, to: &buffer) }
        if let analyzer {
            let key = kind == .field(.text) ? "analyzer" : "normalizer"
            members.add(key, analyzer.name, to: &buffer)
        }
        if let searchAnalyzer { members.add("search_analyzer", searchAnalyzer.name, to: &buffer) }
        if let ignoreAbove {
            members.addKey("ignore_above", to: &buffer)
            buffer.append(utf8: String(ignoreAbove))
        }
        if !copyTo.isEmpty {
            members.addKey("copy_to", to: &buffer)
            for (at, path) in copyTo.enumerated() {
                buffer.append(UInt8(at == 0 ? 0x5B : 0x2C))
                JSONText.appendQuoted(path, to: &buffer)
            }
            buffer.append(UInt8(0x5D))
        }
        if !fields.isEmpty {
            members.addKey("fields", to: &buffer)
            Mapping.encode(fields, into: &buffer)
        }
    }

    /// Numbers and booleans stand bare if they read as such.
    private func encodeNullValue(_ text: String, into buffer: inout ByteBuffer) {
        let isText = kind == .field(.keyword) || kind == .field(.date)
        let bytes = [UInt8](text.utf8)
        if !isText, let value = try? JSONValue(parsing: bytes.rawSpan), value.isNumberOrBoolean {
            buffer.append(utf8: text)
        } else {
            JSONText.appendQuoted(text, to: &buffer)
        }
    }
}

extension JSONValue {
    fileprivate var isNumberOrBoolean: Bool {
        switch self {
        case .boolean, .integer, .real: true
        case .null, .string, .array, .object: false
        }
    }
}

extension Mapping.Dynamic {
    var wireName: String {
        switch self {
        case .on: "true"
        case .off: "false"
        case .strict: "strict"
        }
    }
}

/// Writes the members of one object, with the commas between them.
private struct MemberWriter {
    private var isFirst = true

    init(_ buffer: inout ByteBuffer) { buffer.append(UInt8(0x7B)) }

    mutating func addKey(_ key: String, to buffer: inout ByteBuffer) {
        if !isFirst { buffer.append(UInt8(0x2C)) }
        isFirst = false
        JSONText.appendQuoted(key, to: &buffer)
        buffer.append(UInt8(0x3A))
    }

    mutating func add(_ key: String, _ text: String, to buffer: inout ByteBuffer) {
        addKey(key, to: &buffer)
        JSONText.appendQuoted(text, to: &buffer)
    }

    mutating func add(_ key: String, _ value: Bool, to buffer: inout ByteBuffer) {
        addKey(key, to: &buffer)
        buffer.append(utf8: value ? "true" : "false")
    }

    func end(_ buffer: inout ByteBuffer) { buffer.append(UInt8(0x7D)) }
}
