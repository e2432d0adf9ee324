import Varve
import VarveEngine

/// `_stats` and `_segments`.
enum StatsHandlers {
    static let parameters =
        "level forbid_closed_indices human completion_fields fielddata_fields fields groups "
        + "include_segment_file_sizes include_unloaded_segments " + IndexOptions.parameters

    private static let metrics = [
        "docs", "store", "indexing", "get", "search", "merge", "refresh", "flush", "segments",
    ]

    static let allMetrics = Set(metrics)

    static func stats(_ call: Call) async throws(RESTError) -> RESTResponse {
        let wanted = try metrics(call, "metric")
        let level = call.parameters.query["level"] ?? "indices"
        guard ["cluster", "indices", "shards"].contains(level) else {
            throw .illegalArgument(
                "level parameter must be one of [cluster] or [indices] or [shards] but was [\(level)]")
        }
        let indices = try call.indices(call.parameters["index"], IndexOptions(call.parameters))
        var all: [(index: Index, statistics: IndexStatistics)] = []
        for index in indices { all.append((index, try IndexStatistics(index))) }
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        let primaries = indices.reduce(0) { $0 + $1.shardCount }
        json.addShards(
            total: indices.reduce(0) { $0 + $1.shardCount * (1 + $1.replicaCount) }, successful: primaries)
        json.key("_all")
        writeBoth(all.map(\.statistics), wanted, to: &json)
        if level != "cluster" {
            json.key("indices")
            json.beginObject()
            for (index, statistics) in all {
                json.key(index.name)
                json.beginObject()
                json.add("uuid", index.wireUUID)
                writeBothMembers([statistics], wanted, to: &json)
                if level == "shards" { write(statistics, of: index, wanted, call, to: &json) }
                json.endObject()
            }
            json.endObject()
        }
        json.endObject()
        return .json(200, json)
    }

    /// - Parameter segment: The one of the path that lists them.
    static func metrics(_ call: Call, _ segment: String) throws(RESTError) -> Set<String> {
        let names = call.parameters.list(segment) ?? ["_all"]
        if names == ["_all"] { return allMetrics }
        let unknown = names.filter { !metrics.contains($0) && $0 != "_all" }
        if !unknown.isEmpty {
            let texts = unknown.sorted().map {
                "[\($0)]" + Suggestion.text(for: $0, among: metrics, arrow: " ->")
            }
            throw .illegalArgument(
                "request [\(call.request.path)] contains unrecognized metric\(unknown.count > 1 ? "s" : ""): "
                    + texts.joined(separator: ", "))
        }
        return Set(names)
    }

    private static func writeBoth(
        _ all: [IndexStatistics], _ wanted: Set<String>, to json: inout JSONWriter
    ) {
        json.beginObject()
        writeBothMembers(all, wanted, to: &json)
        json.endObject()
    }

    /// Copies are never assigned: primaries are all there is.
    private static func writeBothMembers(
        _ all: [IndexStatistics], _ wanted: Set<String>, to json: inout JSONWriter
    ) {
        for name in ["primaries", "total"] {
            json.key(name)
            json.beginObject()
            ShardMetrics(all).write(wanted, to: &json)
            json.endObject()
        }
    }

    private static func write(
        _ statistics: IndexStatistics, of index: Index, _ wanted: Set<String>, _ call: Call,
        to json: inout JSONWriter
    ) {
        json.key("shards")
        json.beginObject()
        let isPulled = index.isPulled
        for (number, facts) in statistics.shards.enumerated() {
            json.key(String(number))
            json.beginArray()
            writeShard(facts, number, isPulled ? index : nil, wanted, call, to: &json)
            json.endArray()
        }
        json.endObject()
    }

    /// - Parameter pulled: The index, if it is pulled from a stream.
    static func writeShard(
        _ facts: ShardFacts, _ number: Int, _ pulled: Index?, _ wanted: Set<String>, _ call: Call,
        to json: inout JSONWriter
    ) {
        json.beginObject()
        writeRouting(call, to: &json)
        ShardMetrics(shards: [facts], contexts: nil).write(wanted, to: &json)
        if let pulled {
            ShardIngestion(pulled, number).writeStatistics(at: call.store.wallMilliseconds, to: &json)
        }
        json.endObject()
    }

