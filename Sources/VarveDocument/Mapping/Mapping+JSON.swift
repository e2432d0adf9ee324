import VarveBytes

/// A mapping from OpenSearch's JSON. What we do not know or do not do is refused by name, never passed over.
extension Mapping {
    /// Reads `{"dynamic": "strict", "properties": {"name": {"type": "keyword"}}}`.
    package init(json bytes: RawSpan) throws(DocumentError) {
        try self.init(json: JSONValue(parsing: bytes))
    }

    package init(json: JSONValue) throws(DocumentError) {
        guard case .object(let members) = json else {
            throw DocumentError(.invalidMapping, "a mapping is a JSON object")
        }
        self.init()
        for member in members {
            switch member.key {
            case "properties":
                properties = try MappingReader.properties(member.value, below: "", depth: 0)
            case "dynamic": dynamic = try MappingReader.dynamic(member.value, of: "_doc")
            case "date_detection": detectsDates = try MappingReader.boolean(member, of: "_doc")
            case "numeric_detection": detectsNumbers = try MappingReader.boolean(member, of: "_doc")
            default:
                throw DocumentError(
                    .invalidMapping, "Root mapping definition has unsupported parameters:  [\(member.key)]")
            }
        }
    }
}

/// Reads the parts of a mapping; `path` is for messages.
private enum MappingReader {
    static func properties(
        _ json: JSONValue, below prefix: String, depth: Int
    ) throws(DocumentError) -> [Mapping.Property] {
        guard case .object(let members) = json else {
            throw DocumentError(
                .invalidMapping, "Expected map for property [properties] on field [\(prefix)]")
        }
        var found: [Mapping.Property] = []
        for member in members {
            let path = prefix.isEmpty ? member.key : prefix + "." + member.key
            found.append(Mapping.Property(member.key, try field(member.value, path, depth: depth + 1)))
        }
        return found
    }

    private static func field(
        _ json: JSONValue, _ path: String, depth: Int
    ) throws(DocumentError) -> FieldMapping {
        guard case .object(let members) = json else {
            throw DocumentError(.invalidMapping, "Expected map for property [fields] on field [\(path)]")
        }
        var mapping = try kind(members, path)
        for member in members where member.key != "type" {
            if mapping.kind == .object {
                try readObject(member, into: &mapping, path, depth: depth)
            } else {
                try readField(member, into: &mapping, path, depth: depth)
            }
        }
        try checkNullValue(mapping, path)
        return mapping
    }

    private static func kind(
        _ members: [JSONValue.Member], _ path: String
    ) throws(DocumentError) -> FieldMapping {
        guard let type = members.first(where: { $0.key == "type" }) else {
            guard members.allSatisfy({ ["properties", "dynamic", "enabled"].contains($0.key) }) else {
                throw DocumentError(.invalidMapping, "No type specified for field [\(path)]")
            }
            return FieldMapping(.object)
        }
        guard case .string(let name) = type.value else {
            throw DocumentError(.invalidMapping, "No type specified for field [\(path)]")
        }
        switch name {
        case "keyword": return .keyword
        case "text": return .text
        case "long": return .long
        case "integer": return .integer
        case "short": return .short
        case "byte": return .byte
        case "double": return .double
        case "float": return .float
        case "boolean": return .boolean
        case "date": return .date
        case "object": return FieldMapping(.object)
        default:
            throw DocumentError(
                .invalidMapping, "No handler for type [\(name)] declared on field [\(path)]")
        }
    }

    private static func readObject(
        _ member: JSONValue.Member, into mapping: inout FieldMapping, _ path: String, depth: Int
    ) throws(DocumentError) {
        switch member.key {
        case "properties": mapping.properties = try properties(member.value, below: path, depth: depth)
        case "dynamic": mapping.dynamic = try dynamic(member.value, of: path)
        case "enabled": mapping.isEnabled = try boolean(member, of: path)
        default: throw unknown(member.key, path, "object")
        }
    }

