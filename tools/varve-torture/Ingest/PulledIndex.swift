import Foundation

/// The index that pulls the stream under test, over HTTP: what its ingestion says, and which messages are in it.
struct PulledIndex: Sendable {
    static let name = "torture"
    let calls: ServerCalls

    func create(shards: Int, pulling sink: any FeedSink) async throws {
        let body = """
            {"settings": {"number_of_shards": \(shards), "replication.type": "SEGMENT", "refresh_interval": "200ms",
              "ingestion_source": {"pointer.init.reset": "earliest", "error_strategy": "block",
                "source_partition_strategy": "modulo", "generated_ids": "random", "poll.max_batch_size": \(sink.batchMessages),
                "poll.timeout": 100, "pointer_based_lag_update_interval": "100ms", \(sink.settings)}},
             "mappings": {"properties": {"p": {"type": "long"}, "n": {"type": "long"}}}}
            """
        try await calls.send("PUT", "/" + Self.name, body)
    }

    // MARK: What ingestion says

    struct Partition: Decodable {
        struct Failure: Decodable { var error: String }
        var partition: Int
        var phase: String
        var durable_pointer: String
        var fetched_pointer: String
        var failure: Failure?
    }

    private struct State: Decodable {
        struct Shard: Decodable { var partitions: [Partition] }
        var ingestion_state: [String: [Shard]]
    }

    /// All partitions, by number.
    func partitions() async throws -> [Partition] {
        let state = try await calls.get("/\(Self.name)/ingestion/_state?verbose", as: State.self)
        return (state.ingestion_state[Self.name] ?? []).flatMap(\.partitions)
            .sorted { $0.partition < $1.partition }
    }

    private struct Statistics: Decodable {
        struct Consumer: Decodable { var total_polled_count: Int }
        struct Processor: Decodable { var total_processed_count: Int }
        struct Ingest: Decodable {
            var consumer_stats: Consumer
            var message_processor_stats: Processor
        }
        struct Shard: Decodable { var polling_ingest_stats: Ingest }
        struct Index: Decodable { var shards: [String: [Shard]] }
        var indices: [String: Index]
    }

    /// How many messages this process has read, and how many it has applied.
    func counts() async throws -> (polled: Int, processed: Int) {
        let answer = try await calls.get("/\(Self.name)/_stats?level=shards", as: Statistics.self)
        let all = (answer.indices[Self.name]?.shards ?? [:]).values.flatMap { $0 }.map(\.polling_ingest_stats)
        return (
            all.reduce(0) { $0 + $1.consumer_stats.total_polled_count },
            all.reduce(0) { $0 + $1.message_processor_stats.total_processed_count }
        )
    }

    /// The digits at the end of a pointer's text, such as `FileOffset{line=17}`; 0 if there are none.
    static func number(_ pointer: String) -> Int {
        let digits = pointer.reversed().drop { $0 == "}" }.prefix { $0.isNumber }
        return Int(String(digits.reversed())) ?? 0
    }

    // MARK: What is in it

    /// The messages of one partition that a point in time shows.
    struct Content {
        /// Where the stream stands in it, as it says itself.
        var position = 0
        var documents = 0
        /// Messages that are there more than once, at most a hundred.
        var repeated = 0
        var lowest = 0
        var highest = -1

        /// Each message from 0 on exactly once.
        var isWhole: Bool {
            repeated == 0 && (documents == 0 || lowest == 0) && highest == documents - 1
        }
    }

    private struct Opened: Decodable { var pit_id: String }

    /// Opens a point in time, which sees documents and positions of one moment, and closes it afterwards.
    func withPointInTime<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
        let pit = try await calls.post(
            "/\(Self.name)/_search/point_in_time?keep_alive=10m", as: Opened.self
        ).pit_id
        let answer = try await body(pit)
        try await calls.send("DELETE", "/_search/point_in_time", #"{"pit_id":["\#(pit)"]}"#)
        return answer
    }

    private struct Shown: Decodable {
        struct Position: Decodable {
            var partition: Int
            var pointer: String
        }
        struct Shard: Decodable { var ingestion_positions: [Position]? }
        var shards: [Shard]
    }

    private struct Found: Decodable {
        struct Total: Decodable { var value: Int }
        struct Hit: Decodable {
            struct Source: Decodable {
                var p: Int
                var n: Int
            }
            var _source: Source
            var sort: [Int]
        }
        struct Hits: Decodable {
            var total: Total?
            var hits: [Hit]
        }
        struct Number: Decodable { var value: Double? }
        struct Message: Decodable { var key: Int }
        struct Messages: Decodable { var buckets: [Message] }
        struct Bucket: Decodable {
            var key: Int
            var doc_count: Int
            var repeated: Messages
            var lowest: Number
            var highest: Number
        }
        struct Terms: Decodable { var buckets: [Bucket] }
        struct Aggregations: Decodable { var partitions: Terms }
        var hits: Hits
        var aggregations: Aggregations?
    }

    /// What the documents say of each partition, all of them counted, as one request.
    func contents(of pit: String) async throws -> (byPartition: [Int: Content], total: Int) {
        var contents: [Int: Content] = [:]
        let shown = try await calls.get("/_search/point_in_time/\(pit)", as: Shown.self)
        for position in shown.shards.flatMap({ $0.ingestion_positions ?? [] }) {
            contents[position.partition, default: Content()].position = Self.number(position.pointer)
        }
        let body = """
            {"pit": {"id": "\(pit)"}, "size": 0, "track_total_hits": true, "aggs": {"partitions": {
              "terms": {"field": "p", "size": 1000}, "aggs": {
                "repeated": {"terms": {"field": "n", "min_doc_count": 2, "size": 100}},
                "lowest": {"min": {"field": "n"}}, "highest": {"max": {"field": "n"}}}}}}
            """
        let found = try await calls.post("/_search", body, as: Found.self)
        for bucket in found.aggregations?.partitions.buckets ?? [] {
            var content = contents[bucket.key, default: Content()]
            content.documents = bucket.doc_count
            content.repeated = bucket.repeated.buckets.count
            content.lowest = Int(bucket.lowest.value ?? -1)
            content.highest = Int(bucket.highest.value ?? -1)
            contents[bucket.key] = content
        }
        return (contents, found.hits.total?.value ?? -1)
    }

    /// Reads every document, page after page.
    ///
    /// - Returns: How often each message is there, by partition.
    func messages(of pit: String) async throws -> [Int: [UInt8]] {
        var seen: [Int: [UInt8]] = [:]
        var after = ""
        while true {
            let body = """
                {"pit": {"id": "\(pit)"}, "size": 10000, "track_total_hits": false, "sort": ["_shard_doc"]\(after)}
                """
            let hits = try await calls.post("/_search", body, as: Found.self).hits.hits
            guard let last = hits.last else { return seen }
            for hit in hits {
                let (partition, number) = (hit._source.p, hit._source.n)
                let missing = number + 1 - (seen[partition]?.count ?? 0)
                if missing > 0 { seen[partition, default: []] += [UInt8](repeating: 0, count: missing) }
                seen[partition]?[number] &+= 1
            }
            after = ", \"search_after\": \(last.sort)"
        }
    }
}
