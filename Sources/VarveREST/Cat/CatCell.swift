/// One value of a cat table.
enum CatCell: Hashable, Sendable {
    case text(String)
    case number(Int)
    case bytes(Int)
    case milliseconds(Int64)
    /// What does not apply.
    case none

    /// Nil for what does not apply.
    func text(_ units: CatUnits) -> String? {
        switch self {
        case .text(let text): text
        case .number(let number): String(number)
        case .bytes(let count): units.text(bytes: count)
        case .milliseconds(let time): units.text(milliseconds: time)
        case .none: nil
        }
    }

    private var amount: Double? {
        switch self {
        case .text(let text): Double(text)
        case .number(let number), .bytes(let number): Double(number)
        case .milliseconds(let time): Double(time)
        case .none: nil
        }
    }

    /// By amount where both have one; what does not apply comes first.
    func isBelow(_ other: CatCell) -> Bool {
        if let one = amount, let two = other.amount { return one < two }
        switch (self, other) {
        case (.none, _): return other != .none
        case (.text(let one), .text(let two)): return one < two
        default: return false
        }
    }
}

/// In which units sizes and times are shown.
struct CatUnits: Sendable {
    /// Bytes of one unit, and its name when it is chosen by size.
    private static let sizes: [(names: [String], bytes: Int)] = [
        (["b"], 1), (["kb", "k"], 1 << 10), (["mb", "m"], 1 << 20), (["gb", "g"], 1 << 30),
        (["tb", "t"], 1 << 40), (["pb", "p"], 1 << 50),
    ]
    private static let times: [(name: String, nanoseconds: Int64)] = [
        ("nanos", 1), ("micros", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]
    private var bytes: Int?
    private var nanoseconds: Int64?

    init(_ parameters: Parameters) throws(RESTError) {
        if let unit = parameters.query["bytes"] {
            guard let size = Self.sizes.first(where: { $0.names.contains(unit) }) else {
                throw .illegalArgument("Unknown value for [bytes]: [\(unit)]")
            }
            bytes = size.bytes
        }
        if let unit = parameters.query["time"] {
            guard let time = Self.times.first(where: { $0.name == unit }) else {
                throw .illegalArgument("Unknown value for [time]: [\(unit)]")
            }
            nanoseconds = time.nanoseconds
        }
    }

    /// A bare number if a unit was asked for; else in the largest unit of which there is one, with at most one
    /// decimal, cut off.
    func text(bytes count: Int) -> String {
        if let bytes { return String(count / bytes) }
        let unit = Self.sizes.last { count >= $0.bytes } ?? Self.sizes[0]
        let (whole, rest) = count.quotientAndRemainder(dividingBy: unit.bytes)
        let tenth = rest / max(1, unit.bytes / 10 + (unit.bytes % 10 == 0 ? 0 : 1))
        return tenth == 0 ? "\(whole)\(unit.names[0])" : "\(whole).\(tenth)\(unit.names[0])"
    }

    func text(milliseconds: Int64) -> String {
        guard let nanoseconds else { return TimeValue(milliseconds: milliseconds).description }
        return String(milliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue / nanoseconds)
    }
}
