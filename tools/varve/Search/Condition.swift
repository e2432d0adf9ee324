import Varve

/// One condition of the command line, `FIELD:VALUE`, as a query.
enum Condition {
    static func query(_ texts: [String]) throws -> Query {
        try texts.isEmpty ? .all : .bool(filter: texts.map(query))
    }

    private static func query(_ text: String) throws -> Query {
        if text.hasPrefix("!") { return !(try query(String(text.dropFirst()))) }
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
            throw CommandFailure.badInput("a condition is FIELD:VALUE, not \(text)")
        }
        let field = String(text[..<colon])
        let value = String(text[text.index(after: colon)...])
        if value.isEmpty {
            throw CommandFailure.badInput("the condition \(text) has no value; FIELD:* is any")
        }
        if field == "_id" { return .ids([value]) }
        if value == "*" { return .exists(field) }
        if [">", ">=", "<", "<="].contains(value) {
            throw CommandFailure.badInput("the condition \(text) has nothing to compare with")
        }
        if let bounds = bounds(value) { return .range(field, bounds) }
        if value.contains("*") || value.contains("?") { return .wildcard(field, value) }
        return .match(field, .string(value), .all)
    }

    private static func bounds(_ value: String) -> QueryBounds? {
        if value.hasPrefix(">=") { return QueryBounds(from: .including(.string(String(value.dropFirst(2))))) }
        if value.hasPrefix("<=") { return QueryBounds(to: .including(.string(String(value.dropFirst(2))))) }
        if value.hasPrefix(">") { return QueryBounds(from: .excluding(.string(String(value.dropFirst())))) }
        if value.hasPrefix("<") { return QueryBounds(to: .excluding(.string(String(value.dropFirst())))) }
        guard let dots = value.firstRange(of: "..") else { return nil }
        let (lower, upper) = (String(value[..<dots.lowerBound]), String(value[dots.upperBound...]))
        if lower.isEmpty && upper.isEmpty { return nil }
        return QueryBounds(
            from: lower.isEmpty ? nil : .including(.string(lower)),
            to: upper.isEmpty ? nil : .including(.string(upper)))
    }
}
