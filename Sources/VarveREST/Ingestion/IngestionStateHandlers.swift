import Varve
import VarveDocument
import VarveEngine
import VarveIngest

/// `GET /{index}/ingestion/_state`.
enum IngestionStateHandlers {
    static let parameters = "size next_token sort shards verbose " + IngestionTargets.parameters

    static func state(_ call: Call) async throws(RESTError) -> RESTResponse {
        let targets = try IngestionTargets(call)
        let isVerbose = try call.parameters.boolean("verbose")
        let chosen = try shards(call)
        let size = try call.parameters.integer("size") ?? 1_000
        guard size >= 1 else { throw .illegalArgument("size must be greater than zero") }
        let sort = call.parameters.query["sort"] ?? "asc"
        guard ["asc", "desc"].contains(sort.lowercased()) else {
            throw .illegalArgument("value of sort can either be asc or desc")
        }
        let indices = targets.pulled + targets.others
        let places = indices.flatMap { index in
            (0..<index.shardCount).filter { chosen?.contains($0) ?? true }.map {
                StatePage.Place(createdAt: index.createdAt, index: index.name, shard: $0)
            }
        }
        let page = try StatePage(
            places, size: size, after: call.parameters.query["next_token"],
            isDescending: sort.lowercased() == "desc")
        let failed = Set(targets.others.map(\.name))
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        writeHeader(page, failed, to: &json)
        if let next = page.next { json.add("next_page_token", next) }
        json.key("ingestion_state")
        json.beginObject()
        var shown: Set<String> = []
        for place in page.places where !failed.contains(place.index) && shown.insert(place.index).inserted {
            guard let index = indices.first(where: { $0.name == place.index }) else { continue }
            json.key(index.name)
            json.beginArray()
            for other in page.places where other.index == place.index {
                write(ShardIngestion(index, other.shard), isVerbose: isVerbose, call, to: &json)
            }
            json.endArray()
        }
        json.endObject()
        json.endObject()
        return .json(200, json)
    }

    private static func shards(_ call: Call) throws(RESTError) -> Set<Int>? {
        guard let texts = call.parameters.list("shards") else { return nil }
        var numbers: Set<Int> = []
        for text in texts {
            guard let number = Int(text) else {
                throw RESTError(400, "number_format_exception", "For input string: \"\(text)\"")
            }
            numbers.insert(number)
        }
        return numbers
    }

    private static func writeHeader(
        _ page: StatePage, _ failed: Set<String>, to json: inout JSONWriter
    ) {
        let failures = page.places.filter { failed.contains($0.index) }
        json.key("_shards")
        json.beginObject()
        json.add("total", page.places.count)
        json.add("successful", page.places.count - failures.count)
        json.add("failed", failures.count)
        if !failures.isEmpty {
            json.key("failures")
            json.beginArray()
            for place in failures {
                json.beginObject()
                json.add("shard", place.shard)
                json.add("index", place.index)
                json.add("status", "BAD_REQUEST")
                json.key("reason")
                json.beginObject()
                json.add("type", "illegal_argument_exception")
                json.add("reason", "index [\(place.index)] has no ingestion source")
                json.endObject()
                json.endObject()
            }
            json.endArray()
        }
        json.endObject()
    }

    private static func write(
        _ shard: ShardIngestion, isVerbose: Bool, _ call: Call, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.add("shard", shard.shard)
        let isWarming =
            ["POLLING", "PROCESSING", "NONE"].contains(shard.pollerState)
            && call.service.warmUp.isWarming(shard.index)
        json.add("poller_state", isWarming ? "WARMING_UP" : shard.pollerState)
        json.add("error_policy", shard.errorPolicy)
        json.add("poller_paused", shard.isPaused)
        json.add("write_block_enabled", shard.isWriteBlocked)
        json.add("batch_start_pointer", shard.pointer)
        json.add("is_primary", true)
        json.add("node", call.service.options.nodeName)
        if isVerbose { IngestionDetails(shard: shard).write(to: &json) }
        json.endObject()
    }
}

