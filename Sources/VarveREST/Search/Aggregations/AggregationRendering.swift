import Varve
import VarveQuery

/// The answers to aggregations in OpenSearch's shape and order of keys.
struct AggregationRendering {
    /// Names carry their type in front: `sterms#stations`.
    let isTyped: Bool

    func write(
        _ results: [AggregationResult], _ clauses: [AggregationClause], to json: inout JSONWriter
    ) {
        for (result, clause) in zip(results, clauses) {
            json.key(isTyped ? type(of: result, clause) + "#" + result.name : result.name)
            json.beginObject()
            if let meta = clause.meta {
                json.key("meta")
                json.raw(meta)
            }
            switch result.value {
            case .figure(let figure): write(figure, "value", to: &json)
            case .count(let count): json.add("value", count)
            case .statistics(let statistics): write(statistics, clause, to: &json)
            case .bucket(let bucket): writeBody(bucket, clause, to: &json)
            case .buckets(let buckets): write(buckets, clause, to: &json)
            }
            json.endObject()
        }
    }

    private func type(of result: AggregationResult, _ clause: AggregationClause) -> String {
        guard case .buckets(let buckets) = result.value, clause.type == "terms" else { return clause.type }
        return switch buckets.keyKind {
        case .string: "sterms"
        case .integer: "lterms"
        case .double: "dterms"
        case .none: "umterms"
        }
    }

    private func write(_ figure: AggregationFigure, _ name: String, to json: inout JSONWriter) {
        json.add(name, orNull: figure.value)
        if let text = figure.text { json.add(name + "_as_string", text) }
    }

    // MARK: Buckets

    private func write(
        _ buckets: AggregationBuckets, _ clause: AggregationClause, to json: inout JSONWriter
    ) {
        if clause.type == "terms" {
            json.add("doc_count_error_upper_bound", 0)
            json.add("sum_other_doc_count", buckets.otherCount)
        }
        if clause.type == "composite", let last = buckets.buckets.last {
            json.key("after_key")
            writeKeys(last, clause, to: &json)
        }
        json.key("buckets")
        if clause.isKeyed { json.beginObject() } else { json.beginArray() }
        for bucket in buckets.buckets {
            if clause.isKeyed { json.key(bucket.keyText ?? text(of: bucket.key)) }
            json.beginObject()
            writeKey(bucket, clause, to: &json)
            writeBody(bucket, clause, to: &json)
            json.endObject()
        }
        if clause.isKeyed { json.endObject() } else { json.endArray() }
    }

    private func writeKey(
        _ bucket: AggregationBucket, _ clause: AggregationClause, to json: inout JSONWriter
    ) {
        switch clause.type {
        case "composite":
            json.key("key")
            writeKeys(bucket, clause, to: &json)
        case "histogram", "date_histogram":
            if let text = bucket.keyText { json.add("key_as_string", text) }
            write(bucket.key, to: &json)
        case "range", "date_range":
            if !clause.isKeyed { write(bucket.key, to: &json) }
            if bucket.lower.value != nil { write(bucket.lower, "from", to: &json) }
            if bucket.upper.value != nil { write(bucket.upper, "to", to: &json) }
        case "filters": break
        default:
            write(bucket.key, to: &json)
            if let text = bucket.keyText { json.add("key_as_string", text) }
        }
    }

    private func writeBody(
        _ bucket: AggregationBucket, _ clause: AggregationClause, to json: inout JSONWriter
    ) {
        json.add("doc_count", bucket.count)
        if clause.showsError { json.add("doc_count_error_upper_bound", 0) }
        write(bucket.parts, clause.parts, to: &json)
    }

    private func write(_ key: AggregationBucket.Key?, to json: inout JSONWriter) {
        guard let key else { return }
        json.key("key")
        write(key, value: &json)
    }

    private func write(_ key: AggregationBucket.Key, value json: inout JSONWriter) {
        switch key {
        case .string(let text): json.value(text)
        case .integer(let number): json.value(number)
        case .double(let number): json.value(number)
        }
    }

    private func text(of key: AggregationBucket.Key?) -> String {
        switch key {
        case .string(let text): text
        case .integer(let number): String(number)
        case .double(let number): JavaNumber.text(number)
        case nil: ""
        }
    }

    private func writeKeys(
        _ bucket: AggregationBucket, _ clause: AggregationClause, to json: inout JSONWriter
    ) {
        json.beginObject()
        for (name, key) in zip(clause.sources, bucket.keys) {
            json.key(name)
            if let key { write(key, value: &json) } else { json.null() }
        }
        json.endObject()
    }

    // MARK: Figures

    private func write(
        _ statistics: AggregationStatistics, _ clause: AggregationClause, to json: inout JSONWriter
    ) {
        json.add("count", statistics.count)
        json.add("min", orNull: statistics.minimum.value)
        json.add("max", orNull: statistics.maximum.value)
        json.add("avg", orNull: statistics.average.value)
        json.add("sum", orNull: statistics.sum.value)
        let texts: [(String, String?)] = [
            ("min", statistics.minimum.text), ("max", statistics.maximum.text),
            ("avg", statistics.average.text), ("sum", statistics.sum.text),
        ]
        if statistics.sumOfSquares == nil {
            for (name, text) in texts { if let text { json.add(name + "_as_string", text) } }
        } else {
            writeSpread(statistics, clause.sigma, to: &json)
        }
    }

    private func writeSpread(
        _ statistics: AggregationStatistics, _ sigma: Double, to json: inout JSONWriter
    ) {
        let spread = AggregationSpread(statistics)
        json.add("sum_of_squares", orNull: spread.squares)
        json.add("variance", orNull: spread.population)
        json.add("variance_population", orNull: spread.population)
        json.add("variance_sampling", orNull: spread.sampling)
        let deviations = (spread.population?.squareRoot(), spread.sampling?.squareRoot())
        json.add("std_deviation", orNull: deviations.0)
        json.add("std_deviation_population", orNull: deviations.0)
        json.add("std_deviation_sampling", orNull: deviations.1)
        json.key("std_deviation_bounds")
        json.beginObject()
        let average = statistics.average.value
        for (suffix, deviation) in [
            ("", deviations.0), ("_population", deviations.0), ("_sampling", deviations.1),
        ] {
            let width = deviation.map { $0 * sigma }
            json.add("upper" + suffix, orNull: width.flatMap { width in average.map { $0 + width } })
            json.add("lower" + suffix, orNull: width.flatMap { width in average.map { $0 - width } })
        }
        json.endObject()
    }
}

/// How far values are spread; nil where there are none.
private struct AggregationSpread {
    var squares: Double?
    var population: Double?
    /// Not a number for a single value.
    var sampling: Double?

    init(_ statistics: AggregationStatistics) {
        guard statistics.count > 0, let sum = statistics.sum.value, let squares = statistics.sumOfSquares
        else {
            return
        }
        self.squares = squares
        let count = Double(statistics.count)
        population = max(0, (squares - sum * sum / count) / count)
        sampling = max(0, squares - sum * sum / count) / (count - 1)
    }
}

extension JSONWriter {
    mutating func add(_ name: String, orNull number: Double?) {
        if let number { add(name, number) } else { addNull(name) }
    }
}
