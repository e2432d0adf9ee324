package import VarveBytes
package import VarveDocument
package import VarveFiles

/// Documents and their indexes, immutable: a segment file or a frozen memtable, which queries, gets, flushes and
/// merges read alike.
///
/// A *row* is one version of one document, or a tombstone; rows lie in birth order. Which rows are visible is
/// not the view's business: deaths are kept beside it (`DeathSet`), since they go on after the view is written.
/// Calls move blocks, never single values. All are safe from any thread. Bytes that turn out damaged are a
/// `StorageError.damaged`, never a wrong answer.
package protocol SegmentView: AnyObject, Sendable {
    // MARK: Rows
    var rowCount: Int { get }
    /// Lowest and highest birth of its rows.
    var births: ClosedRange<SequenceNumber> { get }
    /// Rows that are tombstones; nil if there are none.
    var tombstones: RowBitmap? { get }
    /// Bytes of memory or disk that it occupies.
    var byteCount: Int { get }
    /// Replaces `values` by the births of `rows`.
    func readBirths(_ rows: Range<Int>, into values: inout [UInt64]) throws(StorageError)
    /// Replaces `values` by the versions of `rows`.
    func readVersions(_ rows: Range<Int>, into values: inout [Int64]) throws(StorageError)

    // MARK: Ids
    /// False if no row has the id. May be wrongly true, at most once in a hundred times.
    func mayHold(idHash: UInt64) -> Bool
    /// Replaces `rows` by the rows with this id, newest first.
    func findRows(id: RawSpan, into rows: inout [UInt32]) throws(StorageError)
    /// Appends the id of a row.
    func appendID(ofRow row: Int, to buffer: inout ByteBuffer) throws(StorageError)

    /// Replaces `ids` by the ids at these places of the view's id order, with their rows. Every row, tombstones
    /// and superseded versions included, has one place; rows of one id stand newest first.
    func readSortedIDs(_ places: Range<Int>, into ids: inout SortedIDs) throws(StorageError)

    // MARK: Sources
    /// Calls `body` with each row's source, exactly as it was given. Rows must ascend: each block is opened once.
    /// Tombstones have an empty source.
    func readSources(_ rows: [UInt32], _ body: (UInt32, RawSpan) -> Void) throws(StorageError)

    // MARK: Fields
    /// The fields that any of its documents has. Positions in this list are the `field` of every call below.
    var fields: [SegmentField] { get }
    func field(named path: String) -> Int?

    // MARK: Columns, in blocks of 4,096 rows
    /// What is known of a column block without reading it.
    func zone(_ field: Int, block: Int) -> ZoneMap
    func readColumn(_ field: Int, block: Int, into column: inout ColumnBlock) throws(StorageError)

    // MARK: Terms of keyword and text fields; ordinals follow the bytewise order of terms
    func ordinal(of term: RawSpan, field: Int) throws(StorageError) -> TermPosition
    func appendTerm(_ ordinal: Int, field: Int, to buffer: inout ByteBuffer) throws(StorageError)
    /// Replaces `terms` by the terms of these ordinals.
    func readTerms(_ ordinals: Range<Int>, field: Int, into terms: inout SortedTerms) throws(StorageError)
    /// How many rows hold the term.
    func documentFrequency(_ ordinal: Int, field: Int) throws(StorageError) -> Int
    /// Replaces `rows` by the rows that hold the term, ascending, and, for text, `frequencies` by how often each
    /// holds it (empty for keywords).
    func readPostings(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32]
    ) throws(StorageError)
    /// The same, and replaces `positions` by those of the term in each row of a text, ascending: as many a row as its
    /// frequency, row after row (empty for keywords). The first token has position 0.
    func readPositions(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32],
        positions: inout [UInt32]
    ) throws(StorageError)
    /// Replaces `lengths` by the number of tokens that each of these rows has in a text field.
    func readLengths(_ rows: Range<Int>, field: Int, into lengths: inout [UInt32]) throws(StorageError)
    /// The length of each row in a text field as one byte (`LengthByte`). Kept, a byte a row, once it was asked for.
    func lengthBytes(field: Int) throws(StorageError) -> [UInt8]
    /// Sets the bit of every row that holds one of these terms.
    func collectRows(ofTerms ordinals: Range<Int>, field: Int, into rows: inout RowBitmap)
        throws(StorageError)
}

