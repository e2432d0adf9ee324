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
        if call.store.aliases[name] != nil { throw taken(name) }
        let definition = try IndexDefinition(call)
        let ingestion = try IngestionChanges.initial(definition.settings, call.store)
        let index: Index
        do {
            index = try await call.store.createIndex(
                name, mapping: definition.mapping, shards: IndexSettings.shardCount(definition.settings),
                settings: definition.settings + ingestion, aliases: definition.aliases)
        } catch {
            if let index = try? call.store.index(name) { throw exists(index) }
            throw RESTError(error)
        }
        if !ingestion.isEmpty {
            call.service.warmUp.begin(index)
            await IngestionChanges.start(index)
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

    private static func taken(_ name: String) -> RESTError {
        RESTError(
            400,
            ErrorDetail(
                "invalid_index_name_exception", "Invalid index name [\(name)], already exists as alias",
                extra: [.init("index", .string(name)), .init("index_uuid", .string("_na_"))]))
    }

    // MARK: Showing and removing

    static func exists(_ call: Call) async throws(RESTError) -> RESTResponse {
        let options = try IndexOptions(call.parameters, over: .administrative)
        guard let found = try? call.indices(call.segment("index"), options) else { return .head(404) }
        if found.isEmpty && !call.segment("index").contains("*") { return .head(404) }
        return try await get(call)
    }

    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let indices = try call.indices(
            call.segment("index"), IndexOptions(call.parameters, over: .administrative))
        let aliases = AliasTable(call.store)
        let isFlat = try call.parameters.boolean("flat_settings")
        let showsDefaults = try call.parameters.boolean("include_defaults")
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        for index in indices {
            json.key(index.name)
            json.beginObject()
            json.key("aliases")
            aliases.write(index, to: &json)
            json.key("mappings")
            MappingHandlers.write(index.mapping, to: &json)
            json.key("settings")
            IndexSettings.write(index, isFlat: isFlat, to: &json)
            if showsDefaults {
                json.key("defaults")
                IndexSettings.writeDefaults(index, isFlat: isFlat, to: &json)
            }
            json.endObject()
        }
        json.endObject()
        return .json(200, json)
    }

    static func delete(_ call: Call) async throws(RESTError) -> RESTResponse {
        var options = try IndexOptions(call.parameters, over: .administrative)
        options.allowsAliases = false
        try call.service.settings.checkDestruction(of: call.segment("index"))
        let indices = try call.indices(call.segment("index"), options)
        for index in indices { try IndexBlock.check(index, .delete) }
        for index in indices {
            do { try await call.store.deleteIndex(index.name) } catch {
                if error.kind == .notFound { throw IndexNames.missing(index.name) }
                throw RESTError(error)
            }
        }
        return .acknowledged
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
        let isExpunging = try call.parameters.boolean("only_expunge_deletes")
        if isExpunging && call.parameters.has("max_num_segments") {
            throw .validation(
                "cannot set only_expunge_deletes and max_num_segments at the same time, those two "
                    + "parameters are mutually exclusive")
        }
        if isExpunging {
            throw .illegalArgument("[only_expunge_deletes] is not supported: merge to a number")
        }
        _ = try call.parameters.boolean("flush", default: true)
        guard try call.parameters.boolean("wait_for_completion", default: true) else {
            throw .illegalArgument(
                "[wait_for_completion=false] is not supported: there are no tasks to ask for")
        }
        return try await each(call) { (index) async throws(VarveError) in
            try await index.merge(toAtMost: segments < 1 ? 1 : segments)
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
