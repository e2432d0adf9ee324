import VarveBytes
import VarveDocument
import VarveFiles
import VarveLog
import VarveManifest
import VarveSegment

/// Applies recovered log records to a new memtable: what the sequencer did, without deciding anything again.
///
/// Records are whole batches in log order. Operations at or below the flushed number are in segments and are
/// passed over; so are checkpoints of such batches, which the manifest has.
struct Replay: ~Copyable {
    private var memtable: Memtable
    private let schema: Schema
    private let flushed: SequenceNumber?
    private var decoder: BatchReplayer
    private(set) var checkpoints: [SourceCheckpoint]
    private(set) var operations = 0
    private(set) var letters: LetterStore
    /// The number after the last one that a record has named.
    private var nextNumber: UInt64

    init(
        memtable: consuming Memtable, schema: Schema, flushed: SequenceNumber?,
        checkpoints: [SourceCheckpoint], letters: LetterStore
    ) {
        self.memtable = memtable
        self.schema = schema
        self.flushed = flushed
        self.checkpoints = checkpoints
        self.letters = letters
        decoder = BatchReplayer(schema: schema)
        nextNumber = flushed.map { $0.rawValue + 1 } ?? 0
    }

    mutating func takeMemtable() -> Memtable {
        var taken = Memtable()
        swap(&taken, &memtable)
        return taken
    }

    /// The next number to give out: after what was recovered, or after the gap that an unclean end leaves.
    ///
    /// Without a log nobody knows which numbers a reader has seen since the last flush, so none of the next 2^32 is
    /// used: more operations than memory can hold.
    func next(after report: LogRecoveryReport?) -> UInt64 {
        guard let report else { return nextNumber + (1 << 32) }
        return max(nextNumber, (report.gap?.upperBound ?? report.next).rawValue)
    }

    mutating func apply(_ record: RecoveredRecord, in layout: ShardLayout) throws(EngineError) {
        guard let payload = record.payload else { return }
        do throws(FormatError) {
            switch record.type {
            case .schema:
                try schema.apply(payload.bytes)
                memtable.learn(schema.snapshot.fields)
            case .batch, .checkpoint, .sourceReset: try applyBatch(record, payload)
            case .watermark, .seal, .link, .gap: break
            }
        } catch {
            // The record's checksum was right, so these bytes are what was logged: a rule has changed, or the
            // writer was wrong. Either way nothing may be skipped.
            throw .storage(.damaged(Damage(layout.wal(record.file), from: record.offset, error)))
        }
    }

    private mutating func applyBatch(_ record: RecoveredRecord, _ payload: SharedBytes) throws(FormatError) {
        let first = record.first.rawValue
        let end = first + UInt64(record.operationCount)
        nextNumber = max(nextNumber, end)
        if let flushed, Self.isCovered(first, end, by: flushed) { return }
        let replayed = try decoder.prepare(payload)
        let batch = replayed.batch
        memtable.learn(schema.snapshot.fields)
        for at in batch.operations.indices {
            let number = SequenceNumber(first + UInt64(at))
            let operation = batch.operations[at]
            if let flushed, number <= flushed { continue }
            guard operation.kind.isOfDocument else {
                letters.apply(
                    batch, operation: at, number: number.rawValue, time: Int64(clamping: replayed.time))
                continue
            }
            memtable.append(
                batch, operation: at, birth: number, version: operation.version > 0 ? operation.version : nil)
            operations += 1
        }
        if let checkpoint = replayed.checkpoint { commit(checkpoint) }
    }

    /// Whether the manifest has all of a record. One without operations that stands just behind the flushed number
    /// may have come before or after the flush: repeated in log order, the last of them is right either way.
    private static func isCovered(_ first: UInt64, _ end: UInt64, by flushed: SequenceNumber) -> Bool {
        end > first ? end <= flushed.rawValue + 1 : first <= flushed.rawValue
    }

    private mutating func commit(_ checkpoint: SourceCheckpoint) {
        if let at = checkpoints.firstIndex(where: { $0.isSamePartition(as: checkpoint) }) {
            checkpoints[at] = checkpoint
        } else {
            checkpoints.append(checkpoint)
        }
    }
}
