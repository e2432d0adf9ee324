import Testing
import VarveBytes
import VarveDocument
import VarveFiles

@testable import VarveSegment

/// What a `SegmentView` promises, evaluated in the plainest way from the rows themselves: the twin that every
/// view must agree with.
struct NaiveView {
    struct Row {
        var birth: UInt64
        var version: Int64
        var isTombstone: Bool
        var id: [UInt8]
        var source: [UInt8]
        var values: [(field: Int, value: TestValue)]

        init(_ operation: TestOperation, birth: UInt64, version: Int64) {
            self.birth = birth
            self.version = version
            isTombstone = operation.kind == .delete
            id = operation.id
            source = operation.source
            values = operation.values
        }
    }

    var schema: [FieldDefinition]
    var rows: [Row] = []

    // MARK: Fields

    /// Numbers, in the schema, of the fields that some row has a value of.
    var usedFields: [Int] {
        schema.indices.filter { field in rows.contains { $0.values.contains { $0.field == field } } }
    }

    /// All distinct terms of a field, in bytewise order.
    func terms(_ field: Int) -> [[UInt8]] {
        Set(rows.flatMap { strings($0, field) }).sorted { $0.lexicographicallyPrecedes($1) }
    }

    func strings(_ row: Row, _ field: Int) -> [[UInt8]] {
        row.values.compactMap { value in
            guard value.field == field, case .string(let bytes) = value.value else { return nil }
            return bytes
        }
    }

    /// Where in a row a term stands.
    func positions(of term: [UInt8], _ row: Row, _ field: Int) -> [UInt32] {
        strings(row, field).enumerated().filter { $0.element == term }.map { UInt32($0.offset) }
    }

    /// A row's values as its column has them: ascending; ordinals, each once, for keywords.
    func columnValues(_ row: Row, _ field: Int, terms: [[UInt8]: Int]) -> [Int64] {
        if schema[field].type == .keyword {
            return Set(strings(row, field)).map { Int64(terms[$0]!) }.sorted()
        }
        return row.values.compactMap { value in
            guard value.field == field, case .number(let number) = value.value else { return nil }
            return number
        }.sorted()
    }

    func ordinals(_ field: Int) -> [[UInt8]: Int] {
        Dictionary(uniqueKeysWithValues: terms(field).enumerated().map { ($1, $0) })
    }

    func summary(_ field: Int) -> SegmentField {
        let terms = ordinals(field)
        var lists = rows.map { columnValues($0, field, terms: terms) }
        if schema[field].type == .text { lists = rows.map { strings($0, field).map { _ in 0 } } }
        let hasColumn = schema[field].hasColumn
        let all = hasColumn ? lists.flatMap { $0 } : []
        return SegmentField(
            definition: schema[field], termCount: terms.count,
            rowsWithValue: lists.count { !$0.isEmpty },
            tokenCount: terms.isEmpty ? 0 : lists.reduce(0) { $0 + $1.count },
            isMultiValued: hasColumn && lists.contains { $0.count > 1 }, minimum: all.min() ?? 0,
            maximum: all.max() ?? 0)
    }

    func zone(_ lists: [[Int64]]) -> ZoneMap {
        let all = lists.flatMap { $0 }
        let missing = lists.count { $0.isEmpty }
        let isSorted = lists.allSatisfy { $0.count == 1 } && zip(all, all.dropFirst()).allSatisfy { $0 <= $1 }
        return ZoneMap(
            minimum: all.min() ?? 0, maximum: all.max() ?? 0, missing: missing, isSorted: isSorted)
    }
}

extension NaiveView {
    /// Checks every call of a view against this. `path` finds a field of ours in the view's own list.
    func check(_ view: any SegmentView, _ comment: Comment) throws {
        try checkRows(view, comment)
        try checkIDs(view, comment)
        let fields = view.fields
        #expect(fields == usedFields.map { summary($0) }, comment)
        for (place, field) in usedFields.enumerated() where place < fields.count {
            #expect(view.field(named: schema[field].path) == place, comment)
            if schema[field].hasColumn { try checkColumn(view, place, field, comment) }
            if [.keyword, .text].contains(schema[field].type) { try checkTerms(view, place, field, comment) }
        }
        #expect(view.field(named: "nowhere") == nil, comment)
    }

