#if Kafka && Server
import Foundation
import PullingServer
import Testing

/// A topic whose messages are numbers, and an index that pulls it.
///
/// Message `n` stands in partition `n mod partitions`.
struct ServedTopic {
    let client: TestClient
    let bootstrap: String
    let topic: String
    let partitions: Int

    init(
        _ bootstrap: String, partitions: Int, topic: String = "topic-\(UUID().uuidString)",
        isThere: Bool = true
    ) throws {
        self.bootstrap = bootstrap
        self.topic = topic
        self.partitions = partitions
        client = try TestClient(bootstrap)
        if isThere { try create() }
    }

    func create() throws {
        try client.createTopic(
            topic, partitions: Int32(partitions), configuration: ["retention.ms": "-1"])
    }

    var parameters: [String: String] {
        ["topic": topic, "bootstrap_servers": bootstrap, "reconnect.backoff.max.ms": "200"]
    }

    /// - Parameter time: Of each message, in milliseconds since 1970; nil for now.
    func fill(_ numbers: Range<Int>, time: (Int) -> Int64? = { _ in nil }) throws {
        let client = try TestClient(bootstrap)
        for partition in 0..<partitions {
            let records = numbers.filter { $0 % partitions == partition }.map { number in
                Record(#"{"_source":{"n":\#(number),"p":\#(partition)}}"#, timestamp: time(number))
            }
            try client.produce(records, to: topic, Int32(partition))
        }
    }
}

extension PullingServer {
    /// Expects every number below `count` once.
    func expectNumbers(_ count: Int, _ index: String = "i", at place: SourceLocation = #_sourceLocation)
        async throws
    {
        #expect(try await documents(count, index) == count, sourceLocation: place)
        #expect(try await numbers(index) == [count, 0, count - 1], sourceLocation: place)
    }
}
#endif
