import VarveBytes
import VarveDocument
import VarveFiles
import VarveSegment

@testable import VarveQuery

/// A document as tests write it down: values by field, already as the field's type keeps them.
struct ScriptedDocument {
    var id: String
    var birth: UInt64
    var version: Int64 = 1
    var values: [String: [ScriptedValue]] = [:]
    var isDeleted = false

    var source: String { IndexedDocuments.json(self) }
}

enum ScriptedValue: Hashable {
    /// Longs, dates, booleans.
    case integer(Int64)
    /// Doubles, and floats widened.
    case double(Double)
    case string(String)

    var columnValue: Int64 {
        switch self {
        case .integer(let value): value
        case .double(let value): value.sortableBits
        case .string: preconditionFailure("strings have ordinals")
        }
    }
}

/// A view over scripted documents with blocks of any size, slow and plain: what the searcher is tested against.
final class ScriptedSegment: SegmentView {
    let documents: [ScriptedDocument]
    let fields: [SegmentField]
    /// By field: distinct terms in bytewise order.
    let terms: [[[UInt8]]]
    /// By field and row: column values, ascending; ordinals for keywords and texts.
    let values: [[[Int64]]]
    /// By field and block.
    private let zones: [[ZoneMap]]
    private let columns: [[ColumnBlock]]
    private let idOrder: [UInt32]

    init(_ documents: [ScriptedDocument], _ definitions: [FieldDefinition], blockRows: Int = columnBlockRows)
    {
        precondition(!documents.isEmpty)
        self.documents = documents
        var fields: [SegmentField] = []
        var terms: [[[UInt8]]] = []
        var values: [[[Int64]]] = []
        for definition in definitions {
            let rows = documents.map { $0.values[definition.path] ?? [] }
            guard rows.contains(where: { !$0.isEmpty }) else { continue }
            let (ownTerms, column) = Self.column(rows, definition.type)
            let all = column.joined()
            terms.append(ownTerms)
            values.append(column)
            fields.append(
                SegmentField(
                    definition: definition, termCount: ownTerms.count,
                    rowsWithValue: column.count { !$0.isEmpty },
                    isMultiValued: column.contains { $0.count > 1 }, minimum: all.min() ?? 0,
                    maximum: all.max() ?? 0))
        }
        self.fields = fields
        self.terms = terms
        self.values = values
        zones = values.map { column in Self.blocks(column, blockRows).map(Self.zone) }
        columns = values.map { column in Self.blocks(column, blockRows).map(Self.block) }
        idOrder = documents.indices.sorted { left, right in
            let (a, b) = (Array(documents[left].id.utf8), Array(documents[right].id.utf8))
            return a == b ? left > right : a.lexicographicallyPrecedes(b)
        }.map { UInt32($0) }
    }

    private static func column(
        _ rows: [[ScriptedValue]], _ type: FieldType
    ) -> (terms: [[UInt8]], column: [[Int64]]) {
        guard type == .keyword || type == .text else {
            return ([], rows.map { row in row.map(\.columnValue).sorted() })
        }
        let strings = rows.map { row in
            row.flatMap { value -> [[UInt8]] in
                guard case .string(let text) = value else { return [] }
                return type == .text ? Analyzer.standard.tokens(of: text) : [Array(text.utf8)]
            }
        }
        let terms = Set(strings.joined()).sorted { $0.lexicographicallyPrecedes($1) }
        var ordinals: [[UInt8]: Int64] = [:]
        for (ordinal, term) in terms.enumerated() { ordinals[term] = Int64(ordinal) }
        return (terms, strings.map { row in Set(row).map { ordinals[$0]! }.sorted() })
    }

    // MARK: Rows

    var rowCount: Int { documents.count }
    var births: ClosedRange<SequenceNumber> {
        SequenceNumber(
            rawValue: documents[0].birth)...SequenceNumber(
                rawValue: documents[documents.count - 1].birth)
    }
    var tombstones: RowBitmap? { nil }
    var byteCount: Int { 0 }

    func readBirths(_ rows: Range<Int>, into values: inout [UInt64]) { values = documents[rows].map(\.birth) }
    func readVersions(_ rows: Range<Int>, into values: inout [Int64]) {
        values = documents[rows].map(\.version)
    }

    // MARK: Ids

    func mayHold(idHash: UInt64) -> Bool { true }

    func findRows(id: RawSpan, into rows: inout [UInt32]) {
        let wanted = id.copyBytes()
        rows = idOrder.filter { Array(documents[Int($0)].id.utf8) == wanted }
    }

