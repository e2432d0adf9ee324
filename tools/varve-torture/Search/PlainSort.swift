import Varve

/// One key of an order over documents, compared value by value.
struct PlainSort {
    enum Missing {
        case last, first
        case value(PlainKey)
    }

    let field: String
    let isDescending: Bool
    let missing: Missing
    let mode: SortKey.Mode?

    var asked: SortKey {
        let place: SortKey.Missing =
            switch missing {
            case .last: .last
            case .first: .first
            case .value(let key): .value(key.sortValue)
            }
        return SortKey(field, isDescending ? .descending : .ascending, missing: place, mode: mode)
    }

    func key(of document: PlainDocument) -> PlainKey {
        let takesMaximum = mode.map { $0 == .maximum } ?? isDescending
        switch field {
        case "_id": return .term(document.id)
        case "_doc": return .integer(0)
        default: break
        }
        switch Plain.kinds[field] {
        case .term:
            let terms = document.terms(field)
            if let term = takesMaximum ? terms.last : terms.first { return .term(term) }
            if case .value(let key) = missing { return key }
            return .noTerm
        case .double:
            if let number = combined(document.doubles(field)) {
                return field == "f" ? .float(Double(Float(number))) : .double(number)
            }
            if case .value(let key) = missing { return key }
            let extreme: Double = isGreatestMissing ? .infinity : -.infinity
            return field == "f" ? .float(extreme) : .double(extreme)
        default:
            if let number = combined(document.integers(field)) { return .integer(number) }
            if case .value(let key) = missing { return key }
            return .integer(isGreatestMissing ? .max : .min)
        }
    }

    private var isGreatestMissing: Bool {
        if case .first = missing { isDescending } else { !isDescending }
    }

    private func combined(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        switch mode ?? (isDescending ? .maximum : .minimum) {
        case .minimum: return values[0]
        case .maximum: return values[values.count - 1]
        case .sum: return values.count == 1 ? values[0] : values.reduce(0, +)
        case .average: return values.count == 1 ? values[0] : values.reduce(0, +) / Double(values.count)
        case .median:
            let middle = values.count / 2
            return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
        }
    }

    private func combined(_ values: [Int64]) -> Int64? {
        guard !values.isEmpty else { return nil }
        let mode = mode ?? (isDescending ? .maximum : .minimum)
        switch mode {
        case .minimum: return values[0]
        case .maximum: return values[values.count - 1]
        case .sum: return values.reduce(0, &+)
        case .average, .median:
            guard let mean = combined(values.map { Double($0) }) else { return nil }
            return Int64((mean + 0.5).rounded(.down))
        }
    }

    /// Whether one document comes before another; where all keys tie, shard and sequence number decide.
    static func isBefore(_ left: PlainDocument, _ right: PlainDocument, _ keys: [PlainSort]) -> Bool {
        for key in keys {
            if key.field == "_doc" {
                if left.shard == right.shard && left.sequence == right.sequence { continue }
                let isEarlier = (left.shard, left.sequence) < (right.shard, right.sequence)
                return isEarlier != key.isDescending
            }
            let (first, second) = (key.key(of: left), key.key(of: right))
            switch (first, second) {
            case (.noTerm, .noTerm): continue
            case (.noTerm, _):
                if case .first = key.missing { return true }
                return false
            case (_, .noTerm):
                if case .first = key.missing { return false }
                return true
            default:
                if first.isBefore(second) { return !key.isDescending }
                if second.isBefore(first) { return key.isDescending }
            }
        }
        return (left.shard, left.sequence) < (right.shard, right.sequence)
    }
}

/// What a document sorts by.
enum PlainKey {
    case integer(Int64)
    case double(Double)
    case float(Double)
    case term(String)
    case noTerm

    func isBefore(_ other: PlainKey) -> Bool {
        switch (self, other) {
        case (.integer(let left), .integer(let right)): left < right
        case (.double(let left), .double(let right)), (.float(let left), .float(let right)):
            Plain.isBefore(left, right)
        case (.term(let left), .term(let right)): Plain.isBefore(left, right)
        default: false
        }
    }

    var sortValue: SortValue {
        switch self {
        case .integer(let number): .integer(number)
        case .double(let number): .double(number)
        case .float(let number): .float(Float(number))
        case .term(let text): .string(text)
        case .noTerm: .missing
        }
    }
}
