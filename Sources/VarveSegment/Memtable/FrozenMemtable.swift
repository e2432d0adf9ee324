package import VarveBytes
import VarveDocument
import VarveFiles

/// A memtable that was refreshed: immutable, searchable, read like a segment.
///
/// Freezing costs nothing. What searches need beyond the columns as they came (ids in order, terms in order,
/// postings, zone maps) is made when it is first asked for, once.
///
/// Between freezing and publishing, versions of its rows may be *unresolved*: `firstRowsOfIDs` are the rows to
/// look up in older views. Whoever publishes it resolves them first; reading an unresolved version through the
/// `SegmentView` calls is a mistake of ours and stops the process.
package final class FrozenMemtable: SegmentView {
    let rows: MemtableRows
    let columns: MemtableFields
    let terms: SharedBytes
    private let versions: Locked<ChunkedArray<Int64>>
    /// The rows that another row of it superseded, in the order of their deaths. Empty after combining.
    package let ownDeaths: [RowDeath]
    /// See `Memtable.firstRowsOfIDs`. Empty after combining.
    package let firstRowsOfIDs: [UInt32]
    private let lazyFields = Lazy<[FrozenColumn]>()
    private let lazySummaries = Lazy<[SegmentField]>()
    private let lazyTombstones = Lazy<RowBitmap>()
    private let lazyIDOrder = Lazy<[UInt32]>()

    init(
        rows: MemtableRows, versions: ChunkedArray<Int64>, fields: MemtableFields, terms: SharedBytes,
        ownDeaths: [RowDeath], firstRowsOfIDs: [UInt32]
    ) {
        self.rows = rows
        self.versions = Locked(versions)
        columns = fields
        self.terms = terms
        self.ownDeaths = ownDeaths
        self.firstRowsOfIDs = firstRowsOfIDs
    }

    /// One view with the rows of several, in their order: row numbers of each shift by the rows before it.
    ///
    /// For shards that refresh often: searching one view of 10,000 rows costs less than a hundred of 100. The
    /// deaths, which are kept beside the views, move with `DeathSet.combined`. Births must ascend from view to
    /// view, and versions must be resolved. Ids and sources are shared, not copied.
    package static func combined(_ views: [FrozenMemtable]) -> FrozenMemtable {
        precondition(!views.isEmpty, "nothing to combine")
        if views.count == 1 { return views[0] }
        var memtable = Memtable()
        for view in views { memtable.append(view) }
        return memtable.freeze()
    }

    // MARK: Rows

    package var rowCount: Int { rows.count }

    package var births: ClosedRange<SequenceNumber> {
        SequenceNumber(rows.rows[0].birth)...SequenceNumber(rows.rows[rows.count - 1].birth)
    }

    package var tombstones: RowBitmap? {
        if rows.tombstoneCount == 0 { return nil }
        return lazyTombstones.value {
            var bitmap = RowBitmap(rowCount: rows.count)
            for row in 0..<rows.count where rows.rows[row].isTombstone { bitmap[row] = true }
            return bitmap
        }
    }

    /// Memory held, with what was derived so far.
    package var byteCount: Int {
        var sum =
            rows.byteCount + columns.byteCount + terms.capacity + rows.count * MemoryLayout<Int64>.stride
        for field in lazyFields.current ?? [] { sum += field.derivedByteCount }
        sum += (lazyIDOrder.current?.capacity ?? 0) * MemoryLayout<UInt32>.stride
        return sum
    }

    package func row(_ row: Int) -> MemtableRowState {
        MemtableRowState(rows.rows[row], versions.withLock { $0[row] })
    }

    package func readBirths(_ range: Range<Int>, into values: inout [UInt64]) {
        values.removeAll(keepingCapacity: true)
        rows.rows.forEachRun(in: range) { run in
            for row in run { values.append(row.birth) }
        }
    }

    package func readVersions(_ range: Range<Int>, into values: inout [Int64]) {
        values.removeAll(keepingCapacity: true)
        versions.withLock { versions in
            versions.forEachRun(in: range) { values.append(contentsOf: $0) }
        }
        precondition(!values.contains { $0 < 0 }, "versions are resolved before a view is published")
    }

    // MARK: Versions, before it is published

    /// Whether a row's version is still unknown.
    package var hasUnresolvedVersions: Bool {
        versions.withLock { versions in (0..<versions.count).contains { versions[$0] < 0 } }
    }

    /// Settles the versions of every id whose first row here is unresolved.
    ///
    /// - Parameter base: For each of `firstRowsOfIDs`, the version that older views hold of its id, 0 if none.
    package func resolveVersions(bases: [Int64]) {
        precondition(bases.count == firstRowsOfIDs.count, "one version for each id to look up")
        var baseOfRow = [Int64](repeating: 0, count: rows.count)
        for (row, base) in zip(firstRowsOfIDs, bases) { baseOfRow[Int(row)] = base }
        for row in baseOfRow.indices where rows.rows[row].previous != 0 {
            baseOfRow[row] = baseOfRow[Int(rows.rows[row].previous) - 1]
        }
        versions.withLock { versions in
            for row in baseOfRow.indices where versions[row] < 0 {
                versions[row] = baseOfRow[row] &- versions[row]
            }
        }
    }

    /// Settles the versions of one id alone, as `Memtable.resolveVersions` does.
    package func resolveVersions(ofChainEndingAt row: Int, base: Int64) {
        versions.withLock { VersionChains.resolve(&$0, rows.rows, endingAt: row, base: base) }
    }

    var resolvedVersions: [Int64] {
        var values: [Int64] = []
        readVersions(0..<rows.count, into: &values)
        return values
    }

    // MARK: Ids

    package func mayHold(idHash: UInt64) -> Bool { rows.mayHold(idHash: idHash) }

    /// The newest row with this id, a tombstone included.
    package func newestRow(id: RawSpan, hash: UInt64) -> Int? {
        let row = rows.newestRow(id: id, hash: hash, pending: RawSpan())
        return row < 0 ? nil : row
    }

    package func findRows(id: RawSpan, into found: inout [UInt32]) {
        found.removeAll(keepingCapacity: true)
        var row = rows.newestRow(id: id, hash: hashOfID(id), pending: RawSpan())
        while row >= 0 {
            found.append(UInt32(row))
            row = Int(rows.rows[row].previous) - 1
        }
    }

    package func appendID(ofRow row: Int, to buffer: inout ByteBuffer) { rows.appendID(of: row, to: &buffer) }

    package func readSortedIDs(_ places: Range<Int>, into ids: inout SortedIDs) {
        let order = lazyIDOrder.value { IDOrder.sorted(rows) }
        ids.bytes.removeAll()
        ids.offsets.removeAll(keepingCapacity: true)
        ids.rows.removeAll(keepingCapacity: true)
        ids.offsets.append(0)
        for row in order[places] {
            rows.appendID(of: Int(row), to: &ids.bytes)
            ids.offsets.append(UInt32(ids.bytes.count))
            ids.rows.append(row)
        }
    }

    // MARK: Sources

    package func readSources(_ wanted: [UInt32], _ body: (UInt32, RawSpan) -> Void) {
        for number in wanted {
            let row = rows.rows[Int(number)]
            let chunk = rows.chunks[Int(row.chunk)]
            body(number, chunk.bytes.slice(Int(row.sourceOffset), Int(row.sourceCount)))
        }
    }

    package func appendSource(ofRow row: Int, to buffer: inout ByteBuffer) {
        rows.appendSource(of: row, to: &buffer)
    }

    package func appendRouting(ofRow row: Int, to buffer: inout ByteBuffer) {
        rows.appendRouting(of: row, to: &buffer)
    }

    // MARK: Fields

    /// Those with a column, in the schema's order.
    private var frozenFields: [FrozenColumn] {
        lazyFields.value {
            columns.slots.indices.filter { columns.slots[$0] >= 0 }.map { field in
                let slot = columns.slots[field]
                let at = Int(slot &>> 1)
                return FrozenColumn(
                    columns.definitions[field],
                    slot & 1 == 0 ? .numbers(columns.numbers[at]) : .terms(columns.terms[at]),
                    rowCount: rows.count, bytes: terms)
            }
        }
    }

    package var fields: [SegmentField] { lazySummaries.value { frozenFields.map { $0.summary } } }

    package func field(named path: String) -> Int? {
        frozenFields.firstIndex { $0.definition.path == path }
    }

    // MARK: Columns

    package func zone(_ field: Int, block: Int) -> ZoneMap { frozenFields[field].blockZones[block] }

    package func readColumn(_ field: Int, block: Int, into column: inout ColumnBlock) {
        let start = block * columnBlockRows
        frozenFields[field].read(start..<min(start + columnBlockRows, rows.count), into: &column)
    }

    // MARK: Terms

    package func ordinal(of term: RawSpan, field: Int) -> TermPosition {
        let column = frozenFields[field]
        return column.termOrder.position(of: term, column.terms.table, terms)
    }

    package func appendTerm(_ ordinal: Int, field: Int, to buffer: inout ByteBuffer) {
        let column = frozenFields[field]
        let term = column.terms.table.terms[Int(column.termOrder.terms[ordinal])]
        let arena = terms
        buffer.append(arena.bytes.slice(Int(term.offset), Int(term.count)))
    }

    package func documentFrequency(_ ordinal: Int, field: Int) -> Int {
        let column = frozenFields[field]
        return Int(column.terms.table.terms[Int(column.termOrder.terms[ordinal])].documents)
    }

    package func readPostings(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32]
    ) {
        let column = frozenFields[field]
        let term = Int(column.termOrder.terms[ordinal])
        column.termPostings.read(term, rows: &rows, frequencies: &frequencies)
    }

    package func readPositions(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32],
        positions: inout [UInt32]
    ) {
        let column = frozenFields[field]
        let term = Int(column.termOrder.terms[ordinal])
        column.termPostings.read(term, rows: &rows, frequencies: &frequencies)
        column.termPostings.readPositions(term, into: &positions)
    }

    package func readLengths(_ range: Range<Int>, field: Int, into lengths: inout [UInt32]) {
        frozenFields[field].readLengths(range, into: &lengths)
    }

    package func lengthBytes(field: Int) -> [UInt8] { frozenFields[field].lengthBytes }

    package func collectRows(ofTerms ordinals: Range<Int>, field: Int, into bitmap: inout RowBitmap) {
        if ordinals.isEmpty { return }
        frozenFields[field].collect(ordinals, into: &bitmap)
    }
}

/// The rows of a memtable in the order of their ids, those of one id newest first.
private enum IDOrder {
    private struct Strings: PrefixSortable {
        let rows: MemtableRows

        func byteCount(of item: UInt32) -> Int { Int(rows.rows[Int(item)].idCount) }

        func prefix(of item: UInt32, at depth: Int) -> UInt64 {
            let row = rows.rows[Int(item)]
            let chunk = rows.chunks[Int(row.chunk)]
            return chunk.bytes.orderedPrefix(at: Int(row.idOffset) + depth, count: Int(row.idCount) - depth)
        }
    }

    static func sorted(_ rows: MemtableRows) -> [UInt32] {
        // The sort is stable, so the newest rows are given first.
        let newestFirst = Array((0..<UInt32(rows.count)).reversed())
        return PrefixSort.sorted(newestFirst, Strings(rows: rows))
    }
}
