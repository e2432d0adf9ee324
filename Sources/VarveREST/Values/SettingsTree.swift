/// Settings between their two forms: dotted keys, and objects within objects.
struct SettingsTree {
    private let values: [(path: [Substring], value: String)]

    /// - Parameter settings: By dotted key, each once.
    init(_ settings: [(key: String, value: String)]) {
        values = settings.sorted { $0.key < $1.key }.map { ($0.key.split(separator: "."), $0.value) }
    }

    func write(isFlat: Bool, to json: inout JSONWriter) {
        guard isFlat else { return Self.write(values[...], depth: 0, to: &json) }
        json.beginObject()
        for value in values { json.add(value.path.joined(separator: "."), value.value) }
        json.endObject()
    }

    private static func write(
        _ values: ArraySlice<(path: [Substring], value: String)>, depth: Int, to json: inout JSONWriter
    ) {
        json.beginObject()
        var done: Set<Substring> = []
        for value in values where done.insert(value.path[depth]).inserted {
            let below = values.filter { $0.path.count > depth + 1 && $0.path[depth] == value.path[depth] }
            if value.path.count == depth + 1 { json.add(String(value.path[depth]), value.value) }
            if below.isEmpty { continue }
            if value.path.count == depth + 1 {
                // A key that is a value and has values below it: those keep their dots.
                for inner in below { json.add(inner.path[depth...].joined(separator: "."), inner.value) }
            } else {
                json.key(String(value.path[depth]))
                write(below[...], depth: depth + 1, to: &json)
            }
        }
        json.endObject()
    }

    /// Flattens `{"a": {"b": 2}}` and `{"a.b": 2}` alike; a null removes.
    static func changes(_ node: JSONNode) throws(RESTError) -> [(key: String, value: String?)] {
        var found: [(key: String, value: String?)] = []
        try flatten(node, "", into: &found)
        return found
    }

    private static func flatten(
        _ node: JSONNode, _ prefix: String, into found: inout [(key: String, value: String?)]
    ) throws(RESTError) {
        guard let members = node.members else {
            throw RESTError(400, "parse_exception", "settings must be an object")
        }
        for member in members {
            let path = prefix.isEmpty ? member.key : prefix + "." + member.key
            if member.value.members != nil {
                try flatten(member.value, path, into: &found)
            } else if let elements = member.value.elements {
                found.append((path, elements.compactMap(\.scalarText).joined(separator: ",")))
            } else {
                found.append((path, member.value.scalarText))
            }
        }
    }
}
