/// The rules of visibility, pins, merging and power loss, as a model small enough to be run a thousand times.
///
/// A shard of 25 ids lives through random writes, flushes, merges, pins, time travel, removal of tombstones and
/// crashes that take the tail of the log. After every step, every snapshot that it may concern is read through
/// the segments' validity intervals and compared with what the history of operations says. No bytes, no files:
/// only births, deaths, `[from, to)` and the three rules that the design rests on, each of which a `Fault` drops.
struct ValidityModel {
    /// A rule that is left out, to show that the model would notice.
    enum Fault: CaseIterable {
        /// A flush keeps no version for the sake of a pin.
        case flushIgnoresPins
        /// A merge's threshold V may lie below what its inputs still hold.
        case thresholdBelowFrom
        /// A merge's threshold V may lie above the flush number, in the part of the log that may be lost.
        case thresholdAboveFlush
    }

    enum Violation: Error, Equatable {
        /// Two visible versions of one id.
        case twice(id: Int, snapshot: Int)
        /// A version that should not be visible, or an older one than should.
        case wrong(id: Int, snapshot: Int)
        case missing(snapshot: Int)
    }

    /// What happened, so that a test can show that its histories were not idle.
    struct Tally {
        var segmentsRemoved = 0
        var rebases = 0
        var travels = 0
        var crashes = 0
        var merges = 0
    }

    private struct Operation {
        var number: Int
        var id: Int
        var isPut: Bool
    }

    /// Rows are places in the pool; copying a row makes a new place.
    private struct Segment {
        var rows: [Int]
        var from: Int
        var to = Int.max

        func answers(_ snapshot: Int) -> Bool { from <= snapshot && snapshot < to }
    }

    /// All rows ever made. A death of `Int.max` means that the row lives.
    private struct Pool {
        var births: [Int] = []
        var ids: [Int] = []
        var puts: [Bool] = []
        var deaths: [Int] = []

        mutating func append(_ operation: Operation) -> Int {
            births.append(operation.number)
            ids.append(operation.id)
            puts.append(operation.isPut)
            deaths.append(.max)
            return births.count - 1
        }

        mutating func copy(_ row: Int) -> Int {
            births.append(births[row])
            ids.append(ids[row])
            puts.append(puts[row])
            deaths.append(deaths[row])
            return births.count - 1
        }
    }

    /// What a snapshot must show: by id the birth of its version, or -1.
    private struct Truth {
        var births = [Int](repeating: -1, count: idCount)
        var count = 0

        mutating func apply(_ operation: Operation) {
            if births[operation.id] >= 0 { count -= 1 }
            births[operation.id] = operation.isPut ? operation.number : -1
            if operation.isPut { count += 1 }
        }
    }

    private struct Pin {
        var snapshot: Int
        var truth: Truth
    }

    private static let idCount = 25

    private(set) var tally = Tally()
    private let fault: Fault?
    private var random: Random
    /// How far back history is kept without a pin.
    private let window: Int

    private var history: [Operation] = []
    private var now = Truth()
    /// The last number given, and the last that survives a crash.
    private var number = 0
    private var durable = 0
    /// Everything at or below it is in segments.
    private var flushed = 0
    private var pool = Pool()
    private var current: [Segment] = []
    private var retired: [Segment] = []
    private var memtable: [Int] = []
    /// By id the row of its newest version, or -1.
    private var newest = [Int](repeating: -1, count: idCount)
    private var pins: [Pin] = []
    /// By id the last check that saw it.
    private var seen = [Int](repeating: 0, count: idCount)
    private var checks = 0

    init(seed: UInt64, fault: Fault? = nil) {
        random = Random(seed: seed)
        self.fault = fault
        window = [0, 0, 5, 30][random.below(4)]
    }

    mutating func run(steps: Int) throws(Violation) {
        for _ in 0..<steps { try step() }
    }

    private mutating func step() throws(Violation) {
        // A write cannot change what an older snapshot sees: its birth and the death it causes are newer.
        var mayChangePins = true
        switch random.below(100) {
        case 0..<55:
            write()
            mayChangePins = false
        case 55..<65: flush()
        case 65..<75: merge()
        case 75..<85:
            pins.append(Pin(snapshot: number, truth: now))
            durable = number
        case 85..<87: durable = max(durable, random.within(durable...number))
        case 87..<90: pinThePast()
        case 90..<96 where !pins.isEmpty: pins.remove(at: random.below(pins.count))
        default: crash()
        }
        if mayChangePins {
            removeUnpinned()
            for at in pins.indices { try check(pins[at].snapshot, pins[at].truth) }
        }
        try check(number, now)
        if floor <= number {
            let snapshot = random.within(floor...number)
            try check(snapshot, truth(at: snapshot))
        }
    }

    private var historyStart: Int { max(0, number - window) }
    private var floor: Int {
        var floor = 0
        for at in current.indices { floor = max(floor, current[at].from) }
        return floor
    }

    private func truth(at snapshot: Int) -> Truth {
        var truth = Truth()
        let history = history
        var at = 0
        while at < history.count && history[at].number <= snapshot {
            truth.apply(history[at])
            at += 1
        }
        return truth
    }
}

// MARK: What a shard does

extension ValidityModel {
    private mutating func write() {
        number += 1
        let operation = Operation(
            number: number, id: random.below(Self.idCount), isPut: random.below(100) < 75)
        history.append(operation)
        now.apply(operation)
        apply(operation)
    }

