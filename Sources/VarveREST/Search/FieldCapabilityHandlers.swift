import Varve
import VarveDocument

/// `_field_caps`: what fields are in several indices, and what can be done with them.
enum FieldCapabilityHandlers {
    static let parameters = "fields include_unmapped " + IndexOptions.parameters

    /// What one type of a field is like in the indices that have it.
    private struct Capability {
        var isMetadata = false
        var indices: [String] = []
        var notSearchable: [String] = []
        var notAggregatable: [String] = []
    }

    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let patterns = try patterns(call)
        let indices = try call.indices(call.parameters["index"], IndexOptions(call.parameters))
        var fields: [String: [String: Capability]] = [:]
        for index in indices {
            for field in Self.fields(of: index)
            where patterns.contains(where: { Wildcard.matches(field.path, $0) }) {
                var capability = fields[field.path]?[field.type] ?? Capability()
                capability.isMetadata = field.path == field.type
                capability.indices.append(index.name)
                if !field.isSearchable { capability.notSearchable.append(index.name) }
                if !field.isAggregatable { capability.notAggregatable.append(index.name) }
                fields[field.path, default: [:]][field.type] = capability
            }
        }
        if try call.parameters.boolean("include_unmapped") { addUnmapped(&fields, indices.map(\.name)) }
        var json = JSONWriter()
        json.beginObject()
        write("indices", indices.map(\.name), to: &json)
        json.key("fields")
        json.beginObject()
        for (path, types) in fields.sorted(by: { $0.key < $1.key }) {
            json.key(path)
            json.beginObject()
            for (type, capability) in types.sorted(by: { $0.key < $1.key }) {
                json.key(type)
                write(type, capability, isOneOfSeveral: types.count > 1, to: &json)
            }
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return .json(200, json)
    }

    private static func patterns(_ call: Call) throws(RESTError) -> [String] {
        var patterns = call.parameters.list("fields") ?? []
        if let body = try call.json() {
            for member in body.root.members ?? [] {
                switch member.key {
                case "fields":
                    patterns += (member.value.elements ?? [member.value]).compactMap(\.string)
                case "index_filter" where member.value["match_all"] != nil: break
                default:
                    throw QueryReader(body).parsing(
                        "[\(member.key)] of [field_caps] is not supported", at: member.value.start)
                }
            }
        }
        if patterns.isEmpty { throw .validation("no fields specified") }
        return patterns
    }

    private static func fields(
        of index: Index
    ) -> [(path: String, type: String, isSearchable: Bool, isAggregatable: Bool)] {
        var found: [(path: String, type: String, isSearchable: Bool, isAggregatable: Bool)] = [
            ("_id", "_id", true, false)
        ]
        let fields = index.fields
        var objects = Set<String>()
        for field in fields {
            let isSearchable = field.isIndexed || field.hasColumn
            found.append((field.path, field.typeName, isSearchable, field.hasColumn))
            var path = Substring(field.copies ?? field.path)
            while let dot = path.lastIndex(of: ".") {
                path = path[..<dot]
                objects.insert(String(path))
            }
        }
        for field in fields { objects.remove(field.path) }
        for path in objects { found.append((path, "object", false, false)) }
        return found
    }

    private static func addUnmapped(_ fields: inout [String: [String: Capability]], _ indices: [String]) {
        for (path, types) in fields {
            let known = Set(types.values.flatMap(\.indices))
            let rest = indices.filter { !known.contains($0) }
            if rest.isEmpty { continue }
            var capability = Capability()
            capability.indices = rest
            capability.notSearchable = rest
            capability.notAggregatable = rest
            fields[path]?["unmapped"] = capability
        }
    }

    /// Indices are named only where they differ.
    private static func write(
        _ type: String, _ capability: Capability, isOneOfSeveral: Bool, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.add("type", type)
        json.add("searchable", capability.notSearchable.isEmpty)
        json.add("aggregatable", capability.notAggregatable.isEmpty)
        if isOneOfSeveral { write("indices", capability.indices, to: &json) }
        let count = capability.indices.count
        if (1..<count).contains(capability.notSearchable.count) {
            write("non_searchable_indices", capability.notSearchable, to: &json)
        }
        if (1..<count).contains(capability.notAggregatable.count) {
            write("non_aggregatable_indices", capability.notAggregatable, to: &json)
        }
        json.endObject()
    }

    private static func write(_ name: String, _ texts: [String], to json: inout JSONWriter) {
        json.key(name)
        json.beginArray()
        for text in texts { json.value(text) }
        json.endArray()
    }
}
