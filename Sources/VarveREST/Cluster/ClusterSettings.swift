import Varve
import VarveBytes
import VarveEngine

/// The settings of the cluster as they are now: transient ones, which end with the process, before persistent ones,
/// which the catalog keeps, before the defaults.
final class ClusterSettings: Sendable {
    typealias Changes = [(key: String, value: String?)]

    private let store: Store
    private let transient = Locked<[String: String]>([:])
    /// What holds while no setting says otherwise: what the store was opened with.
    private let limits: PointInTimeLimits

    init(_ store: Store) {
        self.store = store
        limits = store.limits
        apply()
    }

    var transientValues: [(key: String, value: String)] {
        transient.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    var persistentValues: [(key: String, value: String)] { store.settings }

    /// What was said of a setting; nil if nothing was.
    func given(_ key: String) -> String? {
        transient.withLock { $0[key] } ?? store.settings.first { $0.key == key }?.value
    }

    func value(_ key: String) -> String { given(key) ?? ClusterSetting.find(key)?.standard ?? "" }

    func time(_ key: String) -> TimeValue {
        (try? TimeValue(value(key), setting: key)) ?? TimeValue(milliseconds: 0)
    }

    func integer(_ key: String) -> Int { Int(value(key)) ?? .max }
    func boolean(_ key: String) -> Bool { value(key) == "true" }

    // MARK: Changing

    /// Checks all of it, then makes the changes.
    func change(persistent: Changes, transient changes: Changes) async throws(RESTError) {
        for (kind, all) in [("persistent", persistent), ("transient", changes)] {
            for change in all { try Self.check(change, kind) }
        }
        try checkKeepAlives(persistent, changes)
        if !persistent.isEmpty {
            do { try await store.changeSettings(persistent) } catch { throw RESTError(error) }
        }
        transient.withLock { values in for change in changes { values[change.key] = change.value } }
        apply()
    }

    private static func check(_ change: Changes.Element, _ kind: String) throws(RESTError) {
        guard let setting = ClusterSetting.find(change.key) else {
            throw .illegalArgument("\(kind) setting [\(change.key)], not recognized")
        }
        guard setting.isDynamic else {
            throw .illegalArgument("\(kind) setting [\(change.key)], not dynamically updateable")
        }
        if let value = change.value { try setting.check(value) }
    }

    /// The default keep-alive has to stay within both maxima.
    private func checkKeepAlives(_ persistent: Changes, _ transient: Changes) throws(RESTError) {
        func then(_ key: String) throws(RESTError) -> TimeValue {
            var kept = store.settings.first { $0.key == key }?.value
            if let change = persistent.last(where: { $0.key == key }) { kept = change.value }
            var passing = self.transient.withLock { $0[key] }
            if let change = transient.last(where: { $0.key == key }) { passing = change.value }
            let text = passing ?? kept ?? ClusterSetting.find(key)?.standard ?? ""
            return try TimeValue(text, setting: key)
        }
        let least = try then("search.default_keep_alive")
        for (name, key) in [
            ("max keep alive for PIT", "point_in_time.max_keep_alive"),
            ("max keep alive", "search.max_keep_alive"),
        ] {
            let most = try then(key)
            guard least.nanoseconds > most.nanoseconds else { continue }
            throw .illegalArgument(
                "Default keep alive setting for request [search.default_keep_alive] should be smaller than "
                    + "\(name) [\(key)], was (\(least) > \(most))")
        }
    }

    /// Tells the store what concerns it.
    private func apply() {
        var limits = self.limits
        if given("point_in_time.max_keep_alive") != nil {
            limits.keepAliveMax = time("point_in_time.max_keep_alive").milliseconds
        }
        // OpenSearch's own default counts shards and is low; only a limit that somebody has set binds.
        limits.contextsMax = given("search.max_open_pit_context").flatMap { Int($0) }
        store.limits = limits
    }

    // MARK: What they decide

    /// Throws if a write may not make an index of this name.
    func checkAutomaticCreation(of name: String) throws(RESTError) {
        let text = value("action.auto_create_index")
        if text == "true" { return }
        func refuse(_ rule: String) -> RESTError {
            RESTError(
                404,
                ErrorDetail(
                    "index_not_found_exception",
                    "no such index [\(name)] and [action.auto_create_index] \(rule)",
                    extra: [.init("index", .string(name)), .init("index_uuid", .string("_na_"))]))
        }
        if text == "false" { throw refuse("is [false]") }
        for part in text.split(separator: ",").map(String.init) {
            let isRefused = part.hasPrefix("-")
            let pattern = part.hasPrefix("+") || isRefused ? String(part.dropFirst()) : part
            guard Wildcard.matches(name, pattern) else { continue }
            if isRefused { throw refuse("contains [\(part)] which forbids automatic creation of the index") }
            return
        }
        throw refuse("([\(text)]) doesn't match")
    }

    /// Throws if what destroys has to name what it destroys.
    func checkDestruction(of expression: String) throws(RESTError) {
        guard boolean("action.destructive_requires_name") else { return }
        let isWild = expression.split(separator: ",").contains { $0 == "_all" || $0.contains("*") }
        if isWild || expression.isEmpty {
            throw .illegalArgument("Wildcard expressions or all indices are not allowed")
        }
    }

    func checkShardCount(_ count: Int) throws(RESTError) {
        let most = integer("action.search.shard_count.limit")
        guard count > most else { return }
        throw .illegalArgument(
            "Trying to query \(count) shards, which is over the limit of \(most). This limit exists because "
                + "querying many shards at the same time can make the job of the coordinating node very CPU and/or "
                + "memory intensive. It is usually a better idea to have a smaller number of larger shards. Update "
                + "[action.search.shard_count.limit] to a greater value if you really want to query that many "
                + "shards at the same time.")
    }
}
