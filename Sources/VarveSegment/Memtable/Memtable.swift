package import VarveBytes
package import VarveDocument

/// Accepted operations that are in no segment yet, in birth order: the active one, which still grows.
///
/// Owned by the sequencer and touched under its lock alone. Appending an operation costs no allocation but the
/// growth of arrays. Ids and sources are not copied: the payload that the log writes is retained, and rows point
/// into it. Field values go into one column a field at once.
///
/// Invariants: births ascend strictly (gaps are numbers without a row); a row's version is known, or it is
/// *unresolved*, which only a first run of an id's rows here can be: the versions of that run are one above the
/// other, above the version that older views hold, which nobody has looked up yet.
///
/// `freeze` turns what there is into a `FrozenMemtable` without copying and leaves this one empty.
package struct Memtable: ~Copyable {
    private var rows = MemtableRows()
    private var versions = ChunkedArray<Int64>()
    private var fields: MemtableFields
    private var arena = ByteBuffer()
    private let seed: UInt64
    /// The rows that another row here superseded, in the order of their deaths.
    package private(set) var ownDeaths: [RowDeath] = []
    /// The first rows of ids here whose older version, if there is one, still has to be looked up in older
    /// views: to record its death there, and to resolve versions.
    package private(set) var firstRowsOfIDs: [UInt32] = []

    /// - Parameter hashSeed: A random number, so that nobody can choose terms whose hashes collide.
    package init(schema: [FieldDefinition] = [], hashSeed: UInt64 = 0) {
        seed = hashSeed
        fields = MemtableFields(seed: hashSeed)
        fields.learn(schema)
    }

    package var rowCount: Int { rows.count }
    package var isEmpty: Bool { rows.count == 0 }

    /// Memory held, payloads included: the capacity of everything it keeps. Costs some nanoseconds a field.
    package var byteCount: Int {
        rows.byteCount + versions.byteCount + fields.byteCount + arena.capacity
            + ownDeaths.capacity * MemoryLayout<RowDeath>.stride + firstRowsOfIDs.capacity * 4
    }

    /// Takes over the schema's fields. To be called before the first operation that may use a new field; a
    /// schema only ever grows.
    package mutating func learn(_ schema: [FieldDefinition]) { fields.learn(schema) }

    /// Appends one index, create or delete operation of a batch that is sealed, and returns its row.
    ///
    /// If an earlier row here has the id, its death is noted in `ownDeaths`.
    /// - Parameters:
    ///   - birth: Above every birth so far.
    ///   - version: The version if it is known. Without one, the version is one above that of the row before it
    ///     here, or stays unresolved.
    ///   - olderIsSettled: The death of the version in older views was recorded already, or there is none: the
    ///     row does not go into `firstRowsOfIDs`. Always so for new ids.
    @discardableResult
    package mutating func append(
        _ batch: PreparedBatch, operation: Int, birth: SequenceNumber, version: Int64? = nil,
        idHash: UInt64? = nil, olderIsSettled: Bool = false
    ) -> Int {
        let payload = batch.payload
        let row = Placing(
            chunk: rows.chunk(of: payload), birth: birth, version: version, idHash: idHash,
            olderIsSettled: olderIsSettled)
        return append(
            batch.operations[operation], row, payload: payload.bytes, values: batch.values.span,
            strings: batch.strings.bytes)
    }

    /// Appends one operation of a batch that is being numbered: the same as above, before the payload is sealed,
    /// so that later operations of the batch meet this one.
    ///
    /// `retain` must follow with the sealed payload, before anything but `newestRow(ofOperation:in:)`, `row`
    /// and `append` is asked of the memtable.
    @discardableResult
    package mutating func append(
        _ draft: borrowing BatchDraft, operation: Int, birth: SequenceNumber, version: Int64? = nil,
        idHash: UInt64? = nil, olderIsSettled: Bool = false
    ) -> Int {
        let row = Placing(
            chunk: rows.pendingChunk, birth: birth, version: version, idHash: idHash,
            olderIsSettled: olderIsSettled)
        return append(
            draft.operations[operation], row, payload: draft.payloadBytes, values: draft.values.span,
            strings: draft.strings.bytes)
    }

    /// Keeps the payload of the draft whose operations were appended, now that it is sealed.
    package mutating func retain(_ payload: SharedBytes) {
        if rows.isPending { rows.retain(payload) }
    }

    /// What an operation's row gets that the batch does not say.
    private struct Placing {
        var chunk: UInt32
        var birth: SequenceNumber
        var version: Int64?
        var idHash: UInt64?
        var olderIsSettled: Bool
    }

    private mutating func append(
        _ operation: PreparedOperation, _ placing: Placing, payload: RawSpan, values: Span<FieldValue>,
        strings: RawSpan
    ) -> Int {
        precondition(operation.kind != .noOperation, "a number without an operation has no row")
        precondition(placing.version ?? 0 >= 0, "versions are not negative")
        let row = rows.count
        let id = payload.slice(Int(operation.idOffset), Int(operation.idCount))
        let previous = rows.append(
            MemtableRow(
                birth: placing.birth.rawValue, chunk: placing.chunk, idOffset: operation.idOffset,
                sourceOffset: operation.sourceOffset, sourceCount: operation.sourceCount, previous: 0,
                idCount: operation.idCount, isTombstone: operation.kind == .delete),
            id: id, hash: placing.idHash ?? hashOfID(id), pending: payload)
        if previous >= 0 {
            ownDeaths.append(RowDeath(row: UInt32(previous), death: placing.birth))
        } else if !operation.idIsNew && !placing.olderIsSettled {
            firstRowsOfIDs.append(UInt32(row))
        }
        versions.append(placing.version ?? nextVersion(after: previous, idIsNew: operation.idIsNew))
        let first = Int(operation.firstValue)
        for at in first..<(first + Int(operation.valueCount)) {
            fields.append(values[at], row: UInt32(row), strings: strings, arena: &arena)
        }
        return row
    }

    /// Unresolved versions are kept as the negative of their place in the chain, from 1.
    private func nextVersion(after previous: Int, idIsNew: Bool) -> Int64 {
        if previous < 0 { return idIsNew ? 1 : -1 }
        let before = versions[previous]
        return before < 0 ? before &- 1 : before &+ 1
    }

    /// The newest row with this id, a tombstone included.
    package func newestRow(id: RawSpan, hash: UInt64) -> Int? {
        let row = rows.newestRow(id: id, hash: hash, pending: RawSpan())
        return row < 0 ? nil : row
    }

    /// The newest row with the id of an operation of the draft that is being numbered; earlier operations of the
    /// draft count.
    package func newestRow(
        ofOperation operation: Int, in draft: borrowing BatchDraft, idHash: UInt64? = nil
    ) -> Int? {
        let id = draft.id(of: operation)
        let row = rows.newestRow(id: id, hash: idHash ?? hashOfID(id), pending: draft.payloadBytes)
        return row < 0 ? nil : row
    }

    package func row(_ row: Int) -> MemtableRowState { MemtableRowState(rows.rows[row], versions[row]) }

    package func appendID(ofRow row: Int, to buffer: inout ByteBuffer) { rows.appendID(of: row, to: &buffer) }

    /// Appends the source exactly as it was given; nothing for a tombstone.
    package func appendSource(ofRow row: Int, to buffer: inout ByteBuffer) {
        rows.appendSource(of: row, to: &buffer)
    }

    /// Appends the routing value; nothing if the row has none.
    package func appendRouting(ofRow row: Int, to buffer: inout ByteBuffer) {
        rows.appendRouting(of: row, to: &buffer)
    }

    /// Settles the unresolved versions of the id that has this row, now that the version in older views is known.
    ///
    /// - Parameters:
    ///   - row: The newest row of its id.
    ///   - base: The version that older views hold, 0 if none.
    package mutating func resolveVersions(ofChainEndingAt row: Int, base: Int64) {
        VersionChains.resolve(&versions, rows.rows, endingAt: row, base: base)
    }

    /// Everything so far as an immutable view; this memtable is empty afterwards. Costs the same whatever there
    /// is in it. There must be a row.
    package mutating func freeze() -> FrozenMemtable {
        precondition(rows.count > 0, "a view holds at least one row")
        precondition(!rows.isPending, "a batch is retained before it is frozen")
        var terms = ByteBuffer()
        swap(&terms, &arena)
        let frozen = FrozenMemtable(
            rows: rows, versions: versions, fields: fields, terms: SharedBytes(terms), ownDeaths: ownDeaths,
            firstRowsOfIDs: firstRowsOfIDs)
        let schema = fields.definitions
        rows = MemtableRows()
        versions = ChunkedArray()
        fields = MemtableFields(seed: seed)
        fields.learn(schema)
        ownDeaths = []
        firstRowsOfIDs = []
        return frozen
    }

    /// Appends all rows of a frozen memtable, whose births follow. Its versions must be resolved.
    mutating func append(_ view: FrozenMemtable) {
        let firstRow = UInt32(rows.count)
        for number in 0..<view.rows.count {
            var row = view.rows.rows[number]
            let payload = view.rows.chunks[Int(row.chunk)]
            row.chunk = rows.chunk(of: payload)
            let id = payload.bytes.slice(Int(row.idOffset), Int(row.idCount))
            _ = rows.append(row, id: id, hash: hashOfID(id), pending: RawSpan())
        }
        for version in view.resolvedVersions { versions.append(version) }
        let terms = view.terms
        fields.append(view.columns, terms: terms.bytes, firstRow: firstRow, arena: &arena)
    }
}

/// What a memtable knows of a row besides its bytes.
package struct MemtableRowState: Equatable, Sendable {
    package let birth: SequenceNumber
    /// Nil while it is unresolved.
    package let version: Int64?
    package let isTombstone: Bool
    /// The version of the same id before it in this memtable.
    package let previousRow: Int?

    init(_ row: MemtableRow, _ version: Int64) {
        birth = SequenceNumber(row.birth)
        self.version = version < 0 ? nil : version
        isTombstone = row.isTombstone
        previousRow = row.previous == 0 ? nil : Int(row.previous) - 1
    }
}

/// Versions of a memtable's rows; an unresolved one is the negative of its place in the chain of its id.
enum VersionChains {
    static func resolve(
        _ versions: inout ChunkedArray<Int64>, _ rows: ChunkedArray<MemtableRow>, endingAt row: Int,
        base: Int64
    ) {
        var at = row
        while at >= 0 {
            if versions[at] < 0 { versions[at] = base &- versions[at] }
            at = Int(rows[at].previous) - 1
        }
    }
}
