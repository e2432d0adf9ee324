#if Kafka
import CRdKafka

/// One client of librdkafka for one topic: the calls that the source needs, with their C memory kept inside.
///
/// **One thread.** Every method is called by the thread that reads the client, since moving a partition while another
/// thread consumes may skip or repeat records (librdkafka before 2.1). Nothing here waits, but for the questions to
/// the broker, which take a time limit. A question about ends may be asked on any thread, while the client is open.
///
/// **Ends.** Queues of partitions are let go first, then `close`, which waits for librdkafka's threads.
@safe final class KafkaHandle {
    private let client: OpaquePointer
    private let events: OpaquePointer
    private let topicHandle: OpaquePointer
    private let topic: String
    private let waker: Unmanaged<Waker>
    private var isClosed = false

    /// Called on librdkafka's threads whenever there is something to read. It must not call librdkafka.
    private final class Waker: Sendable {
        let wake: @Sendable () -> Void
        init(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }
    }

    /// - Parameter properties: In the order in which they are to be set. Values may be secrets and appear in no error.
    init(
        topic: String, properties: [(name: String, value: String)], wake: @escaping @Sendable () -> Void
    ) throws(KafkaFault) {
        let configuration = try unsafe Self.configuration(properties)
        var text = [CChar](repeating: 0, count: 512)
        guard let client = unsafe rd_kafka_new(RD_KAFKA_CONSUMER, configuration, &text, text.count) else {
            unsafe rd_kafka_conf_destroy(configuration)
            throw KafkaFault(RD_KAFKA_RESP_ERR__INVALID_ARG, Self.string(text))
        }
        unsafe rd_kafka_poll_set_consumer(client)
        guard let topicHandle = unsafe rd_kafka_topic_new(client, topic, nil),
            let events = unsafe rd_kafka_queue_get_consumer(client)
        else {
            let code = rd_kafka_last_error()
            unsafe rd_kafka_destroy(client)
            throw KafkaFault(code, unsafe String(cString: rd_kafka_err2str(code)))
        }
        unsafe self.client = client
        unsafe self.events = events
        unsafe self.topicHandle = topicHandle
        self.topic = topic
        unsafe waker = Unmanaged.passRetained(Waker(wake))
        unsafe Self.announce(events, waker.toOpaque())
    }

    deinit { precondition(isClosed, "a client of librdkafka was dropped while it was open") }

    /// Waits until librdkafka's threads have ended. No queue of a partition may be left.
    func close() {
        if isClosed { return }
        isClosed = true
        unsafe rd_kafka_queue_cb_event_enable(events, nil, nil)
        unsafe rd_kafka_queue_destroy(events)
        unsafe rd_kafka_topic_destroy(topicHandle)
        unsafe rd_kafka_consumer_close(client)
        unsafe rd_kafka_destroy(client)
        // SAFETY: no thread of librdkafka is left that could call it.
        unsafe waker.release()
    }

    // MARK: Events

    enum Event {
        /// An error of the client as a whole, such as a broker that is down.
        case fault(KafkaFault)
        /// A record of this partition came to where all share a queue, and is gone.
        case strayed(UInt32)
    }

