import VarveBytes
import VarveDocument
import VarveFiles

/// One field of the new segment, and its number in each input that has it.
struct FieldPlan {
    var definition: FieldDefinition
    var numbers: [Int?]
}

extension BuildPlan {
    /// Writes columns, terms and postings of all fields.
    func writeFields(
        to file: inout SegmentFileWriter, with tools: inout ColumnTools
    ) throws(StorageError) -> [SegmentField] {
        var fields: [SegmentField] = []
        for plan in try planFields(file.path) {
            if let field = try writeField(plan, fields.count, to: &file, with: &tools) {
                fields.append(field)
            }
        }
        return fields
    }

    /// Nil, and nothing written, if no kept row has a value.
    private func writeField(
        _ plan: FieldPlan, _ number: Int, to file: inout SegmentFileWriter, with tools: inout ColumnTools
    ) throws(StorageError) -> SegmentField? {
        let definition = plan.definition
        var summary = ColumnSummary()
        var termCount = 0
        var tokenCount = 0
        if definition.hasTerms {
            if definition.hasColumn {
                (summary, termCount, tokenCount) = try writeKeywords(plan, number, to: &file, with: &tools)
            } else {
                (termCount, summary.rowsWithValue, tokenCount) = try writePostings(plan, number, to: &file)
            }
            if termCount == 0 { return nil }
            if definition.hasLengths { try writeLengths(plan, number, to: &file, with: &tools) }
        } else {
            guard let column = try writeColumn(plan, number, to: &file, with: &tools) else { return nil }
            summary = column
        }
        return SegmentField(
            definition: definition, termCount: termCount, rowsWithValue: summary.rowsWithValue,
            tokenCount: tokenCount, isMultiValued: summary.isMultiValued, minimum: summary.minimum,
            maximum: summary.maximum)
    }

    /// The fields of all inputs by path, in the order in which they are first met.
    private func planFields(_ path: StorePath) throws(StorageError) -> [FieldPlan] {
        var plans: [FieldPlan] = []
        var places: [String: Int] = [:]
        for (source, input) in inputs.enumerated() {
            for (number, field) in input.view.fields.enumerated() {
                let definition = field.definition
                guard let place = places[definition.path] else {
                    places[definition.path] = plans.count
                    var numbers = [Int?](repeating: nil, count: inputs.count)
                    numbers[source] = number
                    plans.append(FieldPlan(definition: definition, numbers: numbers))
                    continue
                }
                let known = plans[place].definition
                guard known.type == definition.type, known.isIndexed == definition.isIndexed,
                    known.hasColumn == definition.hasColumn
                else {
                    throw .damaged(
                        Damage(
                            path, at: 0, "field \(known.path) is a \(known.type) and a \(definition.type)"))
                }
                plans[place].numbers[source] = number
                plans[place].definition = definition
            }
        }
        guard plans.count <= SegmentTOC.fieldCountMax else {
            throw .damaged(Damage(path, at: 0, "\(plans.count) fields"))
        }
        return plans
    }

    /// Calls `body` with each block of the field's column in each input, and of rows that miss where an input
    /// does not have the field.
    func forEachBlock(
        _ plan: FieldPlan,
        _ body: (_ source: Int, _ first: Int, _ block: inout ColumnBlock) throws(StorageError) -> Void
    ) throws(StorageError) {
        var block = ColumnBlock()
        var decoder = ColumnDecoder()
        for (source, input) in inputs.enumerated() {
            var first = 0
            while first < input.view.rowCount {
                let rows = min(columnBlockRows, input.view.rowCount - first)
                if let number = plan.numbers[source] {
                    if let reader = input.view as? SegmentReader {
                        try reader.readColumn(
                            number, block: first / columnBlockRows, into: &block, with: &decoder)
                    } else {
                        try input.view.readColumn(number, block: first / columnBlockRows, into: &block)
                    }
                } else {
                    decoder.setMissing(rows, in: &block)
                }
                try body(source, first, &block)
                first += rows
            }
        }
    }

    /// A column of numbers.
    private func writeColumn(
        _ plan: FieldPlan, _ number: Int, to file: inout SegmentFileWriter, with tools: inout ColumnTools
    ) throws(StorageError) -> ColumnSummary? {
        var column = ColumnWriter(IntegerKind(plan.definition.type), &file, with: tools)
        try forEachBlock(plan) { (source, first, block) throws(StorageError) in
            try column.append(block, kept: inputs[source].keep, first: first, to: &file, with: &tools)
        }
        return try column.finish(.column, field: number, to: &file, with: &tools)
    }

    /// The lengths of a text field.
    private func writeLengths(
        _ plan: FieldPlan, _ number: Int, to file: inout SegmentFileWriter, with tools: inout ColumnTools
    ) throws(StorageError) {
        var column = ColumnWriter(.integers, &file, with: tools)
        var block = ColumnBlock()
        var lengths: [UInt32] = []
        for (source, input) in inputs.enumerated() {
            var first = 0
            while first < input.view.rowCount {
                let end = min(first + columnBlockRows, input.view.rowCount)
                block.rowCount = end - first
                block.values.removeAll(keepingCapacity: true)
                if let field = plan.numbers[source] {
                    try input.view.readLengths(first..<end, field: field, into: &lengths)
                    for length in lengths { block.values.append(Int64(length)) }
                } else {
                    block.values.append(contentsOf: repeatElement(0, count: end - first))
                }
                try column.append(block, kept: input.keep, first: first, to: &file, with: &tools)
                first = end
            }
        }
        _ = try column.finish(.lengths, field: number, to: &file, with: &tools)
    }
}
