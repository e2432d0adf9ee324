#if Kafka
import VarveBytes
import VarveIngest

/// One partition that is being read, on the side of the thread that owns the client.
///
/// Checks what comes: offsets ascend, and the first record behind a pointer with a mark stands behind the record that
/// the mark is of. It decides nothing about errors; it says what happened.
struct PartitionReader {
    enum Outcome {
        case fine
        /// The log holds another record than the one that was read at this offset.
        case rewritten(offset: UInt64)
        /// The offset that reading is to go on from is not there, or the log ends before it.
        case outOfRange
        case fault(KafkaFault)
    }

    let hand: PartitionHand
    let queue: PartitionQueue
    /// The next record is at this offset or behind it.
    private(set) var next: UInt64
    /// Bytes taken since `takeDrained`.
    private var drained = 0
    /// The mark of the record before `next`, while it is still to be compared.
    private var unproven: RecordMark?
    private var mark: RecordMark
    /// Bytes of a record, averaged over the last ones: what a number of records will take is not known before.
    private var recordBytes = 64 << 10

    init(_ hand: PartitionHand, _ queue: PartitionQueue, at pointer: StreamPointer) {
        self.hand = hand
        self.queue = queue
        next = pointer.low
        mark = RecordMark(pointer.details)
        unproven = Self.isProvable(pointer) ? mark : nil
    }

    /// The offset to start at: one before the pointer, if the record there is to be compared.
    static func start(of pointer: StreamPointer) -> UInt64 {
        isProvable(pointer) ? pointer.low - 1 : pointer.low
    }

    private static func isProvable(_ pointer: StreamPointer) -> Bool {
        pointer.low > 0 && !RecordMark(pointer.details).isNone
    }

    /// Whether the record before `next` is still to be compared.
    var isUnproven: Bool { unproven != nil }

    /// Takes what is there, without waiting.
    ///
    /// - Returns: What became of it, whether anything was there, and whether there may be more at once.
    mutating func read() -> (outcome: Outcome, hasNews: Bool, mayHaveMore: Bool) {
        let room = hand.update { $0.room }
        let (taken, isEmptied) = queue.take(max(1, room / recordBytes), after: &mark)
        for item in taken {
            switch item {
            case .records(let records, let bytes):
                drained += bytes
                recordBytes = max(1, (recordBytes + bytes / records.count) / 2)
                if case .rewritten(let offset) = accept(records, bytes) {
                    return (.rewritten(offset: offset), true, false)
                }
            case .end(let offset):
                if offset < next { return (.outOfRange, true, false) }
                next = offset
                unproven = nil
                hand.update { $0.reachEnd() }
            case .fault(let fault): return (fault.isOutOfRange ? .outOfRange : .fault(fault), false, false)
            }
        }
        return (.fine, !taken.isEmpty, !isEmptied)
    }

    /// Whether so much was taken that the queue may have been full before.
    mutating func takeDrained(atLeast bytes: Int) -> Bool {
        if drained < bytes { return false }
        drained = 0
        return true
    }

    private mutating func accept(_ records: [Message], _ bytes: Int) -> Outcome {
        var records = records
        if let expected = unproven, let first = records.first {
            unproven = nil
            if first.pointer.low + 1 == next && RecordMark(first.next.details) != expected {
                return .rewritten(offset: first.pointer.low)
            }
        }
        if let first = records.first, first.pointer.low < next {
            let at = next
            records.removeFirst(records.firstIndex { $0.pointer.low >= at } ?? records.count)
        }
        guard let last = records.last else { return .fine }
        next = last.next.low
        let accepted = records
        hand.update { $0.add(accepted, bytes: bytes) }
        return .fine
    }
}
#endif
