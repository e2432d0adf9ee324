import Varve
import VarveQuery

/// A search's answer in OpenSearch's shape and order of keys.
struct SearchRendering {
    private let body: SearchBody
    /// For each shard that was searched the name of its index.
    private let shards: [String]
    /// Shards that could not be searched.
    private let lost: [ShardFailure]
    private let node: String

    init(_ body: SearchBody, shards: [String], lost: [ShardFailure] = [], node: String = "") {
        self.body = body
        self.shards = shards
        self.lost = lost
        self.node = node
    }

    func response(
        _ result: SearchResult, scroll: String? = nil, pointInTime: String?,
        since start: ContinuousClock.Instant,
        isTotalNumber: Bool
    ) -> RESTResponse {
        var json = JSONWriter(capacity: 512 + result.hits.reduce(0) { $0 + 160 + ($1.source?.count ?? 0) })
        json.beginObject()
        if let scroll { json.add("_scroll_id", scroll) }
        if let pointInTime { json.add("pit_id", pointInTime) }
        json.add("took", start.duration(to: .now).wholeMilliseconds)
        json.add("timed_out", result.isTimedOut)
        if let isEarly = result.isTerminatedEarly { json.add("terminated_early", isEarly) }
        writeShards(to: &json)
        json.key("hits")
        json.beginObject()
        if let total = result.total {
            json.key("total")
            if isTotalNumber {
                json.value(total.value)
            } else {
                json.beginObject()
                json.add("value", total.value)
                json.add("relation", total.relation == .exactly ? "eq" : "gte")
                json.endObject()
            }
        } else if isTotalNumber {
            json.add("total", -1)
        }
        json.key("max_score")
        write(result.maximumScore, to: &json)
        json.key("hits")
        json.beginArray()
        for hit in result.hits { write(hit, to: &json) }
        json.endArray()
        json.endObject()
        if !result.aggregations.isEmpty {
            json.key("aggregations")
            json.beginObject()
            AggregationRendering(isTyped: body.typesKeys).write(
                result.aggregations, body.aggregations, to: &json)
            json.endObject()
        }
        json.endObject()
        return .json(200, json)
    }

    func writeShards(to json: inout JSONWriter) {
        json.key("_shards")
        json.beginObject()
        json.add("total", shards.count + lost.count)
        json.add("successful", shards.count)
        json.add("skipped", 0)
        json.add("failed", lost.count)
        if !lost.isEmpty { json.add("failures", lost, node: node) }
        json.endObject()
    }

    private func write(_ hit: SearchHit, to json: inout JSONWriter) {
        json.beginObject()
        json.add("_index", shards[hit.shard])
        if body.showsID { json.add("_id", hit.id) }
        if body.showsVersion { json.add("_version", hit.version) }
        if body.showsSequence {
            json.add("_seq_no", Int64(clamping: hit.sequenceNumber.rawValue))
            json.add("_primary_term", 1)
        }
        json.key("_score")
        write(hit.score, to: &json)
        if let routing = hit.routing { json.add("_routing", routing) }
        if let source = hit.source {
            json.key("_source")
            json.raw(source.bytes)
        }
        if !hit.fields.isEmpty { write(hit.fields, to: &json) }
        if !body.sortsByScore { write(hit.sortValues, to: &json) }
        if !hit.matchedQueries.isEmpty {
            json.key("matched_queries")
            json.beginArray()
            for name in hit.matchedQueries { json.value(name) }
            json.endArray()
        }
        json.endObject()
    }

    private func write(_ values: [SortValue], to json: inout JSONWriter) {
        json.key("sort")
        json.beginArray()
        for value in values {
            switch value {
            case .integer(let number): json.value(number)
            case .double(let number): json.value(number)
            case .float(let number): write(number, to: &json)
            case .string(let text): json.value(text)
            case .boolean(let flag): json.value(flag ? 1 : 0)
            case .missing: json.null()
            }
        }
        json.endArray()
    }

    /// A score, or null where nobody asked.
    private func write(_ score: Float?, to json: inout JSONWriter) {
        if let score { write(score, to: &json) } else { json.null() }
    }

    private func write(_ fields: [FieldValues], to json: inout JSONWriter) {
        json.key("fields")
        json.beginObject()
        for field in fields {
            json.key(field.field)
            json.beginArray()
            for value in field.values {
                switch value {
                case .string(let text): json.value(text)
                case .integer(let number): json.value(number)
                case .double(let number): json.value(number)
                case .float(let number): write(number, to: &json)
                case .boolean(let flag): json.value(flag)
                }
            }
            json.endArray()
        }
        json.endObject()
    }

    /// With the digits that a float needs.
    private func write(_ number: Float, to json: inout JSONWriter) {
        if number.isFinite {
            json.raw(Array(JavaNumber.text(number).utf8))
        } else {
            json.value(Double(number))
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
