import Varve

/// The library's answers in the words of `PlainAnswers`.
enum FoundAnswers {
    static func text(_ results: [AggregationResult], _ nodes: [PlainNode]) -> String {
        zip(results, nodes).map { result, node in "\(result.name)=" + text(result.value, node) }
            .joined(separator: " ")
    }

    private static func text(_ value: AggregationResult.Value, _ node: PlainNode) -> String {
        switch value {
        case .figure(let figure): return number(figure)
        case .count(let count): return "#\(count)"
        case .statistics(let figures):
            return "\(figures.count),\(number(figures.minimum)),\(number(figures.maximum)),"
                + "\(number(figures.average)),\(number(figures.sum))"
        case .bucket(let bucket): return "{" + body(bucket, node) + "}"
        case .buckets(let buckets):
            return "[" + buckets.buckets.map { key($0, node) + ":" + body($0, node) }.joined(separator: "; ")
                + "]+\(buckets.otherCount)"
        }
    }

    private static func body(_ bucket: AggregationBucket, _ node: PlainNode) -> String {
        "\(bucket.count)" + (node.parts.isEmpty ? "" : " " + text(bucket.parts, node.parts))
    }

    private static func number(_ figure: AggregationFigure) -> String {
        figure.value.map { "\($0 + 0)" } ?? "nil"
    }

    private static func key(_ bucket: AggregationBucket, _ node: PlainNode) -> String {
        switch node.kind {
        case .range, .dateRange:
            "\(PlainAnswers.bound(bucket.lower.value))..\(PlainAnswers.bound(bucket.upper.value))"
        case .composite: bucket.keys.map { $0.map { text($0) } ?? "nil" }.joined(separator: "|")
        case .histogram:
            bucket.key.map { key in if case .double(let number) = key { "\(number + 0)" } else { "" } } ?? ""
        case .dates(let dates) where dates.zone != 0: bucket.key.map { text($0) } ?? ""
        default:
            (bucket.key.map { text($0) } ?? "") + (bucket.keyText.map { "/\($0)" } ?? "")
        }
    }

    private static func text(_ key: AggregationBucket.Key) -> String {
        switch key {
        case .string(let text): "\"\(text)\""
        case .integer(let number): String(number)
        case .double(let number): String(number)
        }
    }
}
