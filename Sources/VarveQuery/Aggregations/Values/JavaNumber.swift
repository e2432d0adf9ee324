/// Doubles as Java writes them, which is what clients of OpenSearch see: `1.0`, `1.0E10`, `1.5E-4`.
package enum JavaNumber {
    /// The shortest digits that name the number, plain from 10^-3 to below 10^7.
    package static func text(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity" }
        return text(value.description, value.magnitude)
    }

    package static func text(_ value: Float) -> String {
        guard value.isFinite else { return text(Double(value)) }
        return text(value.description, Double(value.magnitude))
    }

    /// - Parameter shortest: Swift's spelling, which has the same digits.
    private static func text(_ shortest: String, _ magnitude: Double) -> String {
        let isPlain = magnitude == 0 || (magnitude >= 1e-3 && magnitude < 1e7)
        let hasExponent = shortest.contains("e")
        if isPlain && !hasExponent { return shortest }
        let sides = shortest.split(separator: "e")
        var exponent = sides.count > 1 ? Int(sides[1]) ?? 0 : 0
        var digits = String(sides[0])
        let sign = digits.hasPrefix("-") ? "-" : ""
        digits.removeAll { $0 == "-" }
        let point = digits.split(separator: ".")
        let whole = String(point[0])
        let fraction = point.count > 1 ? String(point[1]) : ""
        exponent += whole.count - 1
        var all = whole + fraction
        while all.hasPrefix("0") && all.count > 1 {
            all.removeFirst()
            exponent -= 1
        }
        while all.hasSuffix("0") && all.count > 1 { all.removeLast() }
        if isPlain { return sign + plain(all, exponent) }
        let rest = all.dropFirst()
        return sign + String(all.prefix(1)) + "." + (rest.isEmpty ? "0" : rest) + "E" + String(exponent)
    }

    /// Digits with the first one worth `10^exponent`.
    private static func plain(_ digits: String, _ exponent: Int) -> String {
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let padded = digits + String(repeating: "0", count: max(0, exponent + 2 - digits.count))
        return padded.prefix(exponent + 1) + "." + padded.dropFirst(exponent + 1)
    }
}
