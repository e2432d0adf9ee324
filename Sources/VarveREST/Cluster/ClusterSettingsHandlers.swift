import Varve

/// `/_cluster/settings`.
enum ClusterSettingsHandlers {
    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let settings = call.service.settings
        let isFlat = try call.parameters.boolean("flat_settings")
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("persistent")
        SettingsTree(settings.persistentValues).write(isFlat: isFlat, to: &json)
        json.key("transient")
        SettingsTree(settings.transientValues).write(isFlat: isFlat, to: &json)
        if try call.parameters.boolean("include_defaults") {
            let defaults = ClusterSetting.all.filter { settings.given($0.key) == nil }
            json.key("defaults")
            SettingsTree(defaults.map { ($0.key, $0.standard) }).write(isFlat: isFlat, to: &json)
        }
        json.endObject()
        return .json(200, json)
    }

    static func put(_ call: Call) async throws(RESTError) -> RESTResponse {
        let isFlat = try call.parameters.boolean("flat_settings")
        guard let body = try call.json() else { throw .validation("no settings to update") }
        var persistent: ClusterSettings.Changes = []
        var transient: ClusterSettings.Changes = []
        for member in body.root.members ?? [] {
            switch member.key {
            case "persistent": persistent = try SettingsTree.changes(member.value)
            case "transient": transient = try SettingsTree.changes(member.value)
            default:
                let (line, column) = body.position(of: body.keyStart(of: member.value))
                throw RESTError(
                    400, "x_content_parse_exception",
                    "[\(line):\(column)] [cluster_update_settings_request] unknown field [\(member.key)]"
                        + Suggestion.text(for: member.key, among: ["persistent", "transient"]))
            }
        }
        if persistent.isEmpty && transient.isEmpty { throw .validation("no settings to update") }
        try await call.service.settings.change(persistent: persistent, transient: transient)
        var json = JSONWriter()
        json.beginObject()
        json.add("acknowledged", true)
        for (name, changes) in [("persistent", persistent), ("transient", transient)] {
            json.key(name)
            let set = changes.compactMap { change in change.value.map { (change.key, $0) } }
            SettingsTree(set).write(isFlat: isFlat, to: &json)
        }
        json.endObject()
        return .json(200, json)
    }
}
