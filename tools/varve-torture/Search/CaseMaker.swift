import Varve

/// Makes documents and requests at random, with a taste for what is hard: many values, none, nulls, equal ones, extremes,
/// empty strings, characters beyond the first plane, ends of months and of years.
struct CaseMaker {
    var chance: Chance

    init(seed: UInt64) { chance = Chance(seed: seed) }

    static let words = [
        "", "a", "ab", "abc", "b", "B", "ba", "é", "e\u{301}", "ß", "日本", "𝄞", "a b", "a*b", "zz", "\u{FFFD}",
        "\"q\"",
    ]
    private static let integers: [Int64] = [
        .min, .min + 1, -9_007_199_254_740_993, -1, 0, 1, 2, 3, 9_007_199_254_740_993, .max - 1, .max,
    ]
    private static let doubles = [-1e300, -2.5, -0.25, -0.0, 0.0, 0.25, 0.5, 1, 3.75, 1e300]
    private static let floats = [-1.5, -0.0, 0.0, 0.1, 0.2, 0.3, 16_777_217, 3.4e38]

    // MARK: Documents

    mutating func document(_ id: String) -> PlainDocument {
        var fields: [String: [PlainValue]] = [:]
        for field in ["k", "w", "n", "s", "x", "f", "b", "d"] where !chance.once(in: 5) {
            var values: [PlainValue] = []
            let count = chance.once(in: 3) ? chance.below(5) : 1
            for _ in 0..<count { values.append(chance.once(in: 9) ? .null : value(field)) }
            fields[field] = values
        }
        return PlainDocument(id: id, fields: fields)
    }

    mutating func value(_ field: String) -> PlainValue {
        switch field {
        case "k": return .string(chance.one(of: Self.words))
        case "w": return .string("w\(chance.below(40))")
        case "n": return .integer(chance.one(of: Self.integers))
        case "s": return .integer(Int64(chance.below(25) - 8))
        case "x":
            return .double(
                chance.once(in: 12) ? chance.one(of: Self.doubles) : Double(chance.below(80) - 40) / 4)
        case "f": return .double(chance.one(of: Self.floats))
        case "b": return .boolean(chance.once(in: 2))
        default:
            let moment = moment()
            return .date(moment, PlainCalendar.text(moment))
        }
    }

    mutating func moment() -> Int64 {
        let year = 2019 + chance.below(4)
        let month = 1 + chance.below(12)
        let day = chance.once(in: 3) ? PlainCalendar.length(month, year) : 1 + chance.below(28)
        let time =
            chance.once(in: 4) ? 0 : chance.once(in: 4) ? 86_399_999 : Int64(chance.below(86_400)) * 1_000
        return PlainCalendar(year, month, day, time: time).moment
    }

    // MARK: Queries

