import Foundation

/// What a figure is held against. Where the bars come from stands in `docs/benchmarks.md`.
enum Bar {
    case atLeast(Double)
    case atMost(Double)

    func isMet(by value: Double) -> Bool {
        switch self {
        case .atLeast(let bar): value >= bar
        case .atMost(let bar): value <= bar
        }
    }

    var text: String {
        switch self {
        case .atLeast(let bar): "at least \(Report.shown(bar))"
        case .atMost(let bar): "at most \(Report.shown(bar))"
        }
    }

    var bound: Double {
        switch self {
        case .atLeast(let bar), .atMost(let bar): bar
        }
    }
}

/// Figures as they come, each beside its bar: a table, or one JSON object a line.
///
/// An `id` is stable: `run-peers` finds the same figure of the peers under it.
struct Report {
    let json: Bool
    private var met = 0
    private var missed: [String] = []

    init(json: Bool) { self.json = json }

    mutating func add(_ id: String, _ name: String, _ value: Double, _ unit: String, _ bar: Bar? = nil) {
        let isMet = bar?.isMet(by: value)
        if isMet == true { met += 1 }
        if isMet == false { missed.append(name) }
        if json {
            var line = #"{"id":"\#(id)","name":"\#(name)","value":\#(value),"unit":"\#(unit)""#
            if let bar, let isMet { line += #","bar":\#(bar.bound),"met":\#(isMet)"# }
            print(line + "}")
        } else {
            var line = Self.padded(name, 62) + Self.right(Self.shown(value), 10) + " " + Self.padded(unit, 7)
            if let bar, let isMet { line += Self.padded(bar.text, 18) + (isMet ? "met" : "MISSED") }
            print(line)
        }
        fflush(nil)
    }

    func say(_ id: String, _ text: String) {
        print(json ? #"{"id":"\#(id)","text":"\#(text)"}"# : "\(id): \(text)")
    }

    func section(_ title: String) {
        if !json { print("\n\(title)") }
    }

    func end() {
        if json { return }
        print("\n\(met) bars met, \(missed.count) missed\(missed.isEmpty ? "" : ":")")
        for name in missed { print("  \(name)") }
    }

    static func shown(_ value: Double) -> String {
        switch abs(value) {
        case 1_000...: String(format: "%.0f", value)
        case 100...: String(format: "%.1f", value)
        default: String(format: "%.2f", value)
        }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// Times in milliseconds.
struct Sample {
    private let values: [Double]

    init(_ values: [Double]) { self.values = values.sorted() }

    /// The value below which this share of all lies.
    func at(_ share: Double) -> Double {
        values.isEmpty ? 0 : values[min(values.count - 1, Int(Double(values.count) * share))]
    }
    var median: Double { values.isEmpty ? 0 : values[values.count / 2] }

    /// `rounds` times of `body`.
    static func of(_ rounds: Int, _ body: (Int) async throws -> Void) async throws -> Sample {
        try await timed(rounds) { round in
            let start = ContinuousClock.now
            try await body(round)
            return start.milliseconds
        }
    }

    /// `body` times itself.
    static func timed(_ rounds: Int, _ body: (Int) async throws -> Double) async throws -> Sample {
        var values: [Double] = []
        for round in 0..<rounds { values.append(try await body(round)) }
        return Sample(values)
    }
}

extension ContinuousClock.Instant {
    /// Time since then.
    var seconds: Double {
        let (seconds, attoseconds) = (ContinuousClock.now - self).components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
    var milliseconds: Double { seconds * 1_000 }
}

/// This process's memory, in megabytes of 1,000,000 bytes.
enum Memory {
    static var resident: Double { status("VmRSS:") }
    static var peak: Double { status("VmHWM:") }

    private static func status(_ key: String) -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        return line.flatMap { Double($0.split(whereSeparator: \.isWhitespace)[1]) }.map { $0 * 1_024 / 1e6 }
            ?? 0
    }
}
