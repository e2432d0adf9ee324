#if Kafka
import CRdKafka
import Foundation

/// A topic of a broker that this starts, written through librdkafka's idempotent producer.
///
/// The broker is the program that `VARVE_KAFKA_SERVER` names (`tools/brokers kafka`). It forgets records after a minute:
/// what a reader has not taken by then is missing, and told.
@safe final class KafkaFeed: FeedSink, @unchecked Sendable {
    // Unchecked: librdkafka's producer may be called by any thread, and the process is ended once.
    private static let name = "torture"
    private static let milliseconds: Int32 = 60_000
    private let broker: ServerProcess
    private let bootstrap: String
    private let client: OpaquePointer
    private let topic: OpaquePointer
    let countsMessages = true
    let takesTornLines = false
    let batchMessages = 10

    init(_ directory: String, partitions: Int, seed: UInt64) async throws {
        let (broker, port) = try ServerProcess.stream("kafka", folder: directory, seed: seed) { port in
            ["start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir", directory + "/broker"]
        }
        self.broker = broker
        bootstrap = "127.0.0.1:\(port)"
        let configuration = unsafe rd_kafka_conf_new()
        unsafe rd_kafka_conf_set_log_cb(configuration, nil)
        for (name, value) in [
            ("bootstrap.servers", bootstrap), ("enable.idempotence", "true"), ("linger.ms", "1"),
            ("message.timeout.ms", "\(Self.milliseconds)"),
        ] {
            guard unsafe rd_kafka_conf_set(configuration, name, value, nil, 0) == RD_KAFKA_CONF_OK else {
                throw TortureFailure("librdkafka does not take \(name)")
            }
        }
        guard let client = unsafe rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
            throw TortureFailure("librdkafka makes no producer")
        }
        unsafe self.client = client
        try await unsafe Self.wait(for: broker, client)
        // Only then: the broker makes a topic of one partition for whoever asks for one that is not there.
        try unsafe Self.createTopic(client, partitions: Int32(partitions))
        guard let topic = unsafe rd_kafka_topic_new(client, Self.name, nil) else {
            throw TortureFailure("librdkafka knows no topic")
        }
        unsafe self.topic = topic
    }

    var settings: String {
        #""type": "kafka", "param": {"topic": "\#(Self.name)", "bootstrap_servers": "\#(bootstrap)", "fetch.wait.max.ms": "10"}"#
    }
    var serverOptions: [String] { [] }

    private static func wait(for broker: ServerProcess, _ client: OpaquePointer) async throws {
        for _ in 0..<200 {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            if unsafe rd_kafka_metadata(client, 0, nil, &metadata, 200) == RD_KAFKA_RESP_ERR_NO_ERROR {
                unsafe rd_kafka_metadata_destroy(metadata)
                return
            }
            guard broker.isRunning else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw TortureFailure("the broker does not answer: \(broker.words)")
    }

    private static func createTopic(_ client: OpaquePointer, partitions: Int32) throws {
        var new = unsafe rd_kafka_NewTopic_new(Self.name, partitions, 1, nil, 0)
        defer { unsafe rd_kafka_NewTopic_destroy(new) }
        unsafe rd_kafka_NewTopic_set_config(new, "retention.ms", "60000")
        let queue = unsafe rd_kafka_queue_new(client)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        unsafe rd_kafka_CreateTopics(client, &new, 1, nil, queue)
        let event = unsafe rd_kafka_queue_poll(queue, Self.milliseconds)
        defer { unsafe rd_kafka_event_destroy(event) }
        guard unsafe rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let result = unsafe rd_kafka_event_CreateTopics_result(event)
        else { throw TortureFailure("the topic was not made") }
        var count = 0
        let topics = unsafe rd_kafka_CreateTopics_result_topics(result, &count)
        guard count == 1, let made = unsafe topics?[0],
            unsafe rd_kafka_topic_result_error(made) == RD_KAFKA_RESP_ERR_NO_ERROR
        else { throw TortureFailure("the topic was not made") }
    }

    func append(_ lines: Data, to partition: Int) throws {
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            var bytes = Array(line)
            let status = unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe rd_kafka_produce(
                    topic, Int32(partition), RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK, bytes.baseAddress,
                    bytes.count, nil, 0, nil)
            }
            guard status == 0 else {
                throw TortureFailure(
                    "a message was not taken: \(unsafe String(cString: rd_kafka_err2str(rd_kafka_last_error())))"
                )
            }
        }
    }

    func flush() throws {
        guard unsafe rd_kafka_flush(client, Self.milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw TortureFailure("messages were not delivered within a minute")
        }
    }

    func close() {
        unsafe rd_kafka_topic_destroy(topic)
        unsafe rd_kafka_destroy(client)
        broker.kill()
    }
}
#endif
