import VarveDocument

/// Numbers, booleans and dates of queries as the integers that columns hold.
extension FieldTestReader {
    /// The column values that equal `value`; nil if none can.
    func equal(to value: QueryValue, _ field: FieldDefinition) throws(QueryError) -> ClosedRange<Int64>? {
        switch field.type {
        case .long:
            guard case .exact(let number) = try Self.integer(value, field) else { return nil }
            return number...number
        case .double, .float:
            let bits = try Self.double(value, field).sortableBits
            return bits...bits
        case .boolean:
            let bit = try Self.boolean(value, field)
            return bit...bit
        case .date:
            let dates = DateMath(now: now, timeZone: 0, format: field.format)
            let first = try Self.date(value, field, dates, .down)
            let last = try Self.date(value, field, dates, .up)
            return first <= last ? first...last : nil
        case .keyword, .text: preconditionFailure("terms are not numbers")
        }
    }

    /// The least column value within a lower bound; nil if none is.
    func lowest(
        _ bound: QueryBounds.Bound, _ field: FieldDefinition, _ dates: DateMath
    ) throws(QueryError) -> Int64? {
        switch bound {
        case .including(let value):
            switch field.type {
            case .long: return try Self.integer(value, field).atLeast
            case .date: return try Self.date(value, field, dates, .down)
            default: return try Self.plain(value, field)
            }
        case .excluding(let value):
            switch field.type {
            case .long: return try Self.integer(value, field).above
            case .date: return Self.next(try Self.date(value, field, dates, .up))
            default: return Self.next(try Self.plain(value, field))
            }
        }
    }

    /// The greatest column value within an upper bound; nil if none is.
    func highest(
        _ bound: QueryBounds.Bound, _ field: FieldDefinition, _ dates: DateMath
    ) throws(QueryError) -> Int64? {
        switch bound {
        case .including(let value):
            switch field.type {
            case .long: return try Self.integer(value, field).atMost
            case .date: return try Self.date(value, field, dates, .up)
            default: return try Self.plain(value, field)
            }
        case .excluding(let value):
            switch field.type {
            case .long: return try Self.integer(value, field).below
            case .date: return Self.previous(try Self.date(value, field, dates, .down))
            default: return Self.previous(try Self.plain(value, field))
            }
        }
    }

    private static func next(_ value: Int64) -> Int64? { value == .max ? nil : value + 1 }
    private static func previous(_ value: Int64) -> Int64? { value == .min ? nil : value - 1 }

    /// The column value of a double, float or boolean.
    private static func plain(_ value: QueryValue, _ field: FieldDefinition) throws(QueryError) -> Int64 {
        field.type == .boolean ? try boolean(value, field) : try double(value, field).sortableBits
    }

    private static func date(
        _ value: QueryValue, _ field: FieldDefinition, _ math: DateMath, _ rounding: DateMath.Rounding
    ) throws(QueryError) -> Int64 {
        switch value {
        case .string(let text): return try math.milliseconds(text, rounding: rounding)
        case .integer(let number): return try math.milliseconds(String(number), rounding: rounding)
        case .double(let number):
            guard let whole = Int64(exactly: number.rounded(.down)) else { throw misfit(value, field) }
            return try math.milliseconds(String(whole), rounding: rounding)
        case .boolean: throw misfit(value, field)
        }
    }

    static func boolean(_ value: QueryValue, _ field: FieldDefinition) throws(QueryError) -> Int64 {
        switch value {
        case .boolean(let flag): return flag ? 1 : 0
        case .string("true"): return 1
        case .string("false"), .string(""): return 0
        default: throw misfit(value, field)
        }
    }

    /// The number as its field keeps it: a float field rounds it to 32 bits first.
    static func double(_ value: QueryValue, _ field: FieldDefinition) throws(QueryError) -> Double {
        let number: Double?
        switch value {
        case .integer(let integer): number = Double(integer)
        case .double(let double): number = double
        case .string(let text): number = Double(text)
        case .boolean: number = nil
        }
        guard let number, !number.isNaN else { throw misfit(value, field) }
        return field.type == .float ? Double(Float(number)) : number
    }

    static func integer(_ value: QueryValue, _ field: FieldDefinition) throws(QueryError) -> IntegerBound {
        switch value {
        case .integer(let integer): return .exact(integer)
        case .string(let text):
            if let integer = Int64(text) { return .exact(integer) }
            guard let double = Double(text), !double.isNaN else { throw misfit(value, field) }
            return IntegerBound(double)
        case .double(let double):
            if double.isNaN { throw misfit(value, field) }
            return IntegerBound(double)
        case .boolean: throw misfit(value, field)
        }
    }

    static func misfit(_ value: QueryValue, _ field: FieldDefinition) -> QueryError {
        QueryError(
            .invalidValue,
            "failed to read [\(value)] as a value of field [\(field.path)] of type [\(field.typeName)]",
            field: field.path)
    }
}

/// Where a number stands among the 64-bit integers.
enum IntegerBound: Equatable {
    case exact(Int64)
    /// Between this integer and the next.
    case between(Int64)
    case belowAll
    case aboveAll

    init(_ number: Double) {
        let floor = number.rounded(.down)
        if let integer = Int64(exactly: floor) {
            self = floor == number ? .exact(integer) : .between(integer)
        } else {
            self = number < 0 ? .belowAll : .aboveAll
        }
    }

    /// The least integer that is not below; nil if all are.
    var atLeast: Int64? {
        switch self {
        case .exact(let integer): integer
        case .between(let integer): integer + 1
        case .belowAll: .min
        case .aboveAll: nil
        }
    }

    var above: Int64? {
        guard case .exact(let integer) = self else { return atLeast }
        return integer == .max ? nil : integer + 1
    }

    /// The greatest integer that is not above; nil if all are.
    var atMost: Int64? {
        switch self {
        case .exact(let integer), .between(let integer): integer
        case .belowAll: nil
        case .aboveAll: .max
        }
    }

    var below: Int64? {
        guard case .exact(let integer) = self else { return atMost }
        return integer == .min ? nil : integer - 1
    }
}
