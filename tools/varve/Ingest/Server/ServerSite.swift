#if Server
import NIOHTTP1
import Varve
import VarveDocument

/// An index of a server that runs.
struct ServerSite: IngestionSite {
    private let connection: ServerConnection
    private let index: String
    private let path: String

    init(_ connection: ServerConnection, index: String) {
        self.connection = connection
        self.index = index
        path = "/" + URLText.encode(index) + "/ingestion"
    }

    /// It runs by itself.
    func start(_ settings: StartSettings) async throws {
        if try await report().isPaused { throw CommandFailure.isPaused(index) }
    }

    func close() async {}

    func report() async throws -> IngestionReport {
        let answer = try await connection.send(.GET, path + "/_state?verbose&size=100000")
        if let refusal = answer["_shards"]?["failures"]?.elements.first?["reason"]?["reason"]?.text {
            throw CommandFailure.badInput(refusal)
        }
        if let found = answer["ingestion_state"]?.members, found.count > 1 {
            throw CommandFailure.badInput("[\(index)] names \(found.count) indices: take them one at a time")
        }
        guard
            let (name, shards) = answer["ingestion_state"]?.members.first.map({ ($0.key, $0.value.elements) })
        else { throw CommandFailure.no("no index is named [\(index)]") }
        var report = IngestionReport(index: name)
        report.failure = shards.first?["source_failure"]?["error"]?.text
        for shard in shards {
            report.letterCount += shard["dead_letters"]?["count"]?.integer ?? 0
            for partition in shard["partitions"]?.elements ?? [] {
                report.partitions.append(PartitionReport(partition, shard: shard["shard"]?.integer ?? 0))
            }
        }
        // A partition that has paused by itself says why.
        report.isPaused =
            shards.contains { $0["poller_paused"]?.isTrue ?? false }
            && report.partitions.allSatisfy { $0.failure == nil }
        return report
    }

    /// An alias may name several indices, and what is done to them would not all be shown: `report` refuses it.
    private func requireOne() async throws { _ = try await report() }

    func pause() async throws {
        try await requireOne()
        try check(await connection.send(.POST, path + "/_pause?wait_for=durable&timeout=60s"))
    }

    func resume() async throws {
        try await requireOne()
        try check(await connection.send(.POST, path + "/_resume"))
    }

    func skip(shard: Int, partition: UInt32) async throws -> String {
        let answer = try await connection.send(.POST, path + "/_skip?shard=\(shard)&partition=\(partition)")
        let skipped = answer["skipped"]
        return "\(skipped?["place"]?.text ?? ""): \(skipped?["reason"]?.text ?? "")"
    }

    /// What failed is told by shard, in an answer with status 200.
    private func check(_ answer: JSONValue) throws {
        var reasons: [String] = []
        for failure in answer["failures"]?.members.flatMap({ $0.value.elements }) ?? [] {
            let reason = failure["error"]?.text ?? "unknown"
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        if !reasons.isEmpty { throw CommandFailure.badInput(reasons.joined(separator: "; ")) }
    }

    // MARK: Resets

    func reset(_ request: ResetRequest) async throws -> [ResetMove] {
        let targets = try request.targets(
            among: try await report().partitions.map { ($0.shard, $0.partition) })
        let body = targets.map { target in
            var line = JSONLine()
            line.add("shard", target.shard)
            line.add("partition", Int(target.partition))
            switch request.position {
            case .earliest: line.add("mode", "earliest")
            case .latest: line.add("mode", "latest")
            case .pointer(let text):
                line.add("mode", "offset")
                line.add("value", text)
            case .timestamp(let milliseconds):
                line.add("mode", "timestamp")
                line.add("value", milliseconds)
            }
            return line.text
        }
        let answer = try await connection.send(
            .POST, path + "/_reset?allow_skip=\(request.allowsSkip)&dry_run=\(request.isDryRun)",
            "{\"reset_settings\":[\(body.joined(separator: ","))]}")
        try check(answer)
        return (answer["resets"]?.members.first?.value.elements ?? []).map { move in
            ResetMove(
                shard: move["shard"]?.integer ?? 0,
                partition: UInt32(clamping: move["partition"]?.integer ?? 0),
                old: move["old_value"]?.given, new: move["new_value"]?.text ?? "")
        }
    }

    // MARK: Dropped messages

    func letters(after id: String?, limit: Int) async throws -> LetterPage {
        let after = id.map { "&after=" + URLText.encode($0) } ?? ""
        let answer = try await connection.send(.GET, path + "/_dead_letters?size=\(limit)\(after)")
        return LetterPage(
            letters: (answer["dead_letters"]?.elements ?? []).map { Letter($0) },
            total: answer["total"]?.integer ?? 0, evicted: answer["evicted"]?.integer ?? 0,
            next: answer["after"]?.text)
    }

    func letter(_ id: String) async throws -> Letter {
        Letter(try await connection.send(.GET, path + "/_dead_letters/" + URLText.encode(id)))
    }

    func retry(_ ids: [String]?) async throws -> LetterOutcome {
        let body = ids.map { "{\"ids\":[\($0.map(JSONLine.quoted).joined(separator: ","))]}" }
        let answer = try await connection.send(.POST, path + "/_dead_letters/_retry", body)
        return LetterOutcome(
            settled: answer["settled"]?.integer ?? 0,
            failed: (answer["failed"]?.elements ?? []).map {
                ($0["id"]?.text ?? "", $0["reason"]?.text ?? "")
            })
    }

    func purge(_ ids: [String]?) async throws -> Int {
        guard let ids else {
            return try await connection.send(.DELETE, path + "/_dead_letters")["purged"]?.integer ?? 0
        }
        var count = 0
        for id in ids {
            let answer = try await connection.send(.DELETE, path + "/_dead_letters/" + URLText.encode(id))
            count += answer["purged"]?.integer ?? 0
        }
        return count
    }
}
#endif