    fileprivate static func writeRouting(_ call: Call, to json: inout JSONWriter) {
        json.key("routing")
        json.beginObject()
        json.add("state", "STARTED")
        json.add("primary", true)
        json.add("node", call.service.nodeID)
        json.endObject()
    }

    static func segments(_ call: Call) async throws(RESTError) -> RESTResponse {
        let indices = try call.indices(call.parameters["index"], IndexOptions(call.parameters))
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.addShards(
            total: indices.reduce(0) { $0 + $1.shardCount * (1 + $1.replicaCount) },
            successful: indices.reduce(0) { $0 + $1.shardCount })
        json.key("indices")
        json.beginObject()
        for index in indices {
            json.key(index.name)
            json.beginObject()
            json.key("shards")
            json.beginObject()
            for (number, facts) in try IndexStatistics(index).shards.enumerated() {
                json.key(String(number))
                json.beginArray()
                write(facts, call, to: &json)
                json.endArray()
            }
            json.endObject()
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return .json(200, json)
    }

    private static func write(_ facts: ShardFacts, _ call: Call, to json: inout JSONWriter) {
        json.beginObject()
        writeRouting(call, to: &json)
        json.add("num_committed_segments", facts.segments.count { $0.id != nil })
        json.add("num_search_segments", facts.segments.count)
        json.key("segments")
        json.beginObject()
        for (place, segment) in facts.segments.enumerated() {
            let name = SegmentName(segment, place: place)
            json.key(name.text)
            json.beginObject()
            json.add("generation", name.generation)
            json.add("num_docs", segment.live)
            json.add("deleted_docs", segment.deleted)
            json.add("size_in_bytes", segment.byteCount)
            json.add("memory_in_bytes", 0)
            json.add("committed", segment.id != nil)
            json.add("search", true)
            json.add("version", RESTOptions.segmentVersion)
            json.add("compound", true)
            json.endObject()
        }
        json.endObject()
        json.endObject()
    }
}

/// The sections of statistics over some shards.
struct ShardMetrics {
    let shards: [ShardFacts]
    /// What points in time hold and held; nil where it is not known by shard.
    let contexts: (open: Int, closed: Int, milliseconds: Int64)?

    init(shards: [ShardFacts], contexts: (open: Int, closed: Int, milliseconds: Int64)?) {
        self.shards = shards
        self.contexts = contexts
    }

    /// Of all shards of some indices.
    init(_ all: [IndexStatistics]) {
        let open = all.reduce(0) { $0 + $1.contexts.open }
        let closed = all.reduce(0) { $0 + $1.contexts.closed.closed }
        let time = all.reduce(Int64(0)) { $0 + $1.contexts.closed.milliseconds }
        self.init(shards: all.flatMap(\.shards), contexts: (open, closed, time))
    }

    func write(_ wanted: Set<String>, to json: inout JSONWriter) {
        func section(_ name: String, _ values: [(String, Int)], metric: String? = nil) {
            guard wanted.contains(metric ?? name) else { return }
            json.key(name)
            json.beginObject()
            for (key, value) in values { json.add(key, value) }
            json.endObject()
        }
        func sum(_ part: (ShardFacts) -> Int) -> Int { shards.reduce(0) { $0 + part($1) } }
        section("docs", [("count", sum(\.live)), ("deleted", sum(\.deleted))])
        section("store", [("size_in_bytes", sum(\.storedBytes)), ("reserved_in_bytes", 0)])
        section(
            "indexing",
            [("index_total", sum(\.counters.indexed)), ("delete_total", sum(\.counters.deleted))])
        let missing = sum(\.counters.getsMissing)
        section(
            "get",
            [
                ("total", sum(\.counters.gets)), ("exists_total", sum(\.counters.gets) - missing),
                ("missing_total", missing),
            ])
        var search = [("query_total", sum(\.counters.queries))]
        if let contexts {
            search.insert(("open_contexts", contexts.open), at: 0)
            search += [
                ("point_in_time_total", contexts.closed),
                ("point_in_time_time_in_millis", Int(contexts.milliseconds)),
                ("point_in_time_current", contexts.open),
            ]
        }
        section("search", search)
        section("merges", [("total", sum(\.counters.merges))], metric: "merge")
        section("refresh", [("total", sum(\.counters.refreshes))])
        section("flush", [("total", sum(\.counters.flushes))])
        section(
            "segments",
            [("count", sum(\.segments.count)), ("memory_in_bytes", sum(\.memoryBytes))])
    }
}