    /// Nil once there is no more to read.
    func nextEvent() -> Event? {
        while let event = unsafe rd_kafka_queue_poll(events, 0) {
            defer { unsafe rd_kafka_event_destroy(event) }
            switch unsafe rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_ERROR:
                let text = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
                return .fault(KafkaFault(unsafe rd_kafka_event_error(event), text ?? ""))
            case RD_KAFKA_EVENT_FETCH:
                guard let record = unsafe rd_kafka_event_message_next(event) else { continue }
                return unsafe .strayed(UInt32(max(0, record.pointee.partition)))
            default: continue
            }
        }
        return nil
    }

    // MARK: Questions to the broker

    /// The numbers of the topic's partitions.
    func partitions(within milliseconds: Int32) throws(KafkaFault) -> [UInt32] {
        var found: UnsafePointer<rd_kafka_metadata>?
        try Self.check(unsafe rd_kafka_metadata(client, 0, topicHandle, &found, milliseconds))
        guard let metadata = unsafe found else { return [] }
        defer { unsafe rd_kafka_metadata_destroy(metadata) }
        guard unsafe metadata.pointee.topic_cnt == 1 else {
            throw KafkaFault(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "no such topic")
        }
        let found1 = unsafe metadata.pointee.topics[0]
        try Self.check(unsafe found1.err)
        let all = unsafe UnsafeBufferPointer(start: found1.partitions, count: Int(found1.partition_cnt))
        return unsafe all.compactMap { unsafe UInt32(exactly: $0.id) }.sorted()
    }

    /// To be asked before the client is closed.
    var ends: EndQuestion { unsafe EndQuestion(client, topic) }

    /// The end as of the last fetch; nil if there was none yet. Asks nobody.
    func knownHigh(of partition: UInt32) -> UInt64? {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = unsafe rd_kafka_get_watermark_offsets(client, topic, Int32(partition), &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? UInt64(exactly: high) : nil
    }

    /// The offset of the first record at or after a time; nil if all are older.
    func offset(
        at milliseconds: Int64, in partition: UInt32, within timeout: Int32
    ) throws(KafkaFault) -> UInt64? {
        let list = unsafe list(partition, offset: milliseconds)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        try Self.check(unsafe rd_kafka_offsets_for_times(client, list, timeout))
        try Self.check(unsafe list.pointee.elems[0].err)
        return unsafe UInt64(exactly: list.pointee.elems[0].offset)
    }

    // MARK: Partitions

    /// Starts fetching a partition that is not being fetched. Its records come to a queue of its own.
    func open(_ partition: UInt32, at offset: UInt64) throws(KafkaFault) -> PartitionQueue {
        guard let queue = unsafe rd_kafka_queue_get_partition(client, topic, Int32(partition)) else {
            throw KafkaFault(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "partition \(partition) has no queue")
        }
        // Before it is assigned, so that nothing goes to the queue that all partitions share.
        unsafe rd_kafka_queue_forward(queue, nil)
        unsafe Self.announce(queue, waker.toOpaque())
        let opened = unsafe PartitionQueue(queue, partition)
        let list = unsafe list(partition, offset: Int64(offset))
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        try unsafe Self.take(rd_kafka_incremental_assign(client, list))
        return opened
    }

    /// Stops fetching. The queue is let go by its owner.
    func close(_ queue: PartitionQueue) throws(KafkaFault) {
        queue.silence()
        let list = unsafe list(queue.partition, offset: 0)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        try unsafe Self.take(rd_kafka_incremental_unassign(client, list))
    }

    /// Goes on at another offset of a partition that is being fetched. Nothing from before comes any more.
    func move(_ queue: PartitionQueue, to offset: UInt64, within milliseconds: Int32) throws(KafkaFault) {
        let list = unsafe list(queue.partition, offset: Int64(offset))
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        try unsafe Self.take(rd_kafka_seek_partitions(client, list, milliseconds))
        try Self.check(unsafe list.pointee.elems[0].err)
    }

    // MARK: C

    @unsafe private func list(
        _ partition: UInt32, offset: Int64
    ) -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t> {
        let list = unsafe rd_kafka_topic_partition_list_new(1)!
        unsafe rd_kafka_topic_partition_list_add(list, topic, Int32(partition)).pointee.offset = offset
        return unsafe list
    }

    @unsafe private static func configuration(
        _ properties: [(name: String, value: String)]
    ) throws(KafkaFault) -> OpaquePointer {
        let configuration = unsafe rd_kafka_conf_new()!
        unsafe rd_kafka_conf_set_events(configuration, RD_KAFKA_EVENT_ERROR)
        // What matters of its log comes as events too; the rest would go to standard error.
        unsafe rd_kafka_conf_set_log_cb(configuration, nil)
        for (name, value) in properties {
            let result = unsafe rd_kafka_conf_set(configuration, name, value, nil, 0)
            if result == RD_KAFKA_CONF_OK { continue }
            unsafe rd_kafka_conf_destroy(configuration)
            throw KafkaFault(
                RD_KAFKA_RESP_ERR__INVALID_ARG,
                result == RD_KAFKA_CONF_UNKNOWN
                    ? "the client has no property [\(name)]" : "property [\(name)] does not take this value")
        }
        return unsafe configuration
    }

    /// Whether the client knows a property, and whether it takes a value for it.
    static func takes(_ name: String, _ value: String) -> (isKnown: Bool, isTaken: Bool) {
        let configuration = unsafe rd_kafka_conf_new()!
        defer { unsafe rd_kafka_conf_destroy(configuration) }
        let result = unsafe rd_kafka_conf_set(configuration, name, value, nil, 0)
        return (result != RD_KAFKA_CONF_UNKNOWN, result == RD_KAFKA_CONF_OK)
    }

    /// Has the waker called whenever something comes into an empty queue.
    @unsafe private static func announce(_ queue: OpaquePointer, _ waker: UnsafeMutableRawPointer) {
        unsafe rd_kafka_queue_cb_event_enable(
            queue,
            { _, waker in
                guard let waker = unsafe waker else { return }
                // SAFETY: retained until the client and its threads have ended.
                unsafe Unmanaged<Waker>.fromOpaque(waker).takeUnretainedValue().wake()
            }, waker)
    }

    static func check(_ code: rd_kafka_resp_err_t) throws(KafkaFault) {
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        throw KafkaFault(code, unsafe String(cString: rd_kafka_err2str(code)))
    }

    /// Takes the error, if there is one, and throws it.
    @unsafe private static func take(_ error: OpaquePointer?) throws(KafkaFault) {
        guard let error = unsafe error else { return }
        defer { unsafe rd_kafka_error_destroy(error) }
        throw KafkaFault(
            unsafe rd_kafka_error_code(error), unsafe String(cString: rd_kafka_error_string(error)))
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
#endif
