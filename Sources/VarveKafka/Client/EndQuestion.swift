#if Kafka
import CRdKafka

/// Asks the brokers where a partition begins and ends.
@safe struct EndQuestion: @unchecked Sendable {
    // Unchecked: librdkafka takes this question on any thread. Whoever closes the client waits for them.
    private let client: OpaquePointer
    private let topic: String

    @unsafe init(_ client: OpaquePointer, _ topic: String) {
        unsafe self.client = client
        self.topic = topic
    }

    /// The first offset that is there and the one behind the last that may be read.
    ///
    /// librdkafka looks about once a second whether the time is over.
    func watermarks(
        of partition: UInt32, within milliseconds: Int32
    ) throws(KafkaFault) -> (low: UInt64, high: UInt64) {
        var low: Int64 = 0
        var high: Int64 = 0
        try KafkaHandle.check(
            unsafe rd_kafka_query_watermark_offsets(
                client, topic, Int32(partition), &low, &high, milliseconds))
        return (UInt64(max(0, low)), UInt64(max(0, high)))
    }
}
#endif
