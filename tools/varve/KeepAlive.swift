import ArgumentParser

/// A time as it is typed: `500ms`, `30s`, `5m`, `2h`, `1d`.
struct KeepAlive: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let number = Int64(digits), number > 0,
            let unit = units[String(argument.dropFirst(digits.count))],
            !number.multipliedReportingOverflow(by: unit).overflow
        else { return nil }
        duration = .milliseconds(number * unit)
    }

    /// The shortest exact form.
    static func text(_ duration: Duration) -> String {
        let milliseconds = Int64(duration / .milliseconds(1))
        let units: [(String, Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        for (name, size) in units where milliseconds != 0 && milliseconds % size == 0 {
            return "\(milliseconds / size)\(name)"
        }
        return "\(milliseconds)ms"
    }
}
