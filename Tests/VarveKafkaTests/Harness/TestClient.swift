#if Kafka
import CRdKafka
import Testing

/// A record as a test writes it.
struct Record: Hashable {
    var key: [UInt8]?
    var payload: [UInt8]?
    /// Milliseconds since 1970; nil for now.
    var timestamp: Int64?

    init(_ text: String, key: String? = nil, timestamp: Int64? = nil) {
        payload = Array(text.utf8)
        self.key = key.map { Array($0.utf8) }
        self.timestamp = timestamp
    }

    init(payload: [UInt8]?, key: [UInt8]? = nil) {
        self.payload = payload
        self.key = key
    }
}

/// A producer and administrator, for tests: everything waits until it is done.
@safe final class TestClient: @unchecked Sendable {
    // Unchecked: librdkafka's producer may be called by any thread.
    private let client: OpaquePointer
    private let milliseconds: Int32 = 20_000

    init(_ bootstrap: String, properties: [String: String] = [:]) throws {
        let configuration = unsafe rd_kafka_conf_new()!
        unsafe rd_kafka_conf_set_log_cb(configuration, nil)
        let all = properties.merging(
            [
                "bootstrap.servers": bootstrap, "linger.ms": "0",
                "message.timeout.ms": "20000",
            ]
        ) { theirs, _ in theirs }
        for (name, value) in all {
            try #require(
                unsafe rd_kafka_conf_set(configuration, name, value, nil, 0) == RD_KAFKA_CONF_OK, "\(name)")
        }
        unsafe client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0)!
    }

    deinit { unsafe rd_kafka_destroy(client) }

    /// Waits until the brokers answer.
    func ready() throws {
        for _ in 0..<200 {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            if unsafe rd_kafka_metadata(client, 0, nil, &metadata, 200) == RD_KAFKA_RESP_ERR_NO_ERROR {
                unsafe rd_kafka_metadata_destroy(metadata)
                return
            }
        }
        Issue.record("the brokers did not answer within 40 s")
        throw Failure()
    }

    struct Failure: Error {}

    // MARK: Records

    func produce(_ records: [Record], to topic: String, _ partition: Int32 = 0) throws {
        for record in records { try append(record, topic, partition) }
        try flush()
    }

    func produce(_ texts: [String], to topic: String, _ partition: Int32 = 0) throws {
        try produce(texts.map { Record($0) }, to: topic, partition)
    }

    func flush() throws {
        try check(unsafe rd_kafka_flush(client, milliseconds))
    }

    private func append(_ record: Record, _ topic: String, _ partition: Int32) throws {
        try unsafe topic.withCString { topic in
            try unsafe record.payload.withBytes { payload in
                try unsafe record.key.withBytes { key in
                    var values: [rd_kafka_vu_t] = unsafe [
                        .init(vtype: RD_KAFKA_VTYPE_TOPIC, u: .init(cstr: topic)),
                        .init(vtype: RD_KAFKA_VTYPE_PARTITION, u: .init(i32: partition)),
                        .init(
                            vtype: RD_KAFKA_VTYPE_MSGFLAGS,
                            u: .init(i: RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK)),
                    ]
                    if record.payload != nil {
                        unsafe values.append(
                            .init(
                                vtype: RD_KAFKA_VTYPE_VALUE,
                                u: .init(
                                    mem: .init(ptr: .init(mutating: payload.baseAddress), size: payload.count)
                                )))
                    }
                    if record.key != nil {
                        unsafe values.append(
                            .init(
                                vtype: RD_KAFKA_VTYPE_KEY,
                                u: .init(mem: .init(ptr: .init(mutating: key.baseAddress), size: key.count))))
                    }
                    if let timestamp = record.timestamp {
                        unsafe values.append(
                            .init(vtype: RD_KAFKA_VTYPE_TIMESTAMP, u: .init(i64: timestamp)))
                    }
                    try unsafe check(rd_kafka_produceva(client, values, values.count))
                }
            }
        }
    }

    // MARK: Transactions

    func beginTransactions() throws { try unsafe check(rd_kafka_init_transactions(client, milliseconds)) }

    func transaction(commits: Bool, _ body: () throws -> Void) throws {
        try unsafe check(rd_kafka_begin_transaction(client))
        try body()
        try flush()
        try unsafe check(
            commits
                ? rd_kafka_commit_transaction(client, milliseconds)
                : rd_kafka_abort_transaction(client, milliseconds))
    }

    // MARK: Topics

    func createTopic(_ topic: String, partitions: Int32 = 1, configuration: [String: String] = [:]) throws {
        var new = unsafe rd_kafka_NewTopic_new(topic, partitions, 1, nil, 0)
        defer { unsafe rd_kafka_NewTopic_destroy(new) }
        for (name, value) in configuration { unsafe rd_kafka_NewTopic_set_config(new, name, value) }
        try unsafe administer { queue in unsafe rd_kafka_CreateTopics(client, &new, 1, nil, queue) }
    }

    func growTopic(_ topic: String, to partitions: Int) throws {
        var new = unsafe rd_kafka_NewPartitions_new(topic, partitions, nil, 0)
        defer { unsafe rd_kafka_NewPartitions_destroy(new) }
        try unsafe administer { queue in unsafe rd_kafka_CreatePartitions(client, &new, 1, nil, queue) }
    }

    func deleteTopic(_ topic: String) throws {
        var old = unsafe rd_kafka_DeleteTopic_new(topic)
        defer { unsafe rd_kafka_DeleteTopic_destroy(old) }
        try unsafe administer { queue in unsafe rd_kafka_DeleteTopics(client, &old, 1, nil, queue) }
    }

    /// Removes the records before an offset, as retention would.
    func deleteRecords(of topic: String, _ partition: Int32 = 0, before offset: Int64) throws {
        let list = unsafe rd_kafka_topic_partition_list_new(1)!
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        unsafe rd_kafka_topic_partition_list_add(list, topic, partition).pointee.offset = offset
        var old = unsafe rd_kafka_DeleteRecords_new(list)
        defer { unsafe rd_kafka_DeleteRecords_destroy(old) }
        try unsafe administer { queue in unsafe rd_kafka_DeleteRecords(client, &old, 1, nil, queue) }
    }

    @unsafe private func administer(_ request: (OpaquePointer?) -> Void) throws {
        let queue = unsafe rd_kafka_queue_new(client)!
        defer { unsafe rd_kafka_queue_destroy(queue) }
        unsafe request(queue)
        guard let event = unsafe rd_kafka_queue_poll(queue, milliseconds) else { throw Failure() }
        defer { unsafe rd_kafka_event_destroy(event) }
        try check(unsafe rd_kafka_event_error(event))
        var count = 0
        let results =
            unsafe rd_kafka_event_CreateTopics_result(event).flatMap {
                unsafe rd_kafka_CreateTopics_result_topics($0, &count)
            } ?? rd_kafka_event_CreatePartitions_result(event).flatMap {
                unsafe rd_kafka_CreatePartitions_result_topics($0, &count)
            }
            ?? rd_kafka_event_DeleteTopics_result(event).flatMap {
                unsafe rd_kafka_DeleteTopics_result_topics($0, &count)
            }
        for at in 0..<count {
            if let result = unsafe results?[at] { try check(unsafe rd_kafka_topic_result_error(result)) }
        }
    }

    private func check(_ code: rd_kafka_resp_err_t) throws {
        try #require(code == RD_KAFKA_RESP_ERR_NO_ERROR, "\(unsafe String(cString: rd_kafka_err2str(code)))")
    }

    @unsafe private func check(_ error: OpaquePointer?) throws {
        guard let error = unsafe error else { return }
        defer { unsafe rd_kafka_error_destroy(error) }
        try check(unsafe rd_kafka_error_code(error))
    }
}

extension [UInt8]? {
    /// An empty array has an address too: only nil is null to Kafka.
    @unsafe fileprivate func withBytes<Answer>(_ body: (UnsafeRawBufferPointer) throws -> Answer) rethrows
        -> Answer
    {
        let bytes = (self ?? []) + [0]
        return try unsafe bytes.withUnsafeBytes { unsafe try body(.init(rebasing: $0.dropLast())) }
    }
}
#endif
