import VarveSegment

/// A query made ready for one segment: fields are columns of a `ColumnSet`, terms are ordinals or bitmaps of rows,
/// and what the segment's bounds decide is decided.
indirect enum RowFilter {
    case all
    case none
    /// Rows that were looked up already.
    case rows(RowBitmap)
    /// Rows with a column value in one of these ranges; ascending and disjoint.
    case column(ColumnSet.Slot, [ClosedRange<Int64>])
    /// Rows with a value in the column.
    case present(ColumnSet.Slot)
    case every([RowFilter])
    case any([RowFilter])
    case except(RowFilter)

    /// How many levels of scratch words evaluation needs.
    var depth: Int {
        switch self {
        case .all, .none, .rows, .column, .present: 1
        case .every(let parts), .any(let parts): 1 + (parts.map(\.depth).max() ?? 0)
        case .except(let part): 1 + part.depth
        }
    }

    /// Rough cost of a block, to ask the cheap parts of a conjunction first.
    private var cost: Int {
        switch self {
        case .all, .none: 0
        case .rows: 1
        case .present: 2
        case .column(_, let ranges): 3 + ranges.count
        case .every(let parts), .any(let parts): 4 + parts.reduce(0) { $0 + $1.cost }
        case .except(let part): part.cost
        }
    }

    /// The conjunction of parts: bitmaps are made one, and what cannot match ends it.
    static func conjunction(_ parts: [RowFilter]) -> RowFilter {
        var rows: RowBitmap?
        var others: [RowFilter] = []
        for part in parts {
            switch part {
            case .all: continue
            case .none: return .none
            case .rows(let found): rows = rows.map { $0.intersection(found) } ?? found
            case .every(let inner): others += inner
            default: others.append(part)
            }
        }
        if let rows {
            if rows.isEmpty { return .none }
            others.append(.rows(rows))
        }
        switch others.count {
        case 0: return .all
        case 1: return others[0]
        default: return .every(others.sorted { $0.cost < $1.cost })
        }
    }

    /// The disjunction of parts: bitmaps are made one, and what matches everything ends it.
    static func disjunction(_ parts: [RowFilter]) -> RowFilter {
        var rows: RowBitmap?
        var others: [RowFilter] = []
        for part in parts {
            switch part {
            case .all: return .all
            case .none: continue
            case .rows(let found): rows = rows.map { $0.union(found) } ?? found
            case .any(let inner): others += inner
            default: others.append(part)
            }
        }
        if let rows { others.append(.rows(rows)) }
        switch others.count {
        case 0: return .none
        case 1: return others[0]
        default: return .any(others)
        }
    }

    static func negation(_ part: RowFilter) -> RowFilter {
        switch part {
        case .all: .none
        case .none: .all
        case .except(let inner): inner
        default: .except(part)
        }
    }
}

extension RowBitmap {
    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    func intersection(_ other: RowBitmap) -> RowBitmap {
        var result = self
        for i in result.words.indices { result.words[i] &= other.words[i] }
        return result
    }

    func union(_ other: RowBitmap) -> RowBitmap {
        var result = self
        for i in result.words.indices { result.words[i] |= other.words[i] }
        return result
    }
}