    private func checkRows(_ view: any SegmentView, _ comment: Comment) throws {
        #expect(view.rowCount == rows.count, comment)
        #expect(view.births.lowerBound.rawValue == rows.first?.birth, comment)
        #expect(view.births.upperBound.rawValue == rows.last?.birth, comment)
        let tombstones = rows.indices.filter { rows[$0].isTombstone }
        #expect((view.tombstones?.count ?? 0) == tombstones.count, comment)
        #expect((view.tombstones == nil) == tombstones.isEmpty, comment)
        for row in tombstones { #expect(view.tombstones?[row] == true, comment) }
        let part = rows.count / 3..<rows.count
        var births: [UInt64] = [1, 2, 3]
        var versions: [Int64] = [1, 2, 3]
        try view.readBirths(part, into: &births)
        try view.readVersions(part, into: &versions)
        #expect(births == rows[part].map { $0.birth }, comment)
        #expect(versions == rows[part].map { $0.version }, comment)
        var sources: [[UInt8]] = []
        let wanted = rows.indices.filter { $0 % 3 != 1 }.map { UInt32($0) }
        var seen: [UInt32] = []
        try view.readSources(wanted) { row, source in
            seen.append(row)
            sources.append(source.copyBytes())
        }
        #expect(seen == wanted, comment)
        #expect(sources == wanted.map { rows[Int($0)].source }, comment)
    }

    private func checkIDs(_ view: any SegmentView, _ comment: Comment) throws {
        var found: [UInt32] = [7]
        let places = Dictionary(grouping: rows.indices) { rows[$0].id }
        for (id, holders) in places {
            #expect(view.mayHold(idHash: hashOfID(id.rawSpan)), comment)
            try view.findRows(id: id.rawSpan, into: &found)
            #expect(found == holders.reversed().map { UInt32($0) }, comment)
            let longer = id + [0]
            try view.findRows(id: longer.rawSpan, into: &found)
            #expect(found == (places[longer] ?? []).reversed().map { UInt32($0) }, comment)
        }
        let order = rows.indices.sorted {
            rows[$0].id == rows[$1].id ? $0 > $1 : rows[$0].id.lexicographicallyPrecedes(rows[$1].id)
        }
        var ids = SortedIDs()
        for start in stride(from: 0, to: order.count, by: 100) {
            let part = start..<min(start + 100, order.count)
            try view.readSortedIDs(part, into: &ids)
            #expect(ids.rows == order[part].map { UInt32($0) }, comment)
            #expect(ids.bytes.copied == order[part].flatMap { rows[$0].id }, comment)
            #expect(ids.offsets.count == part.count + 1, comment)
        }
        var buffer = ByteBuffer()
        for row in stride(from: 0, to: rows.count, by: 7) {
            buffer.removeAll()
            try view.appendID(ofRow: row, to: &buffer)
            #expect(buffer.copied == rows[row].id, comment)
        }
    }

    private func checkColumn(_ view: any SegmentView, _ place: Int, _ field: Int, _ comment: Comment) throws {
        let terms = ordinals(field)
        var block = ColumnBlock()
        for (number, start) in stride(from: 0, to: rows.count, by: columnBlockRows).enumerated() {
            let part = rows[start..<min(start + columnBlockRows, rows.count)]
            let lists = part.map { columnValues($0, field, terms: terms) }
            try view.readColumn(place, block: number, into: &block)
            #expect(block.rowCount == part.count, comment)
            #expect(block.lists == lists, comment)
            #expect(block.present.isEmpty == lists.allSatisfy { !$0.isEmpty }, comment)
            #expect(block.starts.isEmpty == lists.allSatisfy { $0.count <= 1 }, comment)
            #expect(view.zone(place, block: number) == zone(lists), comment)
        }
    }

    private func checkTerms(_ view: any SegmentView, _ place: Int, _ field: Int, _ comment: Comment) throws {
        let terms = terms(field)
        let counts = rows.map { row in
            Dictionary(grouping: strings(row, field)) { $0 }.mapValues { UInt32($0.count) }
        }
        var buffer = ByteBuffer()
        var held: [UInt32] = [9]
        var frequencies: [UInt32] = [9]
        for (ordinal, term) in terms.enumerated() {
            let found = try view.ordinal(of: term.rawSpan, field: place)
            #expect(found == .found(ordinal), comment)
            let longer = term + [0]
            if !terms.contains(longer) {
                let missed = try view.ordinal(of: longer.rawSpan, field: place)
                #expect(missed == .absent(ordinal + 1), comment)
            }
            buffer.removeAll()
            try view.appendTerm(ordinal, field: place, to: &buffer)
            #expect(buffer.copied == term, comment)
            let holders = rows.indices.filter { counts[$0][term] != nil }
            let documents = try view.documentFrequency(ordinal, field: place)
            #expect(documents == holders.count, comment)
            try view.readPostings(ordinal, field: place, rows: &held, frequencies: &frequencies)
            #expect(held == holders.map { UInt32($0) }, comment)
            let isText = schema[field].type == .text
            #expect(frequencies == (isText ? holders.map { counts[$0][term]! } : []), comment)
            var positions: [UInt32] = [9]
            try view.readPositions(
                ordinal, field: place, rows: &held, frequencies: &frequencies, positions: &positions)
            let expected = isText ? holders.flatMap { self.positions(of: term, rows[$0], field) } : []
            #expect(positions == expected, comment)
            #expect(held == holders.map { UInt32($0) }, comment)
        }
        if schema[field].type == .text {
            var lengths: [UInt32] = [5]
            try view.readLengths(rows.count / 4..<rows.count, field: place, into: &lengths)
            #expect(
                lengths == rows[(rows.count / 4)...].map { UInt32(strings($0, field).count) }, comment)
        }
        for range in [0..<terms.count, terms.count / 3..<terms.count / 2, 0..<1, 0..<0] {
            var bitmap = RowBitmap(rowCount: rows.count)
            try view.collectRows(ofTerms: range, field: place, into: &bitmap)
            let wanted = Set(terms[range])
            let expected = rows.indices.filter { row in counts[row].keys.contains { wanted.contains($0) } }
            #expect(rows.indices.filter { bitmap[$0] } == expected, comment)
        }
    }
}

extension ColumnBlock {
    /// Each row's values.
    var lists: [[Int64]] {
        (0..<rowCount).map { row in
            let isPresent = present.isEmpty || present[row / 64] >> UInt64(row % 64) & 1 == 1
            if !starts.isEmpty {
                let list = Array(values[Int(starts[row])..<Int(starts[row + 1])])
                return isPresent == !list.isEmpty ? list : [.min, .min]
            }
            return isPresent ? [values[row]] : []
        }
    }
}
