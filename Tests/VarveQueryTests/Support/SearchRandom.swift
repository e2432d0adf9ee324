import VarveDocument
import VarveSegment

@testable import VarveQuery

/// Random documents, queries, sorts and pages from one seed.
struct SearchRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    static let definitions: [FieldDefinition] = {
        var hidden = FieldDefinition("hidden", .keyword)
        hidden.isIndexed = false
        return [
            FieldDefinition("k", .keyword), FieldDefinition("tags", .keyword), FieldDefinition("t", .text),
            FieldDefinition("n", .long), FieldDefinition("many", .long), FieldDefinition("d", .double),
            FieldDefinition("f", .float), FieldDefinition("b", .boolean), FieldDefinition("at", .date),
            FieldDefinition("time", .long), FieldDefinition("o.x", .long), FieldDefinition("o.y", .keyword),
            hidden,
        ]
    }()

    static let sortable = [
        "k", "tags", "n", "many", "d", "f", "b", "at", "time", "o.x", "hidden", "_doc", "_seq_no", "_id",
    ]

    // MARK: Documents

    private mutating func word() -> String {
        pick(["a", "ab", "abc", "b", "ba", "bé", "é", "c*", "zz", "z", "", "Ab", "a\u{ff}", "日本"])
    }

    private mutating func integer() -> Int64 {
        if chance(2) { return pick([Int64.max, .min, .max - 1, .min + 1]) }
        return Int64(below(41)) - 20
    }

    private mutating func double() -> Double { Double(below(41) - 20) / 4 }

    mutating func document(_ number: Int, birth: UInt64) -> ScriptedDocument {
        var document = ScriptedDocument(id: "id-\(number)", birth: birth, version: Int64(1 + below(5)))
        func set(_ path: String, _ values: [ScriptedValue]) {
            if !values.isEmpty { document.values[path] = values }
        }
        if chance(80) { set("k", [.string(word())]) }
        if chance(60) { set("tags", (0..<(1 + below(3))).map { _ in .string(word()) }) }
        if chance(70) { set("t", [.string((0..<below(5)).map { _ in word() }.joined(separator: " "))]) }
        if chance(90) { set("n", [.integer(integer())]) }
        if chance(50) { set("many", (0..<(1 + below(3))).map { _ in .integer(integer()) }) }
        if chance(80) { set("d", [.double(double())]) }
        if chance(80) { set("f", [.double(Double(Float(double() / 10)))]) }
        if chance(80) { set("b", [.integer(Int64(below(2)))]) }
        if chance(80) { set("at", [.integer(Int64(below(5)) * 100_000)]) }
        set("time", [.integer(Int64(birth) / 7 + Int64(chance(5) ? below(20) : 0))])
        if chance(20) { set("o.x", [.integer(integer())]) }
        if chance(20) { set("o.y", [.string(word())]) }
        if chance(50) { set("hidden", [.string(word())]) }
        return document
    }

    /// Documents by shard and segment.
    mutating func corpus() -> [[[ScriptedDocument]]] {
        var number = 0
        return (0..<(1 + below(3))).map { _ in
            var birth = UInt64(below(50))
            return (0..<below(4)).map { _ in
                let deleted = pick([0, 0, 10, 60, 100])
                let count = pick([1, 3, 64, 65, 127, 1 + below(200)])
                return (0..<count).map { _ in
                    number += 1
                    birth += chance(90) ? 1 : UInt64(1 + below(9))
                    var document = document(number, birth: birth)
                    document.isDeleted = chance(deleted)
                    return document
                }
            }
        }
    }

    // MARK: Queries

    mutating func query(depth: Int = 0) -> Query {
        if depth < 3 && chance(35) { return bool(depth) }
        switch below(11) {
        case 0: return chance(80) ? .all : .none
        case 1: return .ids((0..<below(5)).map { _ in "id-\(below(300))" })
        case 2: return .term(pick(["k", "tags", "t", "o.y", "hidden", "gone"]), .string(word()))
        case 3: return number(pick(["n", "many", "d", "f", "b", "time", "o.x"]))
        case 4: return .terms("tags", (0..<below(4)).map { _ in .string(word()) })
        case 5:
            return .terms(pick(["n", "many"]), (0..<below(12)).map { _ in .integer(Int64(below(41)) - 20) })
        case 6: return range(pick(["n", "many", "d", "f", "time", "o.x"]))
        case 7: return textRange(pick(["k", "tags", "t", "hidden"]))
        case 8: return .exists(pick(["k", "tags", "t", "n", "many", "o", "o.x", "hidden", "gone", "b"]))
        case 9: return .prefix(pick(["k", "tags", "t", "hidden"]), word())
        default:
            if chance(50) {
                return .wildcard(
                    pick(["k", "tags", "t", "hidden"]),
                    pick(["*", "a*", "*b*", "?", "??", "b?", "*é", "a*c", "z**"]))
            }
            let text = (0..<below(4)).map { _ in word() }.joined(separator: " ")
            return .match("t", .string(text), pick([.any, .all, .atLeast(2), .atLeast(.percent(60))]))
        }
    }

    private mutating func bool(_ depth: Int) -> Query {
        .bool(
            must: (0..<below(3)).map { _ in query(depth: depth + 1) },
            filter: (0..<below(2)).map { _ in query(depth: depth + 1) },
            should: (0..<below(4)).map { _ in query(depth: depth + 1) },
            mustNot: (0..<(chance(30) ? 1 : 0)).map { _ in query(depth: depth + 1) },
            minimumShouldMatch: pick([nil, nil, nil, 0, 1, 2, -1, .percent(60)]))
    }

    private mutating func number(_ path: String) -> Query {
        if path == "b" { return .term(path, pick([QueryValue.boolean(true), "false"])) }
        return .term(path, value(path))
    }

    private mutating func value(_ path: String) -> QueryValue {
        let number = path == "f" ? double() / 10 : double()
        if chance(20) { return .double(number) }
        if path == "d" || path == "f" { return chance(20) ? .string(String(number)) : .double(number) }
        let integer = path == "time" ? Int64(below(60)) : Int64(below(41)) - 20
        return chance(20) ? .string(String(integer)) : .integer(integer)
    }

    private mutating func bound(_ value: QueryValue) -> QueryBounds.Bound? {
        chance(25) ? nil : chance(50) ? .including(value) : .excluding(value)
    }

    private mutating func range(_ path: String) -> Query {
        .range(path, QueryBounds(from: bound(value(path)), to: bound(value(path))))
    }

    private mutating func textRange(_ path: String) -> Query {
        .range(path, QueryBounds(from: bound(.string(word())), to: bound(.string(word()))))
    }

    // MARK: Sorts

    mutating func sort() -> [SortKey] {
        (0..<pick([0, 1, 1, 1, 2, 2, 3])).map { _ in
            SortKey(
                pick(Self.sortable), chance(50) ? .ascending : .descending,
                missing: chance(70) ? .last : .first,
                mode: chance(80) ? nil : pick([.minimum, .maximum]))
        }
    }
}
