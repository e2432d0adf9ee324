import VarveBytes

/// A deterministic automaton over the scalars of terms, made of a regular expression. Its size is bounded: what
/// would need more states or work is refused.
struct Automaton: Equatable {
    static let statesMax = 10_000

    /// Where classes of scalars begin; scalars of one class are alike to the automaton. Begins with 0.
    let classStarts: [UInt32]
    /// By state and class: the next state, or -1.
    let transitions: [Int32]
    let isAccepting: [Bool]
    /// What every accepted term starts with.
    let literalPrefix: [UInt8]

    private var classCount: Int { classStarts.count }

    init(_ expression: RegularExpression, _ pattern: String) throws(QueryError) {
        var boundaries: Set<UInt32> = [0]
        Self.collect(expression, &boundaries)
        classStarts = boundaries.filter { $0 <= 0x10FFFF }.sorted()
        var builder = AutomatonBuilder(classStarts, pattern)
        let table = try builder.deterministic(expression)
        transitions = table.transitions
        isAccepting = table.isAccepting
        literalPrefix = Self.prefix(table, classStarts)
    }

    private static func collect(_ expression: RegularExpression, _ boundaries: inout Set<UInt32>) {
        switch expression {
        case .scalars(let ranges):
            for range in ranges {
                boundaries.insert(range.lowerBound)
                boundaries.insert(range.upperBound + 1)
            }
        case .sequence(let parts), .either(let parts): for part in parts { collect(part, &boundaries) }
        case .both(let left, let right):
            collect(left, &boundaries)
            collect(right, &boundaries)
        case .complement(let part), .repeated(let part, _, _): collect(part, &boundaries)
        }
    }

    /// Scalars for as long as there is only one way to go.
    private static func prefix(_ table: StateTable, _ starts: [UInt32]) -> [UInt8] {
        var prefix = ""
        if table.isAccepting.isEmpty { return [] }
        var state = 0
        while !table.isAccepting[state], prefix.utf8.count < 64 {
            let live = starts.indices.filter { table.transitions[state * starts.count + $0] >= 0 }
            guard live.count == 1, let only = live.first else { break }
            let end = only + 1 < starts.count ? starts[only + 1] : 0x110000
            guard end - starts[only] == 1, let scalar = Unicode.Scalar(starts[only]) else { break }
            prefix.unicodeScalars.append(scalar)
            state = Int(table.transitions[state * starts.count + only])
        }
        return Array(prefix.utf8)
    }

    func accepts(_ term: RawSpan) -> Bool {
        if isAccepting.isEmpty { return false }
        var state = 0
        var at = 0
        while at < term.byteCount {
            let (scalar, length) = term.decodedScalar(at: at)
            let next = transitions[state * classCount + classOf(scalar)]
            if next < 0 { return false }
            state = Int(next)
            at += length
        }
        return isAccepting[state]
    }

    private func classOf(_ scalar: UInt32) -> Int {
        var low = 0
        var high = classStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if classStarts[middle] <= scalar { low = middle } else { high = middle }
        }
        return low
    }
}