    private mutating func apply(_ operation: Operation) {
        let old = newest[operation.id]
        if old >= 0 { pool.deaths[old] = operation.number }
        let row = pool.append(operation)
        memtable.append(row)
        newest[operation.id] = row
    }

    private mutating func flush() {
        if memtable.isEmpty { return }
        var candidates = [number, historyStart]
        if fault != .flushIgnoresPins {
            candidates += pins.map { $0.snapshot }.filter { flushed < $0 && $0 <= number }
        }
        let from = max(flushed, candidates.min()!)
        current.append(Segment(rows: memtable.filter { pool.deaths[$0] > from }, from: from))
        memtable = []
        flushed = number
    }

    private mutating func merge() {
        if current.count < 2 { return }
        let first = random.below(current.count - 1)
        let last = random.within(first + 1...min(current.count - 1, first + 4))
        let inputs = current[first...last]
        let threshold = threshold(highestFrom: inputs.reduce(0) { max($0, $1.from) })
        var rows: [Int] = []
        for row in inputs.flatMap({ $0.rows }) where pool.deaths[row] > threshold {
            let isOldTombstone = !pool.puts[row] && pool.births[row] <= threshold
            if isOldTombstone && random.below(100) < 70 { continue }
            rows.append(pool.copy(row))
            if newest[pool.ids[row]] == row { newest[pool.ids[row]] = rows[rows.count - 1] }
        }
        // Deaths after the merge count in the output alone: the inputs' rows are nobody's newest any more.
        for input in inputs {
            retired.append(Segment(rows: input.rows.map { pool.copy($0) }, from: input.from, to: threshold))
        }
        current.replaceSubrange(first...last, with: [Segment(rows: rows, from: threshold)])
        tally.merges += 1
    }

    /// V: the output keeps every version that died after it.
    private mutating func threshold(highestFrom: Int) -> Int {
        var threshold = min(fault == .thresholdAboveFlush ? number : flushed, historyStart)
        let below = pins.map { $0.snapshot }.filter { highestFrom <= $0 && $0 < threshold }
        if !below.isEmpty && random.below(2) == 0 {
            threshold = below[random.below(below.count)]
            tally.rebases += 1
        }
        return fault == .thresholdBelowFrom ? threshold - 3 : max(threshold, highestFrom)
    }

    /// Time travel: a pin on any snapshot that can still be read.
    private mutating func pinThePast() {
        if floor > number { return }
        let snapshot = random.within(floor...number)
        pins.append(Pin(snapshot: snapshot, truth: truth(at: snapshot)))
        durable = max(durable, snapshot)
        tally.travels += 1
    }

    /// Loses the memtable and the log's tail; replays the rest. Pins are durable.
    private mutating func crash() {
        durable = max(durable, flushed)
        history.removeAll { $0.number > durable }
        number = durable
        now = truth(at: number)
        newest = [Int](repeating: -1, count: Self.idCount)
        for row in current.flatMap({ $0.rows }) {
            if pool.deaths[row] != .max && pool.deaths[row] > flushed { pool.deaths[row] = .max }
            if pool.deaths[row] == .max { newest[pool.ids[row]] = row }
        }
        memtable = []
        for operation in history where operation.number > flushed { apply(operation) }
        tally.crashes += 1
    }

    /// A retired segment goes when no pin lies in its interval.
    private mutating func removeUnpinned() {
        for at in retired.indices.reversed() where !isPinned(retired[at]) {
            retired.remove(at: at)
            tally.segmentsRemoved += 1
        }
    }

    private func isPinned(_ segment: Segment) -> Bool {
        for at in pins.indices where segment.answers(pins[at].snapshot) { return true }
        return false
    }
}

// MARK: What a reader sees

extension ValidityModel {
    private mutating func check(_ snapshot: Int, _ truth: Truth) throws(Violation) {
        checks += 1
        var visible = try look(memtable, snapshot, truth)
        for at in current.indices where current[at].answers(snapshot) {
            visible += try look(current[at].rows, snapshot, truth)
        }
        for at in retired.indices where retired[at].answers(snapshot) {
            visible += try look(retired[at].rows, snapshot, truth)
        }
        if visible != truth.count { throw .missing(snapshot: snapshot) }
    }

    /// Rows lie in birth order. Returns how many are visible.
    private mutating func look(_ rows: [Int], _ snapshot: Int, _ truth: Truth) throws(Violation) -> Int {
        var visible = 0
        var at = 0
        while at < rows.count {
            let row = rows[at]
            if pool.births[row] > snapshot { break }
            at += 1
            if pool.deaths[row] <= snapshot || !pool.puts[row] { continue }
            let id = pool.ids[row]
            if seen[id] == checks { throw .twice(id: id, snapshot: snapshot) }
            seen[id] = checks
            if truth.births[id] != pool.births[row] { throw .wrong(id: id, snapshot: snapshot) }
            visible += 1
        }
        return visible
    }

    /// SplitMix64.
    private struct Random {
        private var state: UInt64

        init(seed: UInt64) { state = seed &* 0xD134_2543_DE82_EF95 }

        mutating func below(_ limit: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word &>> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word &>> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((word ^ (word &>> 31)) % UInt64(limit))
        }

        mutating func within(_ range: ClosedRange<Int>) -> Int {
            range.lowerBound + below(range.upperBound - range.lowerBound + 1)
        }
    }
}
