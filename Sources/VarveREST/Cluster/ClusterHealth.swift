import Varve

/// The health of some indices on one node: every primary is active, and no copy beyond them ever is.
struct ClusterHealth {
    let active: Int
    let unassigned: Int

    init(_ indices: [Index]) {
        active = indices.reduce(0) { $0 + $1.shardCount }
        unassigned = indices.reduce(0) { $0 + $1.shardCount * $1.replicaCount }
    }

    var status: String { unassigned == 0 ? "green" : "yellow" }
    var percent: Double { active == 0 ? 100 : Double(active) * 100 / Double(active + unassigned) }

    /// `GET /_cluster/health`. What is waited for and is not so already never will be on one node: the answer comes
    /// at once and says that the time is over.
    static func answer(_ call: Call) async throws(RESTError) -> RESTResponse {
        let level = call.parameters.query["level"] ?? "cluster"
        guard ["cluster", "indices", "shards"].contains(level) else {
            throw .illegalArgument(
                "level parameter must be one of [cluster] or [indices] or [shards] but was [\(level)]")
        }
        var isMissing = false
        var indices: [Index] = []
        do throws(RESTError) {
            indices = try call.indices(
                call.parameters["index"], IndexOptions(call.parameters, over: .administrative))
        } catch {
            guard error.detail.type == "index_not_found_exception" else { throw error }
            isMissing = true
        }
        let health = ClusterHealth(indices)
        let isWanted = try health.isAsWanted(call.parameters)
        let isLate = isMissing || !isWanted
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.add("cluster_name", call.service.options.clusterName)
        json.add("status", isMissing ? "red" : health.status)
        json.add("timed_out", isLate)
        json.add("number_of_nodes", 1)
        json.add("number_of_data_nodes", 1)
        json.add("discovered_master", true)
        json.add("discovered_cluster_manager", true)
        health.writeShards(to: &json)
        for name in [
            "delayed_unassigned_shards", "number_of_pending_tasks", "number_of_in_flight_fetch",
            "task_max_waiting_in_queue_millis",
        ] { json.add(name, 0) }
        json.add("active_shards_percent_as_number", health.percent)
        if level != "cluster" { write(indices, withShards: level == "shards", to: &json) }
        json.endObject()
        return .json(isLate ? 408 : 200, json)
    }

    private func writeShards(to json: inout JSONWriter) {
        json.add("active_primary_shards", active)
        json.add("active_shards", active)
        for name in ["relocating_shards", "initializing_shards"] { json.add(name, 0) }
        json.add("unassigned_shards", unassigned)
    }

    private static func write(_ indices: [Index], withShards: Bool, to json: inout JSONWriter) {
        json.key("indices")
        json.beginObject()
        for index in indices {
            let health = ClusterHealth([index])
            json.key(index.name)
            json.beginObject()
            json.add("status", health.status)
            json.add("number_of_shards", index.shardCount)
            json.add("number_of_replicas", index.replicaCount)
            health.writeShards(to: &json)
            if withShards {
                json.key("shards")
                json.beginObject()
                for number in 0..<index.shardCount {
                    json.key(String(number))
                    json.beginObject()
                    json.add("status", health.status)
                    json.add("primary_active", true)
                    json.add("active_shards", 1)
                    json.add("relocating_shards", 0)
                    json.add("initializing_shards", 0)
                    json.add("unassigned_shards", index.replicaCount)
                    json.endObject()
                }
                json.endObject()
            }
            json.endObject()
        }
        json.endObject()
    }

    // MARK: Waiting

    private func isAsWanted(_ parameters: Parameters) throws(RESTError) -> Bool {
        for name in ["wait_for_no_relocating_shards", "wait_for_no_initializing_shards"] {
            _ = try parameters.boolean(name)
        }
        if let text = parameters.query["timeout"] { _ = try TimeValue(text, setting: "timeout") }
        if let wanted = parameters.query["wait_for_status"]?.lowercased() {
            guard ["green", "yellow", "red"].contains(wanted) else {
                throw .illegalArgument("unknown cluster health status [\(wanted)]")
            }
            if wanted == "green" && status != "green" { return false }
        }
        if let wanted = parameters.query["wait_for_active_shards"] {
            guard wanted != "all" else { return unassigned == 0 }
            guard let count = Int(wanted) else {
                throw .illegalArgument("cannot parse ActiveShardCount[\(wanted)]")
            }
            if count > active { return false }
        }
        return try Self.hasNodes(parameters.query["wait_for_nodes"])
    }

    /// Whether one node is as many as wanted: `1`, `>=1`, `ge(1)` and the like.
    private static func hasNodes(_ wanted: String?) throws(RESTError) -> Bool {
        guard let wanted else { return true }
        let forms: [(prefix: String, holds: (Int) -> Bool)] = [
            (">=", { 1 >= $0 }), ("<=", { 1 <= $0 }), (">", { 1 > $0 }), ("<", { 1 < $0 }),
            ("ge(", { 1 >= $0 }), ("le(", { 1 <= $0 }), ("gt(", { 1 > $0 }), ("lt(", { 1 < $0 }),
            ("", { 1 == $0 }),
        ]
        for form in forms where wanted.hasPrefix(form.prefix) {
            let digits = wanted.dropFirst(form.prefix.count).filter { $0 != ")" }
            guard let count = Int(digits) else { break }
            return form.holds(count)
        }
        throw .illegalArgument("Failed to parse int parameter [wait_for_nodes] with value [\(wanted)]")
    }
}
