import Varve

/// `_settings` of indices.
enum SettingsHandlers {
    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let indices = try call.indices(
            call.parameters["index"], IndexOptions(call.parameters, over: .administrative))
        let isFlat = try call.parameters.boolean("flat_settings")
        let showsDefaults = try call.parameters.boolean("include_defaults")
        let patterns = call.parameters.list("name")?.map { $0 == "_all" ? "*" : $0 }
        var json = JSONWriter()
        json.beginObject()
        for index in indices {
            try IndexBlock.check(index, .readMetadata)
            json.key(index.name)
            json.beginObject()
            json.key("settings")
            IndexSettings.write(index, isFlat: isFlat, to: &json) { key in
                patterns?.contains { Wildcard.matches(key, $0) } ?? true
            }
            if showsDefaults {
                json.key("defaults")
                IndexSettings.writeDefaults(index, isFlat: isFlat, to: &json)
            }
            json.endObject()
        }
        json.endObject()
        return .json(200, json)
    }

    static func put(_ call: Call) async throws(RESTError) -> RESTResponse {
        guard let body = try call.json() else { throw .validation("no settings to update") }
        let root = body.root.members?.count == 1 ? body.root["settings"] ?? body.root : body.root
        let changes = try IndexSettings.read(root)
        if changes.isEmpty { throw .validation("no settings to update") }
        let indices = try call.indices(
            call.parameters["index"], IndexOptions(call.parameters, over: .administrative))
        for index in indices {
            // A block can be lifted while it is in force.
            if changes.contains(where: { !$0.key.hasPrefix("index.blocks.") }) {
                try IndexBlock.check(index, .changeMetadata)
            }
            try IndexSettings.check(changes, of: index)
        }
        let preserves = try call.parameters.boolean("preserve_existing")
        var plans: [(Index, IndexSettings.Changes, IngestionSettings?)] = []
        for index in indices {
            let known = Set(index.settings.map(\.key))
            var wanted = preserves ? changes.filter { !known.contains($0.key) } : changes
            let plan = try IngestionChanges.plan(wanted, of: index)
            if let plan { wanted.append(plan.kept) }
            plans.append((index, wanted, plan?.settings))
        }
        for (index, wanted, settings) in plans {
            do { try await call.store.changeSettings(of: [index], wanted) } catch { throw RESTError(error) }
            try await IngestionChanges.apply(wanted, settings, to: index)
        }
        return .acknowledged
    }
}
