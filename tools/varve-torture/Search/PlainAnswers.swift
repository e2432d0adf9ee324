import Varve

/// Answers aggregations from a list of documents, as text; and the library's answers in the same words.
struct PlainAnswers {
    /// All documents, whatever was searched for.
    let every: [PlainDocument]

    func text(_ nodes: [PlainNode], _ documents: [PlainDocument]) -> String {
        nodes.map { "\($0.name)=" + text($0, documents) }.joined(separator: " ")
    }

    private func text(_ node: PlainNode, _ documents: [PlainDocument]) -> String {
        switch node.kind {
        case .terms(let terms): return self.terms(terms, node, documents)
        case .range(let field, let ranges):
            let sorted = ranges.sorted { Self.isBefore($0, $1) }
            return list(
                sorted.map { range in
                    let found = documents.filter { document in
                        Self.numbers(document, field).contains { number in
                            number >= range.0 ?? -.infinity && (range.1.map { number < $0 } ?? true)
                        }
                    }
                    return "\(Self.bound(range.0))..\(Self.bound(range.1)):" + bucket(found, node)
                })
        case .dateRange(let ranges):
            let sorted = ranges.map { ($0.0.map { Double($0) }, $0.1.map { Double($0) }) }
                .sorted { Self.isBefore($0, $1) }
            return list(
                sorted.map { range in
                    let found = documents.filter { document in
                        document.integers("d").contains {
                            Double($0) >= range.0 ?? -.infinity && Double($0) < range.1 ?? .infinity
                        }
                    }
                    return "\(Self.bound(range.0))..\(Self.bound(range.1)):" + bucket(found, node)
                })
        case .histogram(let histogram): return self.histogram(histogram, node, documents)
        case .dates(let dates): return self.dates(dates, node, documents)
        case .filter(let query): return "{" + bucket(documents.filter { query.matches($0) }, node) + "}"
        case .filters(let queries, let hasOther):
            var buckets = queries.map { query in ":" + bucket(documents.filter { query.matches($0) }, node) }
            if hasOther {
                buckets.append(
                    ":"
                        + bucket(
                            documents.filter { document in !queries.contains { $0.matches(document) } }, node)
                )
            }
            return list(buckets)
        case .missing(let field): return "{" + bucket(documents.filter { !$0.hasValue(field) }, node) + "}"
        case .global: return "{" + bucket(every, node) + "}"
        case .metric(let figure, let field, let missing): return metric(figure, field, missing, documents)
        case .composite(let sources, let size, let after):
            return list(
                PlainComposite(sources: sources, size: size, after: after).buckets(documents).map {
                    key, found in
                    key.map { $0?.text ?? "nil" }.joined(separator: "|") + ":" + bucket(found, node)
                })
        }
    }

    private func bucket(_ documents: [PlainDocument], _ node: PlainNode) -> String {
        "\(documents.count)" + (node.parts.isEmpty ? "" : " " + text(node.parts, documents))
    }

    private func list(_ buckets: [String], other: Int = 0) -> String {
        "[" + buckets.joined(separator: "; ") + "]+\(other)"
    }

    private static func isBefore(_ left: (Double?, Double?), _ right: (Double?, Double?)) -> Bool {
        let (low, high) = (left.0 ?? -.infinity, right.0 ?? -.infinity)
        return low != high ? low < high : (left.1 ?? .infinity) < (right.1 ?? .infinity)
    }

    static func bound(_ value: Double?) -> String { value.map { "\($0 + 0)" } ?? "*" }

    private static func numbers(_ document: PlainDocument, _ field: String) -> [Double] {
        Plain.kinds[field] == .double ? document.doubles(field) : document.integers(field).map { Double($0) }
    }

    // MARK: Terms

