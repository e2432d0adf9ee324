import Varve
import VarveFiles

/// What is known of an ingestion, as people read it.
extension IngestionReport {
    private static let columns: [TextTable.Column] =
        ["shard", "partition"].map { .init(name: $0) } + [.init(name: "phase", isNumber: false)]
        + [
            "durable", "applied", "fetched", "epoch", "lag", "age", "messages", "dropped", "conflicts",
            "errors",
        ].map { .init(name: $0) }

    /// A table of the partitions, and below it what keeps some of them from going on.
    ///
    /// - Parameter limit: Rows beyond it are only counted.
    func lines(limit: Int = .max) -> [String] {
        var lines: [String] = []
        if let failure { lines.append("the stream cannot be read: \(failure)".printable) }
        if partitions.isEmpty {
            return lines + (failure == nil ? ["nothing was read yet"] : [])
        }
        var table = TextTable(Self.columns)
        table.rows = partitions.prefix(limit).map(\.cells)
        lines += table.lines
        if partitions.count > limit { lines.append("and \(partitions.count - limit) more partitions") }
        for partition in partitions.filter({ $0.failure != nil }).prefix(limit) {
            lines.append("\(partition.name): \(partition.failureWords)".printable)
        }
        for partition in partitions.filter({ $0.incompleteBytes > 0 }).prefix(limit) {
            lines.append(
                "\(partition.name): \(partition.incompleteBytes) bytes of a message that is not whole yet")
        }
        if letterCount > 0 { lines.append("dropped messages that are kept: \(letterCount)") }
        return lines
    }

    /// All partitions in one line.
    ///
    /// - Parameter rate: Messages and bytes a second, where that is known.
    func summary(_ rate: IngestionRates?) -> String {
        func sum(_ part: (PartitionReport) -> Int) -> Int { partitions.reduce(0) { $0 + part($1) } }
        let lags = partitions.compactMap(\.lag.durable)
        var parts = [index.printable, phases]
        if let rate {
            parts.append("\(rate.messages) messages/s")
            parts.append("\(ByteText.text(rate.bytes))/s")
        }
        parts.append(lags.isEmpty ? "lag unknown" : "lag \(lags.reduce(0, +))")
        parts.append("queue \(ByteText.text(sum(\.queuedBytes)))")
        let dropped = sum { ($0.messages?["dropped"] ?? 0) + ($0.messages?["skipped"] ?? 0) }
        parts.append("\(sum { $0.messages?["applied"] ?? 0 }) applied")
        parts.append("\(dropped) dropped")
        parts.append("\(sum(\.sourceErrors)) errors")
        return parts.joined(separator: "   ")
    }

    /// `polling`, or `2 polling, 1 paused`.
    private var phases: String {
        if partitions.isEmpty { return failure == nil ? "starting" : "not reached" }
        var counts: [(phase: String, count: Int)] = []
        for partition in partitions {
            if let at = counts.firstIndex(where: { $0.phase == partition.phase }) {
                counts[at].count += 1
            } else {
                counts.append((partition.phase, 1))
            }
        }
        if counts.count == 1 { return counts[0].phase }
        return counts.map { "\($0.count) \($0.phase)" }.joined(separator: ", ")
    }

    /// What came of reading, in the end.
    var outcome: String {
        func sum(_ name: String) -> Int { partitions.reduce(0) { $0 + ($1.messages?[name] ?? 0) } }
        var parts = ["\(sum("applied")) messages applied"]
        if sum("dropped") > 0 { parts.append("\(sum("dropped")) dropped") }
        if sum("version_conflicts") > 0 { parts.append("\(sum("version_conflicts")) conflicts") }
        if partitions.count == 1 {
            parts.append("committed \(partitions[0].durable.map { "pointer \($0)" } ?? "nothing")")
        } else {
            parts.append("\(partitions.count) partitions")
        }
        return parts.joined(separator: ", ")
    }
}

extension PartitionReport {
    fileprivate var cells: [String] {
        // Where nobody pulls, only what is durable is known.
        let known = messages == nil ? [lag.durable] : [lag.fetched, lag.applied, lag.durable]
        let lags = known.map { $0.map { String($0) } ?? "-" }
        return [
            String(shard), String(partition), phase, durable ?? "-", applied ?? "-", fetched ?? "-",
            String(epoch), Set(lags).count == 1 ? lags[0] : lags.joined(separator: "/"),
            ageMilliseconds.map { TimeText.text(milliseconds: $0) } ?? "-", count("read"), left,
            count("version_conflicts"), String(sourceErrors),
        ]
    }

    /// Messages that were dropped, or skipped because somebody said so.
    private var left: String { messages.map { String($0["dropped"] + $0["skipped"]) } ?? "-" }

    private func count(_ name: String) -> String { messages.map { String($0[name]) } ?? "-" }

    var failureWords: String {
        guard let failure else { return "" }
        return "\(phase), after \(failure.attempts) \(failure.attempts == 1 ? "attempt" : "attempts"): "
            + failure.reason
    }
}

/// How fast messages are settled.
struct IngestionRates: Sendable {
    var messages: Int
    var bytes: Int

    /// - Parameter last: An earlier report, and how long ago that was.
    init?(_ report: IngestionReport, since last: (report: IngestionReport, elapsed: Duration)) {
        func sum(_ report: IngestionReport, _ name: String) -> Int {
            report.partitions.reduce(0) { $0 + ($1.messages?[name] ?? 0) }
        }
        let seconds = last.elapsed / .seconds(1)
        guard seconds > 0 else { return nil }
        func rate(_ name: String) -> Int {
            // Counters begin anew with a reset, and with the process.
            Int((Double(max(0, sum(report, name) - sum(last.report, name))) / seconds).rounded())
        }
        messages = rate("read")
        bytes = rate("bytes")
    }
}

enum ByteText {
    /// `812 B`, `4.3 MiB`.
    static func text(_ count: Int) -> String {
        var (value, unit) = (Double(count), "B")
        for larger in ["KiB", "MiB", "GiB", "TiB"] where value >= 1_024 {
            value /= 1_024
            unit = larger
        }
        if unit == "B" { return "\(count) B" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}

enum TimeText {
    /// `340ms`, `12s`, `3m`, `5h`, `2d`: as exact as matters.
    static func text(milliseconds: Int) -> String {
        if milliseconds == 0 { return "0" }
        if milliseconds < 1_000 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1_000
        let units = [("d", 86_400), ("h", 3_600), ("m", 60)]
        for (name, size) in units where seconds >= 2 * size { return "\(seconds / size)\(name)" }
        return "\(seconds)s"
    }
}
