import Varve

/// The state of an ingestion, in words and as JSON.
enum IngestionLine {
    static func progress(_ state: IngestionState, showsLag: Bool = true) -> String {
        var parts = ["\(state.messagesApplied) messages applied"]
        if state.messagesDropped > 0 { parts.append("\(state.messagesDropped) dropped") }
        if state.conflicts > 0 { parts.append("\(state.conflicts) conflicts") }
        parts.append("committed \(state.committed.map { "pointer \($0)" } ?? "nothing")")
        if showsLag, let lag = state.lag.durable, lag > 0 { parts.append("lag \(lag)") }
        return parts.joined(separator: ", ")
    }

    static func json(_ state: IngestionState) -> String {
        var line = JSONLine()
        line.add("phase", state.phase.description)
        line.add("committed", state.committed?.description)
        line.add("epoch", state.epoch)
        line.add("applied", state.messagesApplied)
        line.add("dropped", state.messagesDropped)
        line.add("conflicts", state.conflicts)
        return line.text
    }
}