/// Rows of one column block; part of the format.
package let columnBlockRows = 4096

package struct SegmentField: Equatable, Sendable {
    package var definition: FieldDefinition
    /// Distinct terms; 0 for fields without terms.
    package var termCount: Int
    /// Rows that have a value.
    package var rowsWithValue: Int
    /// Tokens of all rows of a text, or of keywords the distinct values of each row; 0 for fields without terms.
    package var tokenCount: Int
    /// Some row has more than one value.
    package var isMultiValued: Bool
    /// Least and greatest value of the column (ordinals for keywords), if it has any value.
    package var minimum: Int64
    package var maximum: Int64

    package init(
        definition: FieldDefinition, termCount: Int, rowsWithValue: Int, tokenCount: Int = 0,
        isMultiValued: Bool, minimum: Int64, maximum: Int64
    ) {
        self.definition = definition
        self.termCount = termCount
        self.rowsWithValue = rowsWithValue
        self.tokenCount = tokenCount
        self.isMultiValued = isMultiValued
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// Where a term stands among the terms of a field.
package enum TermPosition: Equatable, Sendable {
    case found(Int)
    /// The term is absent; the first greater one has this ordinal.
    case absent(Int)
}

/// Bounds of the values in one column block.
package struct ZoneMap: Equatable, Sendable {
    package var minimum: Int64
    package var maximum: Int64
    /// Rows of the block without a value.
    package var missing: Int
    /// Values ascend (ties allowed), no row misses one, and each row has exactly one.
    package var isSorted: Bool

    package init(minimum: Int64, maximum: Int64, missing: Int, isSorted: Bool) {
        self.minimum = minimum
        self.maximum = maximum
        self.missing = missing
        self.isSorted = isSorted
    }
}

/// The values of up to 4,096 consecutive rows of one column, decoded. Reused from block to block.
///
/// Single-valued blocks: `values[i]` is row `i`'s value, meaningless where `present` lacks the bit. Blocks with a
/// row of several values: `starts` has `rowCount + 1` entries, and row `i` has `values[starts[i]..<starts[i + 1]]`,
/// ascending, duplicates kept for numbers and dropped for keywords.
package struct ColumnBlock: Sendable {
    package var rowCount = 0
    package var values: [Int64] = []
    /// Bit `i` set: row `i` has a value. Empty when every row has one.
    package var present: [UInt64] = []
    /// Empty for single-valued blocks.
    package var starts: [UInt32] = []

    package init() {}
}

/// A run of ids in id order. Id `i` is `bytes[offsets[i]..<offsets[i + 1]]` and belongs to `rows[i]`.
package struct SortedIDs: ~Copyable {
    package var bytes = ByteBuffer()
    package var offsets: [UInt32] = [0]
    package var rows: [UInt32] = []

    package init() {}

    package var count: Int { rows.count }
}

/// A run of terms in order. Term `i` is `bytes[offsets[i]..<offsets[i + 1]]`.
package struct SortedTerms: ~Copyable {
    package var bytes = ByteBuffer()
    package var offsets: [UInt32] = [0]

    package init() {}

    package var count: Int { offsets.count - 1 }

    package mutating func removeAll() {
        bytes.removeAll()
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
    }
}

extension SegmentView {
    package func lengthBytes(field: Int) throws(StorageError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rowCount)
        var lengths: [UInt32] = []
        for first in stride(from: 0, to: rowCount, by: columnBlockRows) {
            try readLengths(first..<min(first + columnBlockRows, rowCount), field: field, into: &lengths)
            for length in lengths { bytes.append(LengthByte.byte(length)) }
        }
        return bytes
    }

    package func readTerms(
        _ ordinals: Range<Int>, field: Int, into terms: inout SortedTerms
    ) throws(StorageError) {
        terms.removeAll()
        for ordinal in ordinals {
            try appendTerm(ordinal, field: field, to: &terms.bytes)
            terms.offsets.append(UInt32(terms.bytes.count))
        }
    }
}
