import Varve

/// The settings of an index: kept as they were given, flat and as strings.
enum IndexSettings {
    static let known: Set<String> = [
        "index.number_of_shards", "index.number_of_replicas", "index.refresh_interval",
        "index.max_result_window", "index.max_slices_per_pit", "index.max_terms_count",
        "index.mapping.total_fields.limit", "index.mapping.depth.limit", "index.hidden",
        "index.translog.durability", "index.translog.sync_interval", "index.gc_deletes",
        "index.blocks.write", "index.blocks.read_only", "index.auto_expand_replicas", "index.codec",
    ]

    /// Flattens `{"index": {"number_of_shards": 2}}`, `{"number_of_shards": 2}` and dotted forms.
    static func read(_ node: JSONNode) throws(RESTError) -> [(key: String, value: String)] {
        guard node.members != nil else {
            throw RESTError(400, "parse_exception", "key [settings] must be an object")
        }
        var found: [(key: String, value: String)] = []
        try flatten(node, "", into: &found)
        for setting in found where !known.contains(setting.key) {
            throw .illegalArgument(
                "unknown setting [\(setting.key)] please check that any required plugins are installed, "
                    + "or check the breaking changes documentation for removed settings")
        }
        for key in ["index.number_of_replicas", "index.max_result_window"] {
            if let text = found.last(where: { $0.key == key })?.value { _ = try integer(text, key) }
        }
        return found
    }

    private static func flatten(
        _ node: JSONNode, _ prefix: String, into found: inout [(key: String, value: String)]
    ) throws(RESTError) {
        for member in node.members ?? [] {
            let path = prefix.isEmpty ? member.key : prefix + "." + member.key
            if member.value.members != nil {
                try flatten(member.value, path, into: &found)
            } else if let text = member.value.scalarText {
                found.append((path.hasPrefix("index.") ? path : "index." + path, text))
            } else if !member.value.isNull {
                throw .illegalArgument("setting [\(path)] must be a value")
            }
        }
    }

    static func shardCount(_ settings: [(key: String, value: String)]) throws(RESTError) -> Int {
        let key = "index.number_of_shards"
        guard let text = settings.last(where: { $0.key == key })?.value else { return 1 }
        let count = try integer(text, key)
        guard count >= 1 else {
            throw .illegalArgument("Failed to parse value [\(text)] for setting [\(key)] must be >= 1")
        }
        guard count <= 1_024 else {
            throw .illegalArgument("Failed to parse value [\(text)] for setting [\(key)] must be <= 1024")
        }
        return count
    }

    private static func integer(_ text: String, _ key: String) throws(RESTError) -> Int {
        guard let number = Int(text) else {
            throw .illegalArgument(
                "Failed to parse value [\(text)] for setting [\(key)]",
                cause: ErrorDetail("number_format_exception", "For input string: \"\(text)\""))
        }
        guard number >= 0 else {
            throw .illegalArgument("Failed to parse value [\(text)] for setting [\(key)] must be >= 0")
        }
        return number
    }

    /// All settings as strings, nested or flat.
    static func write(_ index: Index, isFlat: Bool, to json: inout JSONWriter) {
        var values: [(path: [Substring], value: String)] = []
        func add(_ key: String, _ value: String) {
            values.removeAll { $0.path.joined(separator: ".") == key }
            values.append((key.split(separator: "."), value))
        }
        add("index.number_of_shards", String(index.shardCount))
        add("index.number_of_replicas", "1")
        for setting in index.settings { add(setting.key, setting.value) }
        add("index.creation_date", String(index.createdAt))
        add("index.uuid", index.wireUUID)
        add("index.version.created", "137257827")
        add("index.provided_name", index.name)
        if isFlat {
            json.beginObject()
            for value in values.sorted(by: { $0.path.joined(separator: ".") < $1.path.joined(separator: ".") }
            ) {
                json.add(value.path.joined(separator: "."), value.value)
            }
            json.endObject()
        } else {
            write(values[...], depth: 0, to: &json)
        }
    }

    private static func write(
        _ values: ArraySlice<(path: [Substring], value: String)>, depth: Int, to json: inout JSONWriter
    ) {
        json.beginObject()
        var done: Set<Substring> = []
        for value in values where done.insert(value.path[depth]).inserted {
            json.key(String(value.path[depth]))
            if value.path.count == depth + 1 {
                json.value(value.value)
            } else {
                let below = values.filter { $0.path.count > depth + 1 && $0.path[depth] == value.path[depth] }
                write(below[...], depth: depth + 1, to: &json)
            }
        }
        json.endObject()
    }
}