    private static func readField(
        _ member: JSONValue.Member, into mapping: inout FieldMapping, _ path: String, depth: Int
    ) throws(DocumentError) {
        let type = mapping.typeName
        switch (member.key, mapping.kind) {
        case ("index", _): mapping.isIndexed = try boolean(member, of: path)
        case ("doc_values", _) where type != "text": mapping.hasColumn = try boolean(member, of: path)
        case ("ignore_above", .field(.keyword)):
            guard case .integer(let limit) = member.value, limit >= 0, limit <= Int32.max else {
                throw DocumentError(
                    .invalidMapping, "[ignore_above] of field [\(path)] must be an integer from 0 on")
            }
            mapping.ignoreAbove = Int(limit)
        case ("format", .field(.date)):
            guard case .string(let names) = member.value, DateFormat(names) != nil else {
                throw DocumentError(
                    .invalidMapping,
                    "Invalid format: [\(member.value.scalarText ?? "")]: unknown to field [\(path)]")
            }
            mapping.format = names == DateFormat.defaultNames ? nil : names
        case ("null_value", _) where type != "text":
            guard let text = member.value.scalarText else {
                throw DocumentError(
                    .invalidMapping, "Property [null_value] of field [\(path)] must be a value")
            }
            mapping.nullValue = text
        case ("analyzer", .field(.text)):
            let chosen = try analyzer(member, of: path)
            mapping.analyzer = chosen == .standard ? nil : chosen
        case ("search_analyzer", .field(.text)): mapping.searchAnalyzer = try analyzer(member, of: path)
        case ("normalizer", .field(.keyword)):
            guard case .string("lowercase") = member.value else {
                throw DocumentError(
                    .invalidMapping,
                    "normalizer [\(member.value.scalarText ?? "")] not found for field [\(path)]")
            }
            mapping.analyzer = .lowercase
        case ("copy_to", _): mapping.copyTo = try paths(member, of: path)
        case ("fields", _):
            mapping.fields = try properties(member.value, below: path, depth: depth)
        default: throw unknown(member.key, path, type)
        }
    }

    private static func paths(
        _ member: JSONValue.Member, of path: String
    ) throws(DocumentError) -> [String] {
        var found: [String] = []
        let elements = if case .array(let elements) = member.value { elements } else { [member.value] }
        for element in elements {
            guard case .string(let target) = element, target != path, !found.contains(target) else {
                throw DocumentError(
                    .invalidMapping, "[\(member.key)] of field [\(path)] names other fields, each once")
            }
            found.append(target)
        }
        return found
    }

    /// A null value that its own type refuses would make every null an error.
    private static func checkNullValue(_ mapping: FieldMapping, _ path: String) throws(DocumentError) {
        guard let text = mapping.nullValue, case .field(let type) = mapping.kind else { return }
        var sink = ValueSink()
        let bytes = [UInt8](text.utf8)
        do throws(ValueRule) {
            let binding = FieldBinding(mapping.definition(path, type), number: 0)
            try sink.takeString(bytes.rawSpan, isASCII: false, binding)
        } catch {
            throw DocumentError(
                .invalidMapping,
                "null_value [\(text)] does not fit field [\(path)] of type [\(mapping.typeName)]")
        }
    }

    private static func analyzer(
        _ member: JSONValue.Member, of path: String
    ) throws(DocumentError) -> Analyzer {
        let name = member.value.scalarText ?? ""
        guard let analyzer = Analyzer(analyzer: name) else {
            throw DocumentError(
                .invalidMapping, "analyzer [\(name)] has not been configured in mappings")
        }
        return analyzer
    }

    static func dynamic(_ json: JSONValue, of path: String) throws(DocumentError) -> Mapping.Dynamic {
        switch json {
        case .boolean(true), .string("true"): return .on
        case .boolean(false), .string("false"): return .off
        case .string("strict"): return .strict
        default:
            throw DocumentError(
                .invalidMapping,
                "[dynamic] of [\(path)] is true, false or strict, not [\(json.scalarText ?? "")]")
        }
    }

    static func boolean(_ member: JSONValue.Member, of path: String) throws(DocumentError) -> Bool {
        switch member.value {
        case .boolean(let value): return value
        case .string("true"): return true
        case .string("false"): return false
        default:
            throw DocumentError(.invalidMapping, "[\(member.key)] of [\(path)] is true or false")
        }
    }

    private static func unknown(_ parameter: String, _ path: String, _ type: String) -> DocumentError {
        DocumentError(
            .invalidMapping, "unknown parameter [\(parameter)] on mapper [\(path)] of type [\(type)]")
    }
}

extension FieldMapping {
    /// The type's name on the wire.
    var typeName: String {
        switch kind {
        case .object: "object"
        case .field(let type): definition("", type).typeName
        }
    }
}

extension JSONValue {
    /// What a number, string or boolean says as text.
    fileprivate var scalarText: String? {
        switch self {
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .string(let text): text
        case .null, .array, .object: nil
        }
    }
}
