import Varve
import VarveBytes
import VarveDocument

/// Making, showing and removing indices, and what applies to whole indices.
enum IndexHandlers {
    // MARK: Making

    static func create(_ call: Call) async throws(RESTError) -> RESTResponse {
        let name = call.segment("index")
        try IndexNames.check(name)
        if let index = try? call.store.index(name) { throw exists(index) }
        var mapping = Mapping()
        var settings: [(key: String, value: String)] = []
        if let body = try call.json() {
            guard let members = body.root.members else {
                throw RESTError(400, "parse_exception", "request body is required to be an object")
            }
            for member in members {
                switch member.key {
                case "mappings": mapping = try readMapping(body, member.value)
                case "settings": settings = try IndexSettings.read(member.value)
                case "aliases" where member.value.members?.isEmpty == true: break
                case "aliases": throw .illegalArgument("aliases are not supported")
                default:
                    throw RESTError(
                        400, "parse_exception", "unknown key [\(member.key)] for create index")
                }
            }
        }
        let shards = try IndexSettings.shardCount(settings)
        do {
            _ = try await call.store.createIndex(name, mapping: mapping, shards: shards, settings: settings)
        } catch {
            if let index = try? call.store.index(name) { throw exists(index) }
            throw RESTError(error)
        }
        var json = JSONWriter()
        json.beginObject()
        json.add("acknowledged", true)
        json.add("shards_acknowledged", true)
        json.add("index", name)
        json.endObject()
        return .json(200, json)
    }

    private static func exists(_ index: Index) -> RESTError {
        RESTError(
            400,
            ErrorDetail(
                "resource_already_exists_exception", "index [\(index.name)/\(index.wireUUID)] already exists",
                extra: [
                    .init("index", .string(index.name)), .init("index_uuid", .string(index.wireUUID)),
                ]))
    }

    private static func readMapping(_ body: JSONBody, _ node: JSONNode) throws(RESTError) -> Mapping {
        let bytes = Array(body.text(of: node))
        do { return try Mapping(json: bytes.rawSpan) } catch { throw RESTError(error) }
    }

    // MARK: Showing and removing

    static func exists(_ call: Call) async throws(RESTError) -> RESTResponse {
        let options = try IndexOptions(call.parameters)
        guard let found = try? call.indices(call.segment("index"), options) else { return .head(404) }
        if found.isEmpty && !call.segment("index").contains("*") { return .head(404) }
        return try await get(call)
    }

    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let indices = try call.indices(call.segment("index"), IndexOptions(call.parameters))
        let isFlat = try call.parameters.boolean("flat_settings")
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        for index in indices {
            json.key(index.name)
            json.beginObject()
            json.addEmptyObject("aliases")
            json.key("mappings")
            write(index.mapping, to: &json)
            json.key("settings")
            IndexSettings.write(index, isFlat: isFlat, to: &json)
            json.endObject()
        }
        json.endObject()
        return .json(200, json)
    }

    static func delete(_ call: Call) async throws(RESTError) -> RESTResponse {
        let options = try IndexOptions(call.parameters)
        for index in try call.indices(call.segment("index"), options) {
            do { try await call.store.deleteIndex(index.name) } catch {
                if error.kind == .notFound { throw IndexNames.missing(index.name) }
                throw RESTError(error)
            }
        }
        return .acknowledged
    }

    // MARK: Mapping and settings

    static func getMapping(_ call: Call) async throws(RESTError) -> RESTResponse {
        let indices = try call.indices(call.parameters["index"], IndexOptions(call.parameters))
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        for index in indices {
            json.key(index.name)
            json.beginObject()
            json.key("mappings")
            write(index.mapping, to: &json)
            json.endObject()
        }
        json.endObject()
        return .json(200, json)
    }

    static func putMapping(_ call: Call) async throws(RESTError) -> RESTResponse {
        guard let body = try call.json() else { throw .validation("mapping source is empty") }
        let mapping = try readMapping(body, body.root)
        for index in try call.indices(call.segment("index"), IndexOptions(call.parameters)) {
            do { try await index.extendMapping(mapping) } catch { throw RESTError(error) }
        }
        return .acknowledged
    }

    /// Properties by name, as OpenSearch shows them; what is the default is not said.
    private static func write(_ mapping: Mapping, to json: inout JSONWriter) {
        var shown = mapping
        if shown.dynamic == .on { shown.dynamic = nil }
        shown.properties = sorted(shown.properties)
        json.raw(Array(shown.json.utf8))
    }

    private static func sorted(_ properties: [Mapping.Property]) -> [Mapping.Property] {
        properties.map { property in
            var copy = property
            copy.field.properties = sorted(copy.field.properties)
            return copy
        }.sorted { $0.name < $1.name }
    }

    static func getSettings(_ call: Call) async throws(RESTError) -> RESTResponse {
        let indices = try call.indices(call.parameters["index"], IndexOptions(call.parameters))
        let isFlat = try call.parameters.boolean("flat_settings")
        var json = JSONWriter()
        json.beginObject()
        for index in indices {
            json.key(index.name)
            json.beginObject()
            json.key("settings")
            IndexSettings.write(index, isFlat: isFlat, to: &json)
            json.endObject()
        }
        json.endObject()
        return .json(200, json)
    }

    // MARK: Maintenance

    static func refresh(_ call: Call) async throws(RESTError) -> RESTResponse {
        try await each(call) { (index) async throws(VarveError) in try await index.refresh() }
    }

    static func flush(_ call: Call) async throws(RESTError) -> RESTResponse {
        try await each(call) { (index) async throws(VarveError) in try await index.flush() }
    }

    static func forceMerge(_ call: Call) async throws(RESTError) -> RESTResponse {
        let segments = try call.parameters.integer("max_num_segments") ?? 1
        return try await each(call) { (index) async throws(VarveError) in
            try await index.merge(toAtMost: max(1, segments))
        }
    }

    private static func each(
        _ call: Call, _ body: (Index) async throws(VarveError) -> Void
    ) async throws(RESTError) -> RESTResponse {
        var (total, successful) = (0, 0)
        for index in try call.indices(call.parameters["index"], IndexOptions(call.parameters)) {
            do { try await body(index) } catch { throw RESTError(error) }
            successful += index.shardCount
            total += index.shardCount * (1 + index.replicaCount)
        }
        var json = JSONWriter()
        json.beginObject()
        json.addShards(total: total, successful: successful)
        json.endObject()
        return .json(200, json)
    }
}