    private func terms(_ terms: PlainAggregation.Terms, _ node: PlainNode, _ documents: [PlainDocument])
        -> String
    {
        var buckets: [(key: PlainKey, documents: [PlainDocument])] = []
        var places: [[UInt8]: Int] = [:]
        func add(_ document: PlainDocument, counts: Bool) {
            var keys = Self.keys(document, terms.field)
            if keys.isEmpty, let missing = terms.missing { keys = [missing.key] }
            for key in keys {
                let name = Array(Self.text(key, terms.field).utf8)
                if places[name] == nil {
                    places[name] = buckets.count
                    buckets.append((key, []))
                }
                if counts, let place = places[name] { buckets[place].documents.append(document) }
            }
        }
        for document in documents { add(document, counts: true) }
        if terms.minimum == 0 { for document in every { add(document, counts: false) } }
        func holds(_ values: [PlainValue], _ key: PlainKey) -> Bool {
            values.contains {
                Self.text($0.key, terms.field).utf8.elementsEqual(Self.text(key, terms.field).utf8)
            }
        }
        buckets.removeAll { bucket in
            bucket.documents.count < terms.minimum || holds(terms.excludes, bucket.key)
                || terms.includes.map { !holds($0, bucket.key) } ?? false
        }
        let order = terms.order.isEmpty ? [(key: .count, isDescending: true)] : terms.order
        buckets.sort { isBefore($0, $1, order, node) }
        let other = buckets.dropFirst(terms.size).reduce(0) { $0 + $1.documents.count }
        return list(
            buckets.prefix(terms.size).map {
                Self.text($0.key, terms.field) + ":" + bucket($0.documents, node)
            },
            other: other)
    }

    private func isBefore(
        _ left: (key: PlainKey, documents: [PlainDocument]),
        _ right: (key: PlainKey, documents: [PlainDocument]),
        _ order: [(key: BucketOrder.Key, isDescending: Bool)], _ node: PlainNode
    ) -> Bool {
        for (key, isDescending) in order {
            switch key {
            case .count:
                if left.documents.count == right.documents.count { continue }
                return (left.documents.count < right.documents.count) != isDescending
            case .key:
                if left.key.isBefore(right.key) { return !isDescending }
                if right.key.isBefore(left.key) { return isDescending }
            case .figure(let name):
                guard let part = node.parts.first(where: { $0.name == name }),
                    case .metric(let figure, let field, let missing) = part.kind
                else { continue }
                let first = Self.figure(figure, Self.values(left.documents, field, missing))
                let second = Self.figure(figure, Self.values(right.documents, field, missing))
                if first.isNaN || second.isNaN {
                    if first.isNaN && second.isNaN { continue }
                    return second.isNaN
                }
                if first != second { return (first < second) != isDescending }
            }
        }
        return left.key.isBefore(right.key)
    }

    private static func keys(_ document: PlainDocument, _ field: String) -> [PlainKey] {
        switch Plain.kinds[field] {
        case .term: document.terms(field).map { .term($0) }
        case .double: document.doubles(field).map { .double($0) }.distinct
        default: document.integers(field).map { .integer($0) }.distinct
        }
    }

    static func text(_ key: PlainKey, _ field: String) -> String {
        switch key {
        case .term(let text): "\"\(text)\""
        case .double(let number), .float(let number): String(number)
        case .integer(let number):
            field == "b"
                ? "\(number)/\(number != 0)"
                : field == "d" ? "\(number)/\(PlainCalendar.text(number))" : "\(number)"
        case .noTerm: "nil"
        }
    }

    // MARK: Histograms