    mutating func query(depth: Int = 0) -> PlainQuery {
        switch chance.below(depth < 3 ? 20 : 15) {
        case 0: return .all
        case 1:
            let ids = (0..<chance.below(6)).map { _ in "d\(chance.below(60))" }
            return chance.once(in: 6) ? .none : .ids(ids)
        case 2: return .terms(chance.once(in: 3) ? "w" : "k", (0...chance.below(3)).map { _ in text() })
        case 3: return .integers("n", (0...chance.below(3)).map { _ in chance.one(of: Self.integers) })
        case 4: return .integers("s", (0...chance.below(4)).map { _ in Int64(chance.below(25) - 8) })
        case 5: return .doubles("x", (0...chance.below(3)).map { _ in chance.one(of: Self.doubles) })
        case 6: return .doubles("f", [chance.one(of: Self.floats)])
        case 7: return .flag(chance.once(in: 2))
        case 8: return .termRange("k", bound { $0.text() }, bound { $0.text() })
        case 9:
            return .integerRange(
                "n", bound { $0.chance.one(of: Self.integers) }, bound { $0.chance.one(of: Self.integers) })
        case 10:
            return .integerRange(
                "s", bound { Int64($0.chance.below(25) - 8) }, bound { Int64($0.chance.below(25) - 8) })
        case 11:
            return chance.once(in: 3)
                ? .doubleRange(
                    "f", bound { $0.chance.one(of: Self.floats) }, bound { $0.chance.one(of: Self.floats) })
                : .doubleRange(
                    "x", bound { $0.chance.one(of: Self.doubles) },
                    bound { Double($0.chance.below(40) - 20) / 4 })
        case 12:
            return chance.once(in: 3) ? .date(date()) : .dateRange(bound { $0.date() }, bound { $0.date() })
        case 13: return .exists(chance.one(of: ["k", "w", "n", "s", "x", "f", "b", "d", "nowhere"]))
        case 14:
            if chance.once(in: 2) { return .prefix("k", String(text().prefix(2))) }
            return .wildcard("k", chance.one(of: ["*", "a*", "?", "*b", "*b*", "??", "a?c", "*é*", "?*"]))
        default:
            func some(_ most: Int) -> Int { chance.below(most) }
            let (must, filter, should, not) = (some(3), some(2), some(4), some(2))
            return .bool(
                must: (0..<must).map { _ in query(depth: depth + 1) },
                filter: (0..<filter).map { _ in query(depth: depth + 1) },
                should: (0..<should).map { _ in query(depth: depth + 1) },
                not: (0..<not).map { _ in query(depth: depth + 1) },
                minimum: chance.once(in: 3) ? chance.below(4) - 1 : nil)
        }
    }

    mutating func text() -> String {
        chance.once(in: 4) ? "w\(chance.below(40))" : chance.one(of: Self.words)
    }

    /// A bound, unless it is to be open.
    private mutating func bound<T>(_ value: (inout CaseMaker) -> T) -> (T, Bool)? {
        if chance.once(in: 4) { return nil }
        return (value(&self), chance.once(in: 2))
    }

    /// A date to the year, month, day or millisecond, or with math behind it.
    private mutating func date() -> PlainDate {
        let moment = moment()
        let date = PlainCalendar(moment)
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        func whole(_ text: String, _ unit: PlainCalendar.Unit) -> PlainDate {
            let first = PlainCalendar.start(unit, of: moment)
            return PlainDate(text: text, first: first, last: PlainCalendar.next(unit, after: first) - 1)
        }
        switch chance.below(6) {
        case 0: return whole("\(date.year)", .year)
        case 1: return whole("\(date.year)-\(two(date.month))", .month)
        case 2: return whole("\(date.year)-\(two(date.month))-\(two(date.day))", .day)
        case 3: return whole(PlainCalendar.text(moment) + "||/M", .month)
        case 4: return whole(PlainCalendar.text(moment) + "||/w", .week)
        default: return PlainDate(text: PlainCalendar.text(moment), first: moment, last: moment)
        }
    }

    // MARK: Orders

    mutating func sort() -> [PlainSort] {
        (0..<chance.below(4)).map { _ in
            let field = chance.one(of: ["k", "w", "n", "s", "x", "f", "b", "d", "_id", "_doc"])
            return PlainSort(
                field: field, isDescending: chance.once(in: 2), missing: missing(field), mode: mode(field))
        }
    }

    private mutating func mode(_ field: String) -> SortKey.Mode? {
        if chance.once(in: 2) || field.hasPrefix("_") { return nil }
        // Sums of the others are not exact, whatever adds them.
        return chance.one(
            of: field == "s" ? [.minimum, .maximum, .sum, .average, .median] : [.minimum, .maximum])
    }

    private mutating func missing(_ field: String) -> PlainSort.Missing {
        if field.hasPrefix("_") { return .last }
        switch chance.below(4) {
        case 0: return .first
        case 1:
            switch value(field) {
            case .string(let text): return .value(.term(text))
            case .integer(let number), .date(let number, _): return .value(.integer(number))
            case .double(let number):
                return .value(field == "f" ? .float(Double(Float(number))) : .double(number))
            case .boolean(let flag): return .value(.integer(flag ? 1 : 0))
            case .null: return .last
            }
        default: return .last
        }
    }
}
