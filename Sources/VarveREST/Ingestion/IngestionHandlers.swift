import Varve
import VarveBytes
import VarveDocument
import VarveIngest

/// Pausing, resuming and skipping.
enum IngestionHandlers {
    static let pauseParameters = "wait_for " + IngestionTargets.parameters
    static let resumeParameters = "allow_skip dry_run " + IngestionTargets.parameters
    static let skipParameters = "shard partition"

    // MARK: Pausing

    static func pause(_ call: Call) async throws(RESTError) -> RESTResponse {
        var isQuiet = false
        if let text = call.parameters.query["wait_for"] {
            guard text == "durable" else {
                throw .illegalArgument("[wait_for] is [durable] or not given, not [\(text)]")
            }
            isQuiet = true
        }
        let targets = try targets(call)
        var answer = IngestionAnswer(targets)
        for index in targets.pulled {
            do throws(RESTError) {
                let ingestion = try await IngestionTargets.ingestion(of: index)
                do { try await ingestion.requestPause() } catch { throw RESTError(error) }
                if isQuiet { try await waitUntilQuiet(ingestion, call) }
            } catch { answer.fail(index, error) }
        }
        return answer.response()
    }

    private static func targets(_ call: Call) throws(RESTError) -> IngestionTargets {
        try call.service.settings.checkDestruction(of: call.segment("index"))
        let targets = try IngestionTargets(call)
        for index in targets.pulled { try IndexBlock.check(index, .changeMetadata) }
        return targets
    }

    /// Waits until nothing is on its way and what was applied is durable, but not longer than `timeout`.
    private static func waitUntilQuiet(_ ingestion: Ingestion, _ call: Call) async throws(RESTError) {
        let limit = try TimeValue(call.parameters.query["timeout"] ?? "30s", setting: "timeout")
        let outcome = Locked<Result<Void, VarveError>?>(nil)
        await Patience.wait(for: limit.duration) {
            let result: Result<Void, VarveError>
            do throws(VarveError) {
                try await ingestion.pause()
                result = .success(())
            } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
        }
        switch outcome.withLock({ $0 }) {
        case .success?: return
        case .failure(let error)?: throw RESTError(error)
        case nil:
            throw .illegalArgument("ingestion is paused, but something was still on its way after [\(limit)]")
        }
    }

    // MARK: Resuming

    static func resume(_ call: Call) async throws(RESTError) -> RESTResponse {
        let resets = try ResetSettings.read(try call.json())
        var (answer, running) = try await move(resets, call)
        if answer.isDryRun || !resets.isEmpty && answer.hasFailed { return answer.response() }
        for (index, ingestion) in running {
            do throws(VarveError) { try await ingestion.resume() } catch {
                answer.fail(index, RESTError(error))
            }
        }
        return answer.response()
    }

    /// `POST /{index}/ingestion/_reset`: moves the pointers as `_resume` does, and stays paused.
    static func reset(_ call: Call) async throws(RESTError) -> RESTResponse {
        let resets = try ResetSettings.read(try call.json())
        guard !resets.isEmpty else {
            throw .illegalArgument("[reset_settings] has to say which shard is to go on where")
        }
        return try await move(resets, call).answer.response()
    }

    /// Makes all the resets, or none, of the indices that are named.
    private static func move(
        _ resets: [ResetSettings], _ call: Call
    ) async throws(RESTError) -> (answer: IngestionAnswer, running: [(index: Index, ingestion: Ingestion)]) {
        let allowsSkip = try call.parameters.boolean("allow_skip")
        let isDryRun = try call.parameters.boolean("dry_run")
        let targets = try targets(call)
        var answer = IngestionAnswer(targets)
        answer.isDryRun = isDryRun
        try checkShards(resets, targets)
        var running: [(index: Index, ingestion: Ingestion)] = []
        for index in targets.pulled {
            do throws(RESTError) {
                let ingestion = try await IngestionTargets.ingestion(of: index)
                running.append((index, ingestion))
            } catch { answer.fail(index, error) }
        }
        if !resets.isEmpty {
            let planned = await plan(resets, running, allowsSkip: allowsSkip, call, &answer)
            if !answer.hasFailed && !isDryRun { await move(planned, allowsSkip: allowsSkip, &answer) }
        }
        return (answer, running)
    }

