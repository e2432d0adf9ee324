import Varve

extension CaseMaker {
    mutating func aggregations() -> [PlainNode] {
        (0..<(1 + chance.below(3))).map { node("a\($0)", depth: 0, isPageable: true) }
    }

    private mutating func node(_ name: String, depth: Int, isPageable: Bool) -> PlainNode {
        let kind = kind(depth: depth, isPageable: isPageable)
        var parts: [PlainNode] = []
        if case .metric = kind {
        } else if depth < 3 {
            let isSingle =
                switch kind {
                case .filter, .missing, .global: true
                default: false
                }
            parts = (0..<chance.below(3)).map {
                node("b\($0)", depth: depth + 1, isPageable: isPageable && isSingle)
            }
        }
        var made = PlainNode(name: name, kind: kind, parts: parts)
        if case .terms(var terms) = kind {
            terms.order = order(parts)
            made.kind = .terms(terms)
        }
        return made
    }

    private mutating func order(_ parts: [PlainNode]) -> [(key: BucketOrder.Key, isDescending: Bool)] {
        (0..<chance.below(3)).map { _ in
            let figures = parts.filter { part in
                if case .metric(let figure, _, _) = part.kind {
                    return [.minimum, .maximum, .sum, .average, .count].contains(figure)
                }
                return false
            }
            let key: BucketOrder.Key
            if let part = figures.first, chance.once(in: 2) {
                key = .figure(part.name)
            } else {
                key = chance.once(in: 2) ? .count : .key
            }
            return (key, chance.once(in: 2))
        }
    }

    private mutating func kind(depth: Int, isPageable: Bool) -> PlainAggregation {
        switch chance.below(depth >= 2 ? 20 : 15) {
        case 0...2: return .terms(terms())
        case 3:
            let field = chance.one(of: ["s", "x", "n"])
            let ranges = (0...chance.below(3)).map { _ in
                (
                    chance.once(in: 4) ? nil : Double(chance.below(40) - 20) / 2,
                    chance.once(in: 4) ? nil : Double(chance.below(40) - 20) / 2
                )
            }
            return .range(field, ranges)
        case 4:
            return .dateRange(
                (0...chance.below(3)).map { _ in
                    (chance.once(in: 4) ? nil : moment(), chance.once(in: 4) ? nil : moment())
                })
        case 5: return .histogram(histogram())
        case 6, 7: return .dates(dates())
        case 8: return .filter(query(depth: 2))
        case 9:
            return .filters((0...chance.below(3)).map { _ in query(depth: 2) }, hasOther: chance.once(in: 2))
        case 10: return .missing(chance.one(of: ["k", "n", "x", "d", "nowhere"]))
        case 11 where depth == 0: return .global
        case 12 where isPageable: return composite()
        default: return metric()
        }
    }

    private mutating func terms() -> PlainAggregation.Terms {
        let field = chance.one(of: ["k", "w", "n", "s", "x", "f", "b", "d"])
        func values(_ maker: inout CaseMaker) -> [PlainValue] {
            (0...maker.chance.below(4)).map { _ in maker.narrowed(maker.value(field), field) }
        }
        return PlainAggregation.Terms(
            field: field, size: chance.one(of: [1, 2, 5, 10, 1_000]), order: [],
            minimum: chance.one(of: [0, 1, 1, 1, 2, 3]),
            missing: chance.once(in: 4) ? narrowed(value(field), field) : nil,
            includes: chance.once(in: 6) ? values(&self) : nil,
            excludes: chance.once(in: 6) ? values(&self) : [])
    }

    /// A float as its column has it.
    private func narrowed(_ value: PlainValue, _ field: String) -> PlainValue {
        if field == "f", case .double(let number) = value { return .double(Double(Float(number))) }
        return value
    }

    private mutating func histogram() -> PlainAggregation.Histogram {
        let low = Double(chance.below(20) - 15)
        return PlainAggregation.Histogram(
            field: "s", interval: chance.one(of: [0.5, 1, 2.5, 4, 10]),
            offset: chance.one(of: [0, 0, 0.25, 1, -3]),
            minimum: chance.below(3),
            extended: chance.once(in: 3) ? (low, low + Double(chance.below(30))) : nil,
            missing: chance.once(in: 4) ? Double(chance.below(9)) : nil)
    }

    private mutating func dates() -> PlainAggregation.Dates {
        let hour: Int64 = 3_600_000
        let unit: PlainCalendar.Unit? =
            chance.once(in: 3) ? nil : chance.one(of: [.week, .month, .quarter, .year])
        let low = moment()
        return PlainAggregation.Dates(
            unit: unit, length: chance.one(of: [7 * 24 * hour, 36 * hour, 24 * hour]),
            offset: chance.one(of: [0, 0, 0, hour, -5 * hour, 30 * hour]),
            zone: chance.one(of: [0, 0, 0, 2, -5, 9]), minimum: chance.below(3),
            extended: chance.once(in: 4) ? (low, low + Int64(chance.below(90)) * 24 * hour) : nil,
            isDescending: chance.once(in: 5))
    }

    private mutating func composite() -> PlainAggregation {
        let fields = ["k", "w", "n", "s", "x", "b", "d"]
        var sources: [PlainAggregation.Source] = []
        var after: [PlainComposite.Part?] = []
        for _ in 0...chance.below(3) {
            let field = chance.one(of: fields)
            let interval: Double? = field == "s" && chance.once(in: 2) ? 4 : nil
            sources.append(
                PlainAggregation.Source(
                    field: field, interval: interval, isDescending: chance.once(in: 3),
                    countsMissing: chance.once(in: 2)))
            after.append(part(field, interval))
        }
        return .composite(
            sources, size: chance.one(of: [1, 3, 10, 100]), after: chance.once(in: 2) ? after : nil)
    }

    private mutating func part(_ field: String, _ interval: Double?) -> PlainComposite.Part? {
        if chance.once(in: 6) { return nil }
        if let interval { return .double(Double(chance.below(8) - 2) * interval) }
        switch value(field) {
        case .string(let text): return .term(text)
        case .integer(let number), .date(let number, _): return .integer(number)
        case .double(let number): return .double(number)
        case .boolean(let flag): return .integer(flag ? 1 : 0)
        case .null: return nil
        }
    }

    private mutating func metric() -> PlainAggregation {
        let figure: MetricAggregation.Figure = chance.one(
            of: [.minimum, .maximum, .sum, .average, .count, .statistics, .cardinality(threshold: 40_000)])
        switch figure {
        case .count, .cardinality:
            return .metric(figure, chance.one(of: ["k", "w", "n", "s", "x", "f", "b", "d"]), missing: nil)
        case .minimum, .maximum:
            return .metric(figure, chance.one(of: ["n", "s", "x", "f", "d"]), missing: nil)
        default: return .metric(figure, "s", missing: chance.once(in: 4) ? 3 : nil)
        }
    }
}
