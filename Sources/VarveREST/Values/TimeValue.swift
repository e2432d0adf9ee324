/// A duration as OpenSearch writes it: `<integer><unit>`.
struct TimeValue: Hashable, Sendable {
    let nanoseconds: Int64

    init(milliseconds: Int64) {
        nanoseconds = milliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue
    }

    private static let units: [(suffix: String, nanoseconds: Int64)] = [
        ("nanos", 1), ("micros", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]

    /// - Parameter setting: What the text is the value of, for messages.
    init(_ text: String, setting: String) throws(RESTError) {
        let trimmed = text.trimmingBlanks
        let normal = trimmed.lowercased()
        guard
            let unit = Self.units.first(where: {
                $0.suffix == "m" ? trimmed.hasSuffix("m") : normal.hasSuffix($0.suffix)
            })
        else {
            if let number = Int64(normal), number == 0 || number == -1 {
                nanoseconds = number * 1_000_000
                return
            }
            throw .illegalArgument(
                "failed to parse setting [\(setting)] with value [\(text)] as a time value: "
                    + "unit is missing or unrecognized")
        }
        let digits = String(normal.dropLast(unit.suffix.count)).trimmingBlanks
        guard let count = Int64(digits) else {
            let isFraction = Double(digits) != nil
            throw .illegalArgument(
                "failed to parse [\(text)]\(isFraction ? ", fractional time values are not supported" : "")",
                cause: ErrorDetail("number_format_exception", "For input string: \"\(digits)\""))
        }
        guard count >= -1 else {
            throw .illegalArgument(
                "failed to parse setting [\(setting)] with value [\(text)] as a time value: "
                    + "negative durations are not supported")
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
        nanoseconds = overflow ? .max : product
    }

    /// Rounded towards zero.
    var milliseconds: Int64 { nanoseconds / 1_000_000 }
    var duration: Duration { .milliseconds(milliseconds) }
}

extension TimeValue: CustomStringConvertible {
    /// In the largest unit of which it is at least one, with at most one decimal, cut off.
    var description: String {
        guard let unit = Self.units.last(where: { nanoseconds >= $0.nanoseconds }) else {
            return nanoseconds == 0 ? "0s" : String(milliseconds)
        }
        let whole = nanoseconds / unit.nanoseconds
        let tenth =
            (nanoseconds % unit.nanoseconds) / (unit.nanoseconds / 10 == 0 ? 1 : unit.nanoseconds / 10)
        return tenth == 0 || unit.nanoseconds == 1
            ? "\(whole)\(unit.suffix)" : "\(whole).\(tenth)\(unit.suffix)"
    }
}

extension String {
    var trimmingBlanks: String {
        let blanks: Set<Character> = [" ", "\t", "\n", "\r"]
        let start = drop { blanks.contains($0) }
        return String(start.reversed().drop { blanks.contains($0) }.reversed())
    }
}
