import Varve
import VarveIngest

/// The answer to a pause, a resumption or a skip.
struct IngestionAnswer {
    /// Whether any index was meant.
    var hasIndices: Bool
    private var failures: [(index: String, shards: [(number: Int, error: String)])] = []
    private var resets: [(ingestion: Ingestion, index: String, answers: [IngestionResetAnswer])] = []
    /// Nothing was changed, and nothing was to be.
    var isDryRun = false

    init(_ targets: IngestionTargets) {
        hasIndices = !targets.isEmpty
        for index in targets.others { fail(index, IngestionTargets.isNotPulled(index)) }
    }

    var hasFailed: Bool { !failures.isEmpty }

    mutating func fail(_ index: Index, _ error: RESTError) {
        for shard in 0..<index.shardCount { fail(index, shard: shard, error) }
    }

    mutating func fail(_ index: Index, shard: Int, _ error: RESTError) {
        let failure = (shard, error.detail.reason)
        if let at = failures.firstIndex(where: { $0.index == index.name }) {
            failures[at].shards.append(failure)
        } else {
            failures.append((index.name, [failure]))
        }
    }

    mutating func add(_ answers: [IngestionResetAnswer], of index: Index, _ ingestion: Ingestion) {
        resets.append((ingestion, index.name, answers))
    }

    func response() -> RESTResponse {
        var json = JSONWriter()
        json.beginObject()
        json.add("acknowledged", true)
        json.add("shards_acknowledged", hasIndices && failures.isEmpty)
        if !failures.isEmpty {
            json.key("failures")
            json.beginObject()
            for failure in failures {
                json.key(failure.index)
                json.beginArray()
                for shard in failure.shards {
                    json.beginObject()
                    json.add("shard", shard.number)
                    json.add("error", shard.error)
                    json.endObject()
                }
                json.endArray()
            }
            json.endObject()
        }
        if isDryRun { json.add("dry_run", true) }
        if !resets.isEmpty { writeResets(to: &json) }
        json.endObject()
        return .json(200, json)
    }

    private func writeResets(to json: inout JSONWriter) {
        json.key("resets")
        json.beginObject()
        for reset in resets {
            json.key(reset.index)
            json.beginArray()
            for answer in reset.answers {
                json.beginObject()
                json.add("shard", answer.shard)
                json.add("partition", Int(answer.partition))
                let (ingestion, partition) = (reset.ingestion, answer.partition)
                json.add(
                    "old_pointer", answer.old.map { ingestion.display($0, partition: partition) } ?? "")
                json.add("new_pointer", ingestion.display(answer.new, partition: partition))
                json.add("old_value", answer.old.map { ingestion.text($0, partition: partition) } ?? "")
                json.add("new_value", ingestion.text(answer.new, partition: partition))
                json.endObject()
            }
            json.endArray()
        }
        json.endObject()
    }
}
