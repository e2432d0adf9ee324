#if Kafka
import CRdKafka

/// What librdkafka says went wrong, in its numbers: negative ones are the client's own, others the broker's.
struct KafkaFault: Error, Hashable {
    var code: Int32
    var text: String

    init(_ code: rd_kafka_resp_err_t, _ text: String) {
        self.code = code.rawValue
        self.text = text
    }

    func isAny(of codes: rd_kafka_resp_err_t...) -> Bool { codes.contains { $0.rawValue == code } }

    /// The offset that was asked for is not there.
    var isOutOfRange: Bool {
        isAny(of: RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
    }

    var isMissingTopic: Bool {
        isAny(
            of: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    }

    /// The broker knows who asks and says no, or does not believe it; or it is not believed.
    var isRefusal: Bool {
        isRefusedHandshake
            || isAny(
                of: RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
                RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
                RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    }

    /// One side does not take the other's certificate or terms. A connection that broke meanwhile has the same number.
    private var isRefusedHandshake: Bool {
        isAny(of: RD_KAFKA_RESP_ERR__SSL)
            && ["verify failed", "alert", "wrong version"].contains { text.contains($0) }
    }

    /// Asking again cannot help, whatever happens to the cluster meanwhile.
    var isPermanent: Bool {
        isRefusal
            || isAny(
                of: RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR__INVALID_ARG,
                RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
                RD_KAFKA_RESP_ERR__FATAL)
    }

    /// No answer came; what was asked may still be so.
    var isSilence: Bool {
        isAny(of: RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT)
    }

    /// No broker can be reached.
    var isOutage: Bool {
        isAny(of: RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE)
    }
}
#endif