    private func histogram(
        _ histogram: PlainAggregation.Histogram, _ node: PlainNode, _ documents: [PlainDocument]
    ) -> String {
        func cell(_ number: Double) -> Double {
            ((number - histogram.offset) / histogram.interval).rounded(.down)
        }
        var cells: [Double: [PlainDocument]] = [:]
        for document in documents {
            var numbers = Self.numbers(document, histogram.field)
            if numbers.isEmpty, let missing = histogram.missing { numbers = [missing] }
            for cell in Set(numbers.map { cell($0) }) { cells[cell, default: []].append(document) }
        }
        if histogram.minimum == 0 {
            var bounds = Array(cells.keys)
            if let extended = histogram.extended { bounds += [cell(extended.0), cell(extended.1)] }
            if let low = bounds.min(), let high = bounds.max() {
                for cell in stride(from: low, through: high, by: 1) where cells[cell] == nil {
                    cells[cell] = []
                }
            }
        }
        return list(
            cells.sorted { $0.key < $1.key }.filter { $0.value.count >= histogram.minimum }.map {
                cell, found in
                "\(cell * histogram.interval + histogram.offset + 0):" + bucket(found, node)
            })
    }

    private func dates(
        _ dates: PlainAggregation.Dates, _ node: PlainNode, _ documents: [PlainDocument]
    ) -> String {
        var cells: [Int64: [PlainDocument]] = [:]
        for document in documents {
            for key in Set(document.integers("d").map { dates.key(of: $0) }) {
                cells[key, default: []].append(document)
            }
        }
        if dates.minimum == 0 {
            var bounds = Array(cells.keys)
            if let extended = dates.extended {
                bounds += [dates.key(of: extended.0), dates.key(of: extended.1)]
            }
            if var key = bounds.min(), let high = bounds.max() {
                while key <= high {
                    if cells[key] == nil { cells[key] = [] }
                    key = dates.next(after: key)
                }
            }
        }
        let sorted = cells.sorted { ($0.key < $1.key) != dates.isDescending }
        return list(
            sorted.filter { $0.value.count >= dates.minimum }.map { key, found in
                "\(key)" + (dates.zone == 0 ? "/\(PlainCalendar.text(key))" : "") + ":" + bucket(found, node)
            })
    }

    // MARK: Figures

    private static func values(_ documents: [PlainDocument], _ field: String, _ missing: Double?) -> [Double]
    {
        documents.flatMap { document in
            let numbers =
                Plain.kinds[field] == .term
                ? document.terms(field).map { _ in 0 } : numbers(document, field)
            return numbers.isEmpty ? missing.map { [$0] } ?? [] : numbers
        }
    }

    /// Not a number where there is none, as orders see it.
    private static func figure(_ figure: MetricAggregation.Figure, _ values: [Double]) -> Double {
        switch figure {
        case .minimum: values.min() ?? .infinity
        case .maximum: values.max() ?? -.infinity
        case .sum: values.reduce(0, +)
        case .average: values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
        default: Double(values.count)
        }
    }

    private func metric(
        _ figure: MetricAggregation.Figure, _ field: String, _ missing: Double?, _ documents: [PlainDocument]
    ) -> String {
        let values = Self.values(documents, field, missing)
        func shown(_ figure: MetricAggregation.Figure) -> String {
            let number = Self.figure(figure, values)
            return number.isFinite ? "\(number + 0)" : "nil"
        }
        switch figure {
        case .count: return "#\(values.count)"
        case .cardinality:
            var keys = Set<[UInt8]>()
            for document in documents {
                for key in Self.keys(document, field) { keys.insert(Array(Self.text(key, field).utf8)) }
            }
            return "#\(keys.count)"
        case .statistics, .extendedStatistics:
            return "\(values.count),\(shown(.minimum)),\(shown(.maximum)),\(shown(.average)),\(shown(.sum))"
        default: return shown(figure)
        }
    }
}

extension [PlainKey] {
    /// Without those that equal the one before.
    fileprivate var distinct: [PlainKey] {
        var kept: [PlainKey] = []
        for key in self where kept.last.map({ $0.isBefore(key) }) ?? true { kept.append(key) }
        return kept
    }
}

extension PlainValue {
    fileprivate var key: PlainKey {
        switch self {
        case .null: .noTerm
        case .string(let text): .term(text)
        case .integer(let number), .date(let number, _): .integer(number)
        case .double(let number): .double(number)
        case .boolean(let flag): .integer(flag ? 1 : 0)
        }
    }
}