/// What a shard's ingestion shows beyond OpenSearch.
struct IngestionDetails {
    let shard: ShardIngestion

    func write(to json: inout JSONWriter) {
        if let failure = shard.ingestion?.failure {
            json.key("source_failure")
            json.beginObject()
            write(failure, to: &json)
            json.endObject()
        }
        let letters = shard.index.engine.shards[shard.shard].letters(after: nil, limit: 0)
        json.key("dead_letters")
        json.beginObject()
        json.add("count", letters.count)
        json.add("size_in_bytes", letters.byteCount)
        json.add("evicted", Int64(clamping: letters.evicted))
        json.endObject()
        json.key("unread_partitions")
        json.beginArray()
        for partition in shard.ingestion?.unreadPartitions ?? [] { json.value(Int(partition)) }
        json.endArray()
        json.key("partitions")
        json.beginArray()
        for partition in shard.partitions { write(partition, to: &json) }
        json.endArray()
    }

    private func write(_ failure: IngestionFailure, to json: inout JSONWriter) {
        json.add("error", failure.reason)
        json.add("since", failure.since)
        json.add("attempts", failure.attempts)
        json.add("is_permanent", failure.isPermanent)
    }

    private func write(_ state: IngestionState, to json: inout JSONWriter) {
        json.beginObject()
        json.add("partition", Int(state.partition))
        json.add("phase", state.phase.rawValue)
        json.add("epoch", Int64(clamping: state.epoch))
        let pointers = [
            ("durable", state.committed), ("applied", state.applied), ("fetched", state.fetched),
        ]
        for (name, pointer) in pointers {
            json.add(name + "_pointer", pointer.map { shard.display($0, state.partition) } ?? "")
        }
        json.key("values")
        json.beginObject()
        for (name, pointer) in pointers {
            json.add(name, pointer.map { shard.value($0, state.partition) } ?? "")
        }
        json.endObject()
        if let limit = state.limit { json.add("stands_before", shard.display(limit, state.partition)) }
        if let failure = state.failure {
            json.key("failure")
            json.beginObject()
            write(failure, to: &json)
            if let message = failure.message, let ingestion = shard.ingestion {
                json.key("blocked")
                json.beginObject()
                json.add(message, ingestion, partition: state.partition)
                json.endObject()
            }
            json.endObject()
        }
        writeLag(state.lag, to: &json)
        json.add("queued_bytes", state.queuedBytes)
        json.add("incomplete_bytes", Int64(clamping: state.incompleteBytes))
        json.add("source_errors", state.counters.sourceErrors)
        writeCounters(state.counters, to: &json)
        json.endObject()
    }

    private func writeLag(_ lag: IngestionState.Lag, to json: inout JSONWriter) {
        json.key("lag")
        json.beginObject()
        for (name, value) in [("fetched", lag.fetched), ("applied", lag.applied), ("durable", lag.durable)] {
            if let value { json.add(name, Int64(clamping: value)) } else { json.addNull(name) }
        }
        if let retained = lag.retained { json.add("retained", Int64(clamping: retained)) }
        if let age = lag.ageMilliseconds {
            json.add("oldest_age_in_millis", age)
        } else {
            json.addNull("oldest_age_in_millis")
        }
        json.endObject()
    }

    private func writeCounters(_ counters: IngestionCounters, to json: inout JSONWriter) {
        json.key("messages")
        json.beginObject()
        for (name, value) in [
            ("read", counters.read), ("applied", counters.applied),
            ("version_conflicts", counters.versionConflicts), ("ignored", counters.ignored),
            ("dropped", counters.dropped), ("skipped", counters.skipped), ("bytes", counters.bytes),
            ("gaps", counters.gaps),
        ] { json.add(name, value) }
        json.endObject()
    }
}
