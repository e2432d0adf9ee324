import Varve
import VarveFiles

/// What an ingestion is doing, drawn over and over on a terminal; lines below each other elsewhere.
struct LiveView {
    /// What fits on a small terminal.
    private static let rows = 16
    static let interval = Duration.milliseconds(500)

    private let stream: StandardStreams.Stream
    private let isTerminal: Bool
    private let printsJSON: Bool
    private var last: (report: IngestionReport, at: ContinuousClock.Instant)?
    private var drawn = 0
    private var shown: [String] = []

    /// - Parameter stream: Standard error is written to only if it is a terminal.
    init(on stream: StandardStreams.Stream, printsJSON: Bool = false) {
        self.stream = stream
        self.printsJSON = printsJSON
        isTerminal = StandardStreams.isTerminal(stream)
    }

    mutating func show(_ report: IngestionReport) throws {
        let now = ContinuousClock.now
        let rate = last.flatMap { IngestionRates(report, since: ($0.report, now - $0.at)) }
        last = (report, now)
        if printsJSON { return try append(report.partitions.map { $0.json(of: report.index) }) }
        guard isTerminal else { return stream == .output ? try append([report.summary(rate)]) : () }
        let lines = [report.summary(rate)] + report.lines(limit: Self.rows)
        try Output.redraw(lines, over: drawn, on: stream)
        drawn = lines.count
    }

    /// Only what is new.
    private mutating func append(_ lines: [String]) throws {
        for line in lines where !shown.contains(line) { try Output.line(line) }
        shown = lines
    }
}
