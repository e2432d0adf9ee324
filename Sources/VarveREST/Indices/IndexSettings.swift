import Varve
import VarveIngest

/// The settings of an index: kept as they were given, flat and as strings.
enum IndexSettings {
    typealias Changes = [(key: String, value: String?)]

    /// Reads `{"index": {"number_of_shards": 2}}`, `{"number_of_shards": 2}` and dotted forms, and checks each.
    static func read(_ node: JSONNode) throws(RESTError) -> Changes {
        guard node.members != nil else {
            throw RESTError(400, "parse_exception", "key [settings] must be an object")
        }
        var found: Changes = []
        for change in try SettingsTree.changes(node) {
            let key = change.key.hasPrefix("index.") ? change.key : "index." + change.key
            guard let setting = IndexSetting.find(key) else {
                if ["index.uuid", "index.creation_date", "index.provided_name", "index.version.created"]
                    .contains(key)
                {
                    throw .illegalArgument("private index setting [\(key)] can not be set explicitly")
                }
                throw IndexSetting.unknown(key)
            }
            if let value = change.value { try setting.check(value) }
            found.removeAll { $0.key == key }
            found.append((key, change.value))
        }
        return found
    }

    /// Those that say something, for a new index.
    static func given(_ changes: Changes) -> [(key: String, value: String)] {
        changes.compactMap { change in change.value.map { (change.key, $0) } }
    }

    static func shardCount(_ settings: [(key: String, value: String)]) -> Int {
        settings.last { $0.key == "index.number_of_shards" }.flatMap { Int($0.value) } ?? 1
    }

    /// Throws if one of the changes may not be made to an index as it is.
    static func check(_ changes: Changes, of index: Index) throws(RESTError) {
        for change in changes where IndexSetting.find(change.key)?.isFinal == true {
            throw .illegalArgument("final \(index.name) setting [\(change.key)], not updateable")
        }
        let fixed = changes.filter { IndexSetting.find($0.key)?.isDynamic == false }.map(\.key).sorted()
        if fixed.isEmpty || !index.isOpen { return }
        throw .illegalArgument(
            "Can't update non dynamic settings [[\(fixed.joined(separator: ", "))]] for open indices "
                + "[[\(index.name)/\(index.wireUUID)]]")
    }

    /// All settings of an index as strings, nested or flat.
    ///
    /// - Parameter isShown: Chooses among the keys.
    static func write(
        _ index: Index, isFlat: Bool, to json: inout JSONWriter,
        where isShown: (String) -> Bool = { _ in true }
    ) {
        var values: [String: String] = [
            "index.number_of_shards": String(index.shardCount), "index.number_of_replicas": "1",
            "index.creation_date": String(index.createdAt), "index.uuid": index.wireUUID,
            "index.version.created": "137257827", "index.provided_name": index.name,
        ]
        for setting in index.settings where setting.key.hasPrefix("index.") {
            values[setting.key] = SecretParameter.shown(setting)
        }
        let shown = values.filter { isShown($0.key) }.map { (key: $0.key, value: $0.value) }
        SettingsTree(shown).write(isFlat: isFlat, to: &json)
    }

    static func writeDefaults(_ index: Index, isFlat: Bool, to json: inout JSONWriter) {
        let given = Set(index.settings.map(\.key))
        let implied: Set<String> = ["index.number_of_shards", "index.number_of_replicas"]
        let defaults = IndexSetting.all.filter { !given.contains($0.key) && !implied.contains($0.key) }
        SettingsTree(defaults.map { ($0.key, $0.standard) }).write(isFlat: isFlat, to: &json)
    }
}
