import VarveDocument

/// The place that a page starts after, in terms of the plan's keys.
struct SortCursor {
    enum Value {
        /// A key that orders over all segments: numbers, the document order, and missing values.
        case key(Int64)
        /// A term, whose ordinal each segment has to look up.
        case term([UInt8])
    }

    let values: [Value]
    /// Encoded shard and sequence number; nil: everything that ties in all keys is skipped.
    let tieBreak: Int64?

    /// - Throws: `.invalidCursor` if `after` has neither one value a key nor one more, or one does not fit.
    init(_ after: [SortValue], _ plan: SortPlan) throws(QueryError) {
        let keys = plan.keys
        guard after.count == keys.count && !keys.isEmpty || after.count == keys.count + 1 else {
            throw QueryError(
                .invalidCursor, "search_after has \(after.count) value(s) but sort has \(keys.count).")
        }
        var values: [Value] = []
        for (value, key) in zip(after, keys) { values.append(try Self.read(value, key)) }
        self.values = values
        guard after.count > keys.count else {
            tieBreak = nil
            return
        }
        guard case .integer(let number) = after[keys.count] else {
            throw QueryError(
                .invalidCursor, "failed to parse search_after value for field [_shard_doc]",
                field: "_shard_doc")
        }
        tieBreak = number
    }

    static func read(_ value: SortValue, _ key: SortPlan.Key) throws(QueryError) -> Value {
        if case .missing = value { return key.missingTerm.map { .term($0) } ?? .key(key.missing) }
        switch key.source {
        case .term, .id: return .term(Array(value.description.utf8))
        case .document, .sequenceNumber, .number(.integer):
            guard let number = integer(value) else { throw misfit(key) }
            return .key(key.directed(number))
        case .number(.date):
            guard let number = date(value, key) else { throw misfit(key) }
            return .key(key.directed(number))
        case .number(.double):
            guard let number = double(value) else { throw misfit(key) }
            return .key(key.directed(number.sortableBits))
        case .number(.float), .score:
            guard let number = double(value) else { throw misfit(key) }
            return .key(key.directed(Double(Float(number)).sortableBits))
        }
    }

    private static func misfit(_ key: SortPlan.Key) -> QueryError {
        QueryError(
            .invalidCursor, "failed to parse search_after value for field [\(key.field)]", field: key.field)
    }

    /// Numbers may come as text.
    private static func integer(_ value: SortValue) -> Int64? {
        switch value {
        case .integer(let number): number
        case .double(let number): Int64(exactly: number)
        case .float(let number): Int64(exactly: number)
        case .boolean(let flag): flag ? 1 : 0
        case .string("true"): 1
        case .string("false"): 0
        case .string(let text): Int64(text)
        case .missing: nil
        }
    }

    /// Milliseconds, or a text in the format of dates; `now` is refused.
    private static func date(_ value: SortValue, _ key: SortPlan.Key) -> Int64? {
        guard case .string(let text) = value else { return integer(value) }
        let math = DateMath(now: 0, timeZone: 0, format: key.dateFormat)
        return try? math.date(text, rounding: .down)
    }

    private static func double(_ value: SortValue) -> Double? {
        let number: Double?
        switch value {
        case .integer(let integer): number = Double(integer)
        case .double(let double): number = double
        case .float(let float): number = Double(float)
        case .string(let text): number = Double(text)
        case .boolean, .missing: number = nil
        }
        return number.flatMap { $0.isNaN ? nil : $0 }
    }
}

/// Shard and sequence number in one integer that orders as the two do: below 2^53, so that every JSON reader keeps
/// it, while there are fewer than 512 shards.
enum TieBreak {
    private static let sequenceBits: Int64 = 44
    /// A shard may number so many operations: 17 trillion.
    static let sequenceNumbersMax: UInt64 = 1 << UInt64(sequenceBits)
    static let shardsMax = 1 << 18

    static func encode(shard: Int, sequenceNumber: UInt64) -> Int64 {
        base(ofShard: shard) | Int64(sequenceNumber)
    }

    static func base(ofShard shard: Int) -> Int64 { Int64(shard) << sequenceBits }

    static func shard(of value: Int64) -> Int64 { value >> sequenceBits }

    static func sequenceNumber(of value: Int64) -> UInt64 { UInt64(value & (1 << sequenceBits - 1)) }
}