extension RawSpan {
    /// The scalar at `at` of valid UTF-8, and its bytes.
    func decodedScalar(at: Int) -> (value: UInt32, length: Int) {
        let lead = UInt32(byte(at: at))
        if lead < 0x80 { return (lead, 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard at + length <= byteCount else { return (0xFFFD, byteCount - at) }
        var value = lead & (0x7F >> UInt32(length))
        for place in 1..<length { value = value << 6 | UInt32(byte(at: at + place) & 0x3F) }
        return (value, length)
    }
}

/// States with their ways on; state 0 is the first.
struct StateTable {
    var transitions: [Int32] = []
    var isAccepting: [Bool] = []
}

/// Makes automata: a nondeterministic one of the tree, then sets of its states as states of the other.
struct AutomatonBuilder {
    private static let edgesMax = 200_000
    private static let workMax = 4_000_000

    private struct Edge {
        var classes: Range<Int>
        var target: Int32
    }

    private let starts: [UInt32]
    private let pattern: String
    private var edges: [[Edge]] = []
    private var jumps: [[Int32]] = []
    private var size = 0
    private var work = 0

    init(_ starts: [UInt32], _ pattern: String) {
        self.starts = starts
        self.pattern = pattern
    }

    private func tooComplex() -> QueryError {
        QueryError(
            .tooComplex,
            "Determinizing automaton for [\(pattern)] would require more than \(Automaton.statesMax) states.")
    }

    private mutating func newState() throws(QueryError) -> Int32 {
        try spend(1)
        edges.append([])
        jumps.append([])
        return Int32(edges.count - 1)
    }

    private mutating func spend(_ count: Int) throws(QueryError) {
        size += count
        if size > Self.edgesMax { throw tooComplex() }
    }

    /// An automaton of its own for this part of the tree; no state of it leads nowhere.
    mutating func deterministic(_ expression: RegularExpression) throws(QueryError) -> StateTable {
        switch expression {
        case .complement(let part): return try inverted(try deterministic(part))
        case .both(let left, let right):
            return try product(try deterministic(left), try deterministic(right))
        default: break
        }
        var builder = AutomatonBuilder(starts, pattern)
        builder.work = work
        let first = try builder.newState()
        let last = try builder.newState()
        try builder.add(expression, from: first, to: last)
        let table = try builder.subsets(first, last)
        work = builder.work
        return Self.trimmed(table, classes: starts.count)
    }

    // MARK: Nondeterministic

    private mutating func add(
        _ expression: RegularExpression, from: Int32, to: Int32
    ) throws(QueryError) {
        switch expression {
        case .scalars(let ranges):
            for range in ranges {
                try spend(1)
                edges[Int(from)].append(Edge(classes: classes(range), target: to))
            }
        case .sequence(let parts):
            var last = from
            for part in parts {
                let next = try newState()
                try add(part, from: last, to: next)
                last = next
            }
            jumps[Int(last)].append(to)
        case .either(let parts): for part in parts { try add(part, from: from, to: to) }
        case .repeated(let part, let least, let most): try add(part, least, most, from: from, to: to)
        case .both, .complement: try embed(try deterministic(expression), from: from, to: to)
        }
    }

    private mutating func add(
        _ part: RegularExpression, _ least: Int, _ most: Int?, from: Int32, to: Int32
    ) throws(QueryError) {
        var last = try newState()
        jumps[Int(from)].append(last)
        for _ in 0..<least {
            let next = try newState()
            try add(part, from: last, to: next)
            last = next
        }
        if let most {
            for _ in least..<max(least, most) {
                jumps[Int(last)].append(to)
                let next = try newState()
                try add(part, from: last, to: next)
                last = next
            }
            jumps[Int(last)].append(to)
        } else {
            let loop = try newState()
            jumps[Int(last)].append(loop)
            try add(part, from: loop, to: last)
            jumps[Int(last)].append(to)
        }
    }

    private mutating func embed(_ table: StateTable, from: Int32, to: Int32) throws(QueryError) {
        let base = edges.count
        for _ in table.isAccepting { _ = try newState() }
        if !table.isAccepting.isEmpty { jumps[Int(from)].append(Int32(base)) }
        for state in table.isAccepting.indices {
            if table.isAccepting[state] { jumps[base + state].append(to) }
            for number in starts.indices {
                let next = table.transitions[state * starts.count + number]
                if next < 0 { continue }
                try spend(1)
                edges[base + state].append(Edge(classes: number..<(number + 1), target: Int32(base) + next))
            }
        }
    }

    /// The classes of a range, whose bounds are among the starts.
    private func classes(_ range: ClosedRange<UInt32>) -> Range<Int> {
        let low = starts.firstIndex { $0 >= range.lowerBound } ?? starts.count
        let high = starts.firstIndex { $0 > range.upperBound } ?? starts.count
        return low..<max(low, high)
    }

    // MARK: Deterministic

    private mutating func subsets(_ first: Int32, _ last: Int32) throws(QueryError) -> StateTable {
        var table = StateTable()
        var sets: [[Int32]] = []
        var known: [[Int32]: Int32] = [:]
        let start = try closed([first])
        known[start] = 0
        sets.append(start)
        var at = 0
        while at < sets.count {
            table.isAccepting.append(sets[at].contains(last))
            var next = [[Int32]](repeating: [], count: starts.count)
            for state in sets[at] {
                for edge in edges[Int(state)] {
                    work += edge.classes.count
                    for number in edge.classes { next[number].append(edge.target) }
                }
            }
            for targets in next {
                if targets.isEmpty {
                    table.transitions.append(-1)
                    continue
                }
                let set = try closed(targets)
                if known[set] == nil {
                    guard sets.count < Automaton.statesMax else { throw tooComplex() }
                    known[set] = Int32(sets.count)
                    sets.append(set)
                }
                table.transitions.append(known[set] ?? -1)
            }
            at += 1
        }
        return table
    }

    /// The states that jumps lead to, ascending.
    private mutating func closed(_ states: [Int32]) throws(QueryError) -> [Int32] {
        var found = Set(states)
        var pending = Array(found)
        while let state = pending.popLast() {
            for next in jumps[Int(state)] where found.insert(next).inserted { pending.append(next) }
        }
        work += found.count
        if work > Self.workMax { throw tooComplex() }
        return found.sorted()
    }

    private mutating func inverted(_ table: StateTable) throws(QueryError) -> StateTable {
        var whole = table
        // What led nowhere leads to a state that accepts all there is.
        let sink = Int32(table.isAccepting.count)
        whole.isAccepting = table.isAccepting.map { !$0 } + [true]
        whole.transitions = table.transitions.map { $0 < 0 ? sink : $0 }
        whole.transitions += [Int32](repeating: sink, count: starts.count)
        return Self.trimmed(whole, classes: starts.count)
    }

    private mutating func product(_ left: StateTable, _ right: StateTable) throws(QueryError) -> StateTable {
        if left.isAccepting.isEmpty || right.isAccepting.isEmpty { return StateTable() }
        var table = StateTable()
        var pairs: [[Int]] = [[0, 0]]
        var known: [[Int]: Int32] = [[0, 0]: 0]
        var at = 0
        while at < pairs.count {
            let (one, other) = (pairs[at][0], pairs[at][1])
            table.isAccepting.append(left.isAccepting[one] && right.isAccepting[other])
            work += starts.count
            if work > Self.workMax { throw tooComplex() }
            for number in starts.indices {
                let a = left.transitions[one * starts.count + number]
                let b = right.transitions[other * starts.count + number]
                guard a >= 0 && b >= 0 else {
                    table.transitions.append(-1)
                    continue
                }
                let pair = [Int(a), Int(b)]
                if known[pair] == nil {
                    guard pairs.count < Automaton.statesMax else { throw tooComplex() }
                    known[pair] = Int32(pairs.count)
                    pairs.append(pair)
                }
                table.transitions.append(known[pair] ?? -1)
            }
            at += 1
        }
        return Self.trimmed(table, classes: starts.count)
    }

    /// The same without the states from which no accepting one is reached; empty if the first is one of them.
    private static func trimmed(_ table: StateTable, classes: Int) -> StateTable {
        let count = table.isAccepting.count
        var sources = [[Int32]](repeating: [], count: count)
        for (place, next) in table.transitions.enumerated() where next >= 0 {
            sources[Int(next)].append(Int32(place / classes))
        }
        var isLive = table.isAccepting
        var pending = isLive.indices.filter { isLive[$0] }
        while let state = pending.popLast() {
            for source in sources[state] where !isLive[Int(source)] {
                isLive[Int(source)] = true
                pending.append(Int(source))
            }
        }
        guard count > 0 && isLive[0] else { return StateTable() }
        var numbers = [Int32](repeating: -1, count: count)
        var next: Int32 = 0
        for state in 0..<count where isLive[state] {
            numbers[state] = next
            next += 1
        }
        var kept = StateTable()
        for state in 0..<count where isLive[state] {
            kept.isAccepting.append(table.isAccepting[state])
            for target in table.transitions[(state * classes)..<((state + 1) * classes)] {
                kept.transitions.append(target < 0 ? -1 : numbers[Int(target)])
            }
        }
        return kept
    }
}
