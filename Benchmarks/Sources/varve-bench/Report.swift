import Foundation

/// Figures as they come: a table, or one JSON object a line.
struct Report {
    let json: Bool

    mutating func add(_ name: String, _ value: Double, _ unit: String) {
        if json {
            print(
                "{\"name\":\"\(name.trimmingCharacters(in: .whitespaces))\",\"value\":\(value),\"unit\":\"\(unit)\"}"
            )
        } else {
            let shown = value >= 1_000 ? String(format: "%.0f", value) : String(format: "%.3f", value)
            print(name.padding(toLength: 58, withPad: " ", startingAt: 0), shown, unit)
        }
    }
}

/// Times in milliseconds.
struct Sample {
    private let values: [Double]

    init(_ values: [Double]) { self.values = values.sorted() }

    var median: Double { values.isEmpty ? 0 : values[values.count / 2] }

    static func of(_ rounds: Int, _ body: (Int) async throws -> Void) async throws -> Sample {
        try await timed(rounds) { round in
            let start = ContinuousClock.now
            try await body(round)
            return (ContinuousClock.now - start).milliseconds
        }
    }

    /// `body` times itself.
    static func timed(_ rounds: Int, _ body: (Int) async throws -> Double) async throws -> Sample {
        var values: [Double] = []
        for round in 0..<rounds { values.append(try await body(round)) }
        return Sample(values)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
    var milliseconds: Double { seconds * 1_000 }
}

extension Process {
    static var residentMegabytes: Double { status("VmRSS:") }
    static var peakMegabytes: Double { status("VmHWM:") }

    private static func status(_ key: String) -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        return line.flatMap { Double($0.split(whereSeparator: \.isWhitespace)[1]) }.map { $0 / 1_024 } ?? 0
    }
}
