import Varve
import VarveDocument

/// `_mapping`: of whole indices and of single fields.
enum MappingHandlers {
    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let indices = try call.indices(
            call.parameters["index"], IndexOptions(call.parameters, over: .administrative))
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        for index in indices {
            try IndexBlock.check(index, .readMetadata)
            json.key(index.name)
            json.beginObject()
            json.key("mappings")
            write(index.mapping, to: &json)
            json.endObject()
        }
        json.endObject()
        return .json(200, json)
    }

    static func put(_ call: Call) async throws(RESTError) -> RESTResponse {
        guard let body = try call.json() else { throw .validation("mapping source is empty") }
        let mapping = try read(body, body.root)
        let name = call.segment("index")
        var indices = try call.indices(name, IndexOptions(call.parameters, over: .administrative))
        if try call.parameters.boolean("write_index_only"), call.store.aliases[name] != nil {
            indices = [try await call.target(name, routing: nil, requiresAlias: true).index]
        }
        for index in indices { try IndexBlock.check(index, .changeMetadata) }
        for index in indices {
            do { try await index.extendMapping(mapping) } catch { throw RESTError(error) }
        }
        return .acknowledged
    }

    static func read(_ body: JSONBody, _ node: JSONNode) throws(RESTError) -> Mapping {
        let bytes = Array(body.text(of: node))
        do { return try Mapping(json: bytes.rawSpan) } catch { throw RESTError(error) }
    }

    /// Properties by name, as OpenSearch shows them; what is the default is not said.
    static func write(_ mapping: Mapping, to json: inout JSONWriter) {
        var shown = mapping
        if shown.dynamic == .on { shown.dynamic = nil }
        if shown.detectsDates == true { shown.detectsDates = nil }
        if shown.detectsNumbers == false { shown.detectsNumbers = nil }
        shown.properties = sorted(shown.properties.filter { $0.name != SchemaSnapshot.routingPath })
        json.raw(Array(shown.json.utf8))
    }

    private static func sorted(_ properties: [Mapping.Property]) -> [Mapping.Property] {
        properties.map { property in
            var copy = property
            copy.field.properties = sorted(copy.field.properties)
            return copy
        }.sorted { $0.name < $1.name }
    }

    // MARK: Single fields

    static func fields(_ call: Call) async throws(RESTError) -> RESTResponse {
        let indices = try call.indices(
            call.parameters["index"], IndexOptions(call.parameters, over: .administrative))
        let patterns = call.parameters.list("fields") ?? []
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        for index in indices {
            json.key(index.name)
            json.beginObject()
            json.key("mappings")
            json.beginObject()
            let all = flat(index.mapping.properties, below: "")
            for field in all.sorted(by: { $0.path < $1.path })
            where patterns.contains(where: { Wildcard.matches(field.path, $0) }) {
                json.key(field.path)
                json.beginObject()
                json.add("full_name", field.path)
                json.key("mapping")
                json.raw(try text(of: field.property))
                json.endObject()
            }
            json.endObject()
            json.endObject()
        }
        json.endObject()
        return .json(200, json)
    }

    /// The fields with their multi-fields, without the objects around them.
    private static func flat(
        _ properties: [Mapping.Property], below prefix: String
    ) -> [(path: String, property: Mapping.Property)] {
        properties.flatMap { property -> [(path: String, property: Mapping.Property)] in
            let path = prefix.isEmpty ? property.name : prefix + "." + property.name
            if path == SchemaSnapshot.routingPath { return [] }
            if property.field.kind == .object { return flat(property.field.properties, below: path) }
            return [(path, property)] + flat(property.field.fields, below: path)
        }
    }

    /// `{"name": {"type": …}}`.
    private static func text(of property: Mapping.Property) throws(RESTError) -> [UInt8] {
        do {
            let body = try JSONBody(Array(Mapping([property]).json.utf8))
            return body.root["properties"].map { Array(body.text(of: $0)) } ?? Array("{}".utf8)
        } catch { throw RESTError(error) }
    }
}