    private static func checkShards(
        _ resets: [ResetSettings], _ targets: IngestionTargets
    ) throws(RESTError) {
        for index in targets.pulled {
            if let reset = resets.first(where: { $0.shard >= index.shardCount }) {
                throw .illegalArgument(
                    "shard [\(reset.shard)] of reset_settings does not exist: index [\(index.name)] has "
                        + "[\(index.shardCount)] shards")
            }
        }
    }

    private typealias Planned = (index: Index, ingestion: Ingestion, requests: [IngestionReset])

    /// Asks for every reset what would come of it. With one that fails none is made.
    private static func plan(
        _ resets: [ResetSettings], _ running: [(index: Index, ingestion: Ingestion)], allowsSkip: Bool,
        _ call: Call, _ answer: inout IngestionAnswer
    ) async -> [Planned] {
        var planned: [Planned] = []
        for (index, ingestion) in running {
            // What was paused a moment ago may still be applying what it had in hand.
            if ingestion.isPaused { try? await waitUntilQuiet(ingestion, call) }
            var requests: [IngestionReset] = []
            var answers: [IngestionResetAnswer] = []
            for reset in resets {
                do throws(RESTError) {
                    let request = try reset.request(for: ingestion)
                    do throws(VarveError) {
                        answers += try await ingestion.reset(
                            [request], allowsSkip: allowsSkip, isDryRun: true)
                    } catch { throw RESTError(error) }
                    requests.append(request)
                } catch { answer.fail(index, shard: reset.shard, error) }
            }
            if answer.isDryRun { answer.add(answers, of: index, ingestion) }
            planned.append((index, ingestion, requests))
        }
        return planned
    }

    private static func move(
        _ planned: [Planned], allowsSkip: Bool, _ answer: inout IngestionAnswer
    ) async {
        for (index, ingestion, requests) in planned {
            do throws(VarveError) {
                answer.add(
                    try await ingestion.reset(requests, allowsSkip: allowsSkip), of: index, ingestion)
            } catch {
                for shard in Set(requests.map(\.shard)).sorted() {
                    answer.fail(index, shard: shard, RESTError(error))
                }
            }
        }
    }

    // MARK: Skipping

    /// `POST /{index}/ingestion/_skip`: passes over the one message that a shard stands at.
    static func skip(_ call: Call) async throws(RESTError) -> RESTResponse {
        let index = try IngestionTargets.one(call)
        try IndexBlock.check(index, .changeMetadata)
        let ingestion = try await IngestionTargets.ingestion(of: index)
        let shard = try call.parameters.integer("shard") ?? 0
        let number = try call.parameters.integer("partition") ?? shard
        guard let partition = UInt32(exactly: number), (0..<index.shardCount).contains(shard) else {
            throw .illegalArgument(
                "index [\(index.name)] has no shard [\(shard)] with a partition [\(number)]")
        }
        let skipped: MessageFailure?
        do { skipped = try await ingestion.skip(shard: shard, partition: partition) } catch {
            throw RESTError(error)
        }
        guard let skipped else {
            throw .illegalArgument("shard [\(shard)], partition [\(partition)] stands at no message")
        }
        var json = JSONWriter()
        json.beginObject()
        json.add("acknowledged", true)
        json.key("skipped")
        json.beginObject()
        json.add("shard", shard)
        json.add("partition", Int(partition))
        json.add(skipped, ingestion, partition: partition)
        json.endObject()
        json.endObject()
        return .json(200, json)
    }
}

extension JSONWriter {
    /// The members that tell of a message that cannot be applied.
    mutating func add(_ failure: MessageFailure, _ ingestion: Ingestion, partition: UInt32) {
        add("pointer", ingestion.display(failure.pointer, partition: partition))
        add("place", failure.place)
        add("stage", failure.stage.rawValue)
        add("type", failure.type)
        add("reason", failure.reason)
    }
}
