#if Kafka
import CRdKafka
import Testing

/// librdkafka's own cluster in this process: simulated brokers that fail on demand. Everything is in memory.
///
/// It knows neither times nor transactions nor administration; `Broker` does.
@safe final class MockCluster: @unchecked Sendable {
    // Unchecked: the mock cluster's functions may be called by any thread.
    private let owner: OpaquePointer
    private let cluster: OpaquePointer
    let bootstrap: String

    init(brokers: Int32 = 1) {
        let configuration = unsafe rd_kafka_conf_new()!
        unsafe rd_kafka_conf_set_log_cb(configuration, nil)
        unsafe owner = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0)!
        unsafe cluster = rd_kafka_mock_cluster_new(owner, brokers)!
        bootstrap = unsafe String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        unsafe rd_kafka_mock_cluster_destroy(cluster)
        unsafe rd_kafka_destroy(owner)
    }

    func createTopic(_ topic: String, partitions: Int32 = 1, replicas: Int32 = 1) throws {
        try check(unsafe rd_kafka_mock_topic_create(cluster, topic, partitions, replicas))
    }

    /// Answers about the topic carry this error from now on.
    func fail(topic: String, with error: rd_kafka_resp_err_t) {
        unsafe rd_kafka_mock_topic_set_error(cluster, topic, error)
    }

    func lead(_ topic: String, _ partition: Int32 = 0, by broker: Int32) throws {
        try check(unsafe rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker))
    }

    enum Request: Int16 {
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
    }

    /// The next answers to these requests are errors.
    func fail(_ request: Request, with errors: [rd_kafka_resp_err_t]) {
        unsafe rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, errors)
    }

    func delay(broker: Int32, milliseconds: Int32) throws {
        try check(unsafe rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds))
    }

    func stop(broker: Int32) throws { try check(unsafe rd_kafka_mock_broker_set_down(cluster, broker)) }
    func start(broker: Int32) throws { try check(unsafe rd_kafka_mock_broker_set_up(cluster, broker)) }

    private func check(_ code: rd_kafka_resp_err_t) throws {
        try #require(code == RD_KAFKA_RESP_ERR_NO_ERROR)
    }
}
#endif