    func appendID(ofRow row: Int, to buffer: inout ByteBuffer) { buffer.append(utf8: documents[row].id) }

    func readSortedIDs(_ places: Range<Int>, into ids: inout SortedIDs) {
        ids = SortedIDs()
        for row in idOrder[places] {
            ids.bytes.append(utf8: documents[Int(row)].id)
            ids.offsets.append(UInt32(ids.bytes.count))
            ids.rows.append(row)
        }
    }

    // MARK: Sources

    func readSources(_ rows: [UInt32], _ body: (UInt32, RawSpan) -> Void) {
        precondition(zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 }, "rows ascend")
        for row in rows { body(row, Array(documents[Int(row)].source.utf8).rawSpan) }
    }

    // MARK: Columns

    func field(named path: String) -> Int? { fields.firstIndex { $0.definition.path == path } }

    func zone(_ field: Int, block: Int) -> ZoneMap { zones[field][block] }

    func readColumn(_ field: Int, block: Int, into column: inout ColumnBlock) {
        precondition(fields[field].definition.hasColumn, "no such column")
        column = columns[field][block]
    }

    private static func blocks(_ column: [[Int64]], _ blockRows: Int) -> [ArraySlice<[Int64]>] {
        stride(from: 0, to: column.count, by: blockRows).map {
            column[$0..<min($0 + blockRows, column.count)]
        }
    }

    private static func zone(_ rows: ArraySlice<[Int64]>) -> ZoneMap {
        let all = Array(rows.joined())
        let isPlain = rows.allSatisfy { $0.count == 1 }
        return ZoneMap(
            minimum: all.min() ?? 7, maximum: all.max() ?? -7, missing: rows.count { $0.isEmpty },
            isSorted: isPlain && zip(all, all.dropFirst()).allSatisfy { $0 <= $1 })
    }

    private static func block(_ rows: ArraySlice<[Int64]>) -> ColumnBlock {
        var column = ColumnBlock()
        column.rowCount = rows.count
        if rows.contains(where: \.isEmpty) {
            column.present = [UInt64](repeating: 0, count: (rows.count + 63) / 64)
            for (at, row) in rows.enumerated() where !row.isEmpty {
                column.present[at / 64] |= 1 << UInt64(at % 64)
            }
        }
        if rows.contains(where: { $0.count > 1 }) {
            column.starts = [0]
            for row in rows {
                column.values += row
                column.starts.append(UInt32(column.values.count))
            }
        } else {
            // What stands where a value is missing must not matter.
            column.values = rows.map { $0.first ?? 0x5555 }
        }
        return column
    }

    // MARK: Terms

    func ordinal(of term: RawSpan, field: Int) -> TermPosition {
        let wanted = term.copyBytes()
        let at = terms[field].firstIndex { !$0.lexicographicallyPrecedes(wanted) } ?? terms[field].count
        return at < terms[field].count && terms[field][at] == wanted ? .found(at) : .absent(at)
    }

    func appendTerm(_ ordinal: Int, field: Int, to buffer: inout ByteBuffer) {
        buffer.append(terms[field][ordinal])
    }

    func documentFrequency(_ ordinal: Int, field: Int) -> Int {
        values[field].count { $0.contains(Int64(ordinal)) }
    }

    func readPostings(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32]
    ) {
        rows = values[field].indices.filter { values[field][$0].contains(Int64(ordinal)) }.map { UInt32($0) }
        frequencies = []
    }

    func readPositions(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32],
        positions: inout [UInt32]
    ) {
        readPostings(ordinal, field: field, rows: &rows, frequencies: &frequencies)
        positions = []
    }

    func readLengths(_ rows: Range<Int>, field: Int, into lengths: inout [UInt32]) {
        lengths = values[field][rows].map { UInt32($0.count) }
    }

    func collectRows(ofTerms ordinals: Range<Int>, field: Int, into rows: inout RowBitmap) {
        for (row, own) in values[field].enumerated() where own.contains(where: { ordinals.contains(Int($0)) })
        {
            rows[row] = true
        }
    }
}

extension SearchableSegment {
    /// A view of scripted documents, without those that are deleted.
    init(_ view: any SegmentView, of documents: [ScriptedDocument]) {
        let deleted = documents.filter(\.isDeleted).count
        if deleted == 0 {
            self.init(view: view, live: nil, liveCount: view.rowCount)
            return
        }
        var live = RowBitmap(rowCount: view.rowCount)
        for (row, document) in documents.enumerated() where !document.isDeleted { live[row] = true }
        self.init(view: view, live: live, liveCount: view.rowCount - deleted)
    }
}
