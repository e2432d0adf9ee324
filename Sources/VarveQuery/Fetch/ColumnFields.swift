import VarveBytes
import VarveDocument
import VarveSegment

/// Reads the values of fields from the columns of one segment, row by row.
struct ColumnFields {
    private let selection: FieldSelection
    private let view: any SegmentView
    private let blockRows: Int
    private var columns: ColumnSet

    init(_ selection: FieldSelection, _ view: any SegmentView, blockRows: Int) {
        self.selection = selection
        self.view = view
        self.blockRows = blockRows
        columns = ColumnSet(view)
    }

    mutating func read(row: Int) throws -> [FieldValues] {
        var found: [FieldValues] = []
        for field in selection.fields {
            guard let number = view.field(named: field.definition.path),
                view.fields[number].rowsWithValue > 0
            else { continue }
            let slot = columns.slot(of: number)
            try columns.load(slot, block: row / blockRows)
            var values: [FieldValues.Value] = []
            for value in columns.columns[slot].values(ofRow: row % blockRows) {
                values.append(try shown(value, field, number))
            }
            if !values.isEmpty { found.append(FieldValues(field.definition.path, values)) }
        }
        return found
    }

    private func shown(
        _ value: Int64, _ field: FieldSelection.Field, _ number: Int
    ) throws -> FieldValues.Value {
        switch field.definition.type {
        case .keyword, .text:
            var term = ByteBuffer()
            try view.appendTerm(Int(value), field: number, to: &term)
            return .string(String(validating: term.bytes) ?? "")
        case .long: return .integer(value)
        case .double, .float: return .double(Double(sortableBits: value))
        case .boolean: return .boolean(value != 0)
        case .date: return .string(field.format.text(value))
        }
    }
}

extension ColumnBlock {
    fileprivate func values(ofRow row: Int) -> ArraySlice<Int64> {
        if !starts.isEmpty { return values[Int(starts[row])..<Int(starts[row + 1])] }
        let isPresent = present.isEmpty || present[row &>> 6] &>> UInt64(row & 63) & 1 == 1
        return isPresent ? values[row...row] : []
    }
}
