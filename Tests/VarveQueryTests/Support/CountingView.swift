import VarveBytes
import VarveFiles
import VarveSegment

/// Another view, and how many column blocks and sources were read of it.
final class CountingView: SegmentView {
    struct Reads: Equatable {
        var columnBlocks = 0
        var sources = 0
        var terms = 0
    }

    private let view: any SegmentView
    private let counts = Locked(Reads())

    init(_ view: any SegmentView) { self.view = view }

    /// What was read since the last time this was asked.
    func takeReads() -> Reads {
        counts.withLock { reads in
            let taken = reads
            reads = Reads()
            return taken
        }
    }

    var rowCount: Int { view.rowCount }
    var births: ClosedRange<SequenceNumber> { view.births }
    var tombstones: RowBitmap? { view.tombstones }
    var byteCount: Int { view.byteCount }
    var fields: [SegmentField] { view.fields }

    func readBirths(_ rows: Range<Int>, into values: inout [UInt64]) throws(StorageError) {
        try view.readBirths(rows, into: &values)
    }
    func readVersions(_ rows: Range<Int>, into values: inout [Int64]) throws(StorageError) {
        try view.readVersions(rows, into: &values)
    }
    func mayHold(idHash: UInt64) -> Bool { view.mayHold(idHash: idHash) }
    func findRows(id: RawSpan, into rows: inout [UInt32]) throws(StorageError) {
        try view.findRows(id: id, into: &rows)
    }
    func appendID(ofRow row: Int, to buffer: inout ByteBuffer) throws(StorageError) {
        try view.appendID(ofRow: row, to: &buffer)
    }
    func readSortedIDs(_ places: Range<Int>, into ids: inout SortedIDs) throws(StorageError) {
        try view.readSortedIDs(places, into: &ids)
    }
    func readSources(_ rows: [UInt32], _ body: (UInt32, RawSpan) -> Void) throws(StorageError) {
        counts.withLock { $0.sources += rows.count }
        try view.readSources(rows, body)
    }
    func field(named path: String) -> Int? { view.field(named: path) }
    func zone(_ field: Int, block: Int) -> ZoneMap { view.zone(field, block: block) }
    func readColumn(_ field: Int, block: Int, into column: inout ColumnBlock) throws(StorageError) {
        counts.withLock { $0.columnBlocks += 1 }
        try view.readColumn(field, block: block, into: &column)
    }
    func ordinal(of term: RawSpan, field: Int) throws(StorageError) -> TermPosition {
        try view.ordinal(of: term, field: field)
    }
    func appendTerm(_ ordinal: Int, field: Int, to buffer: inout ByteBuffer) throws(StorageError) {
        counts.withLock { $0.terms += 1 }
        try view.appendTerm(ordinal, field: field, to: &buffer)
    }
    func documentFrequency(_ ordinal: Int, field: Int) throws(StorageError) -> Int {
        try view.documentFrequency(ordinal, field: field)
    }
    func readPostings(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32]
    ) throws(StorageError) {
        try view.readPostings(ordinal, field: field, rows: &rows, frequencies: &frequencies)
    }
    func readPositions(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32],
        positions: inout [UInt32]
    ) throws(StorageError) {
        try view.readPositions(
            ordinal, field: field, rows: &rows, frequencies: &frequencies, positions: &positions)
    }
    func readLengths(_ rows: Range<Int>, field: Int, into lengths: inout [UInt32]) throws(StorageError) {
        try view.readLengths(rows, field: field, into: &lengths)
    }
    func collectRows(
        ofTerms ordinals: Range<Int>, field: Int, into rows: inout RowBitmap
    ) throws(StorageError) {
        try view.collectRows(ofTerms: ordinals, field: field, into: &rows)
    }
}
