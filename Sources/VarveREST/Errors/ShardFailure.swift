/// One shard that failed while others did not.
struct ShardFailure: Sendable {
    var index: String
    var shard: Int
    var detail: ErrorDetail
}

extension JSONWriter {
    /// `failures` as headers of answers list them: like failures of one index once.
    mutating func add(_ name: String, _ failures: [ShardFailure], node: String) {
        key(name)
        beginArray()
        var seen: [(index: String, type: String, reason: String)] = []
        for failure in failures {
            let isKnown = seen.contains {
                $0 == (failure.index, failure.detail.type, failure.detail.reason)
            }
            if isKnown { continue }
            seen.append((failure.index, failure.detail.type, failure.detail.reason))
            beginObject()
            add("shard", failure.shard)
            add("index", failure.index)
            add("node", node)
            key("reason")
            failure.detail.write(into: &self, withCause: true)
            endObject()
        }
        endArray()
    }
}
