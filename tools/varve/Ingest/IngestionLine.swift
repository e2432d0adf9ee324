import Varve

/// The state of an ingestion, in words and as JSON.
enum IngestionLine {
    static func progress(_ state: IngestionState, showsLag: Bool = true) -> String {
        var parts = ["\(state.counters.applied) messages applied"]
        if state.counters.dropped > 0 { parts.append("\(state.counters.dropped) dropped") }
        if state.counters.versionConflicts > 0 {
            parts.append("\(state.counters.versionConflicts) conflicts")
        }
        parts.append("committed \(state.committed.map { "pointer \($0)" } ?? "nothing")")
        if showsLag, let lag = state.lag.durable, lag > 0 { parts.append("lag \(lag)") }
        return parts.joined(separator: ", ")
    }

    static func json(_ state: IngestionState) -> String {
        var line = JSONLine()
        line.add("phase", state.phase.description)
        line.add("committed", state.committed?.description)
        line.add("epoch", state.epoch)
        line.add("applied", state.counters.applied)
        line.add("dropped", state.counters.dropped)
        line.add("conflicts", state.counters.versionConflicts)
        return line.text
    }
}
