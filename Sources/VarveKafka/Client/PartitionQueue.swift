#if Kafka
import CRdKafka
import VarveBytes
import VarveIngest

/// What came out of a partition's queue, in its order.
enum Fetched {
    /// Records in a row. `bytes` is what their keys and payloads take.
    case records([Message], bytes: Int)
    /// There is nothing more to read yet; the next record will be at this offset or behind it.
    case end(offset: UInt64)
    case fault(KafkaFault)
}

/// The queue of one partition, and the memory to empty it into.
///
/// A batch of records is copied into one array, which all its messages share, and the client's own memory is given
/// back at once: one record that is kept would otherwise keep the whole response that it came in.
@safe final class PartitionQueue {
    /// Records taken at a time.
    static let recordsMax = 1_000

    let partition: UInt32
    private let queue: OpaquePointer
    private let batch: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>

    @unsafe init(_ queue: OpaquePointer, _ partition: UInt32) {
        unsafe self.queue = queue
        self.partition = partition
        unsafe batch = .allocate(capacity: Self.recordsMax)
        unsafe batch.initialize(repeating: nil)
    }

    deinit {
        unsafe rd_kafka_queue_destroy(queue)
        unsafe batch.deallocate()
    }

    /// Nobody is woken any more when something comes. Not when it is let go: by then another one for the same partition
    /// may be open, and librdkafka has one queue for both.
    func silence() { unsafe rd_kafka_queue_cb_event_enable(queue, nil, nil) }

    /// Takes what is there, without waiting.
    ///
    /// - Parameters:
    ///   - limit: At most this many records and events.
    ///   - mark: The mark of the record before; that of the last one on return.
    /// - Returns: What was taken, and whether the queue was emptied.
    func take(_ limit: Int, after mark: inout RecordMark) -> (taken: [Fetched], isEmptied: Bool) {
        let limit = max(1, min(limit, Self.recordsMax))
        let count = unsafe rd_kafka_consume_batch_queue(queue, 0, batch.baseAddress, limit)
        guard count > 0 else { return ([], true) }
        defer {
            for at in 0..<count {
                unsafe rd_kafka_message_destroy(batch[at])
                unsafe batch[at] = nil
            }
        }
        var taken: [Fetched] = []
        var start = 0
        for at in 0..<count {
            guard let message = unsafe batch[at], unsafe message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR
            else { continue }
            if start < at { taken.append(records(start..<at, after: &mark)) }
            start = at + 1
            taken.append(unsafe event(message))
        }
        if start < count { taken.append(records(start..<count, after: &mark)) }
        return (taken, count < limit)
    }

    @unsafe private func event(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> Fetched {
        let code = unsafe message.pointee.err
        if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            return unsafe .end(offset: UInt64(max(0, message.pointee.offset)))
        }
        let text = unsafe rd_kafka_message_errstr(message).map { unsafe String(cString: $0) }
        return .fault(KafkaFault(code, text ?? ""))
    }

    private func records(_ range: Range<Int>, after mark: inout RecordMark) -> Fetched {
        let bytes = copy(range)
        var records: [Message] = []
        records.reserveCapacity(range.count)
        var at = 0
        for place in range {
            let record = unsafe batch[place]!
            let keyed = unsafe at + record.pointee.key_len
            let end = unsafe keyed + record.pointee.len
            let timestamp = unsafe rd_kafka_message_timestamp(record, nil)
            let offset = UInt64(max(0, unsafe record.pointee.offset))
            var pointer = StreamPointer(offset)
            pointer.details = mark.words
            mark = RecordMark(
                timestamp: timestamp, bytes: bytes.rawSpan.extracting(at..<end), keyBytes: keyed - at)
            var next = StreamPointer(offset + 1)
            next.details = mark.words
            records.append(
                Message(
                    pointer: pointer, next: next, payload: bytes[keyed..<end], timestamp: max(0, timestamp),
                    key: unsafe record.pointee.key == nil ? nil : bytes[at..<keyed],
                    isTombstone: unsafe record.pointee.payload == nil))
            at = end
        }
        return .records(records, bytes: bytes.count)
    }

    /// Key and payload of each record, one behind the other.
    private func copy(_ range: Range<Int>) -> [UInt8] {
        var total = 0
        for place in range {
            let record = unsafe batch[place]!
            total += unsafe record.pointee.key_len + record.pointee.len
        }
        return unsafe [UInt8](unsafeUninitializedCapacity: total) { room, count in
            for place in range {
                let record = unsafe batch[place]!.pointee
                // SAFETY: `total` is the sum of all lengths, so the room holds each behind those before it.
                unsafe Self.append(record.key, record.key_len, to: room, &count)
                unsafe Self.append(record.payload, record.len, to: room, &count)
            }
        }
    }

    @unsafe private static func append(
        _ start: UnsafeMutableRawPointer?, _ length: Int, to room: UnsafeMutableBufferPointer<UInt8>,
        _ count: inout Int
    ) {
        guard let start = unsafe start, length > 0, let base = room.baseAddress else { return }
        unsafe UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: length)
        count += length
    }
}
#endif
