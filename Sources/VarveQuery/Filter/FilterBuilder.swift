import VarveBytes
import VarveDocument
import VarveSegment

/// Makes a query ready for one segment: resolves its fields, looks up its terms and ids, and decides what the
/// segment's bounds decide.
struct FilterBuilder {
    let view: any SegmentView
    let blockRows: Int
    var columns: ColumnSet
    /// Phrases that were looked up, by field.
    var phrases: [PhraseTest: [Int: PhraseMatches]] = [:]

    init(_ view: any SegmentView, _ columns: ColumnSet, blockRows: Int) {
        self.view = view
        self.columns = columns
        self.blockRows = blockRows
    }

    mutating func filter(_ query: PreparedQuery) throws -> RowFilter {
        switch query {
        case .all: .all
        case .none: .none
        case .ids(let ids): try rows(withIDs: ids)
        case .exists(let path): try exists(path)
        case .leaf(let path, let tests): try leaf(path, tests)
        case .bool(let clauses): try bool(clauses)
        case .boosted(let query, _), .constant(let query): try filter(query)
        case .best(let queries, _): try optional(queries, 1)
        }
    }

    private mutating func bool(_ clauses: PreparedClauses) throws -> RowFilter {
        var parts: [RowFilter] = []
        for query in clauses.required + clauses.filtered {
            let part = try filter(query)
            if case .none = part { return .none }
            parts.append(part)
        }
        for query in clauses.excluded { parts.append(.negation(try filter(query))) }
        if clauses.optionalCount > 0 {
            parts.append(try optional(clauses.optional, clauses.optionalCount))
        }
        return .conjunction(parts)
    }

    private mutating func optional(_ queries: [PreparedQuery], _ needed: Int) throws -> RowFilter {
        var parts: [RowFilter] = []
        for query in queries { parts.append(try filter(query)) }
        if needed == 1 { return .disjunction(parts) }
        if needed == parts.count { return .conjunction(parts) }
        var counter = RowCounter(rowCount: view.rowCount)
        for part in parts { counter.add(try materialised(part)) }
        return .rows(counter.rows(atLeast: needed))
    }

    private mutating func exists(_ path: String) throws -> RowFilter {
        var parts: [RowFilter] = []
        for (number, field) in view.fields.enumerated() {
            let name = field.definition.path
            guard name == path || (name.hasPrefix(path) && name.dropFirst(path.count).hasPrefix(".")) else {
                continue
            }
            parts.append(try rows(matching: .anyValue, number, field))
        }
        return .disjunction(parts)
    }

    private mutating func leaf(_ path: String, _ tests: [FieldType: FieldTest]) throws -> RowFilter {
        guard let number = view.field(named: path) else { return .none }
        let field = view.fields[number]
        guard let test = tests[field.definition.type] else { return .none }
        return try rows(matching: test, number, field)
    }

    private mutating func rows(
        matching test: FieldTest, _ number: Int, _ field: SegmentField
    ) throws -> RowFilter {
        switch test {
        case .nothing: return .none
        case .anyValue:
            if field.definition.hasColumn { return .present(columns.slot(of: number)) }
            return try rows(withTerms: [0..<field.termCount], number, field)
        case .numbers(let ranges):
            guard field.rowsWithValue > 0, let first = ranges.first, let last = ranges.last else {
                return .none
            }
            if last.upperBound < field.minimum || first.lowerBound > field.maximum { return .none }
            return .column(columns.slot(of: number), ranges)
        case .terms(let terms):
            return try rows(withTerms: try ordinals(of: terms, number), number, field)
        case .termRange(let bounds):
            return try rows(withTerms: [try ordinals(in: bounds, number, field)], number, field)
        case .termPrefix(let prefix):
            return try rows(withTerms: [try ordinals(startingWith: prefix, number, field)], number, field)
        case .termPattern(let pattern):
            return try rows(withTerms: try ordinals(matching: pattern, number, field), number, field)
        case .automaton(let automaton):
            return try rows(
                withTerms: try ordinals(matching: automaton, number, field), number, field)
        case .words(let words): return try rows(matching: words, number, field)
        case .phrase(let phrase): return try rows(matching: phrase, number)
        case .everything: return .all
        }
    }

    private func rows(withIDs ids: [[UInt8]]) throws -> RowFilter {
        var rows = RowBitmap(rowCount: view.rowCount)
        var found: [UInt32] = []
        for id in ids {
            guard view.mayHold(idHash: hashOfID(id.rawSpan)) else { continue }
            try view.findRows(id: id.rawSpan, into: &found)
            for row in found { rows[Int(row)] = true }
        }
        return rows.isEmpty ? .none : .rows(rows)
    }

    /// A filter's rows over the whole segment.
    mutating func materialised(_ filter: RowFilter) throws -> RowBitmap {
        if case .rows(let rows) = filter { return rows }
        var rows = RowBitmap(rowCount: view.rowCount)
        var run = FilterRun(filter, rowCount: view.rowCount, blockRows: blockRows)
        for block in 0..<((view.rowCount + blockRows - 1) / blockRows) {
            let count = min(blockRows, view.rowCount - block * blockRows)
            let first = block * blockRows / 64
            switch try run.evaluate(block: block, &columns) {
            case .none: continue
            case .all: BlockKernels.fill(&rows.words, at: first, rows: count)
            case .some: for i in 0..<((count + 63) / 64) { rows.words[first + i] = run.words[i] }
            }
        }
        return rows
    }
}
