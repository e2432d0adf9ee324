#if Kafka
import CRdKafka
import Testing
import VarveIngest

@testable import VarveKafka

/// Faults that librdkafka's cluster of three simulated brokers has on demand. After each, no message is missing and
/// none comes twice.
@Suite struct `A cluster that fails` {
    /// What happens before every hundred messages.
    enum Fault: String, CaseIterable, CustomTestStringConvertible {
        case leaderMoves, notLeader, storage, unknownTopic, invalidMessage, latency, restart

        var testDescription: String { rawValue }
    }

    @Test(arguments: Fault.allCases)
    func `loses and doubles nothing`(_ fault: Fault) async throws {
        let scene = try Scene(.mock, brokers: 3)
        let mock = try #require(scene.mock)
        let source = try scene.stream().source(of: 0)
        var found: [Message] = []
        for round in 0..<6 {
            let broker = Int32(round % 3 + 1)
            switch fault {
            case .leaderMoves: try mock.lead(scene.topic, by: broker)
            case .notLeader: mock.fail(.fetch, with: [RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION])
            case .storage: mock.fail(.fetch, with: [RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR])
            case .unknownTopic: mock.fail(.fetch, with: [RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART])
            case .invalidMessage: mock.fail(.fetch, with: [RD_KAFKA_RESP_ERR_INVALID_MSG])
            case .latency: try mock.delay(broker: broker, milliseconds: 150)
            case .restart:
                try mock.stop(broker: broker)
                try mock.start(broker: broker)
            }
            try scene.fill(round * 100..<round * 100 + 100)
            found += try await source.read(100, from: found.last?.next ?? 0)
        }
        #expect(found.texts == (0..<600).map { "message \($0)" })
        #expect(found.map(\.pointer.low) == (0..<600).map { UInt64($0) })
    }

    @Test func `that is down is a transient error, and is read on when it is back`() async throws {
        let scene = try Scene(.mock)
        let mock = try #require(scene.mock)
        try scene.fill(0..<10)
        let source = try scene.stream().source(of: 0)
        var found = try await source.read(10)
        try mock.stop(broker: 1)
        let error = try await source.failure(from: 10)
        #expect(error.isTransient)
        #expect(error.message.hasPrefix("kafka:\(scene.topic): all brokers are down: "))
        try mock.start(broker: 1)
        try scene.fill(10..<20)
        found += try await source.read(10, from: 10)
        #expect(found.texts == (0..<20).map { "message \($0)" })
        #expect(try await source.lagAtEnd(from: 20) == 0)
    }

    @Test func `that nobody answers for is a transient error from the start`() async throws {
        var configuration = KafkaConfiguration(topic: "t", bootstrapServers: "127.0.0.1:1")
        configuration.requestTimeout = .seconds(5)
        let stream = try KafkaStream(configuration)
        for error in [
            try await failure { try await stream.check() },
            try await failure { try await stream.source(of: 0).resolve(.earliest) },
            try await failure { try await stream.source(of: 0).poll(from: 0, limit: 1, timeout: .zero) },
        ] {
            #expect(error.isTransient)
            #expect(error.message.hasPrefix("kafka:t: all brokers are down: "))
            #expect(error.message.contains("Connection refused"))
        }
    }

    @Test func `that does not let the reader at the topic is a permanent error`() async throws {
        let scene = try Scene(.mock)
        let mock = try #require(scene.mock)
        try scene.fill(0..<5)
        let stream = try scene.stream()
        let source = stream.source(of: 0)
        _ = try await source.read(5)
        mock.fail(topic: scene.topic, with: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        for error in [
            try await failure { try await stream.partitions() },
            try await failure { try await source.resolve(.earliest) },
            try await failure { try await stream.source(of: 0).poll(from: 5, limit: 1, timeout: .zero) },
        ] {
            #expect(!error.isTransient)
            #expect(error.message.contains("authorization failed"), "\(error)")
        }
        mock.fail(topic: scene.topic, with: RD_KAFKA_RESP_ERR_NO_ERROR)
        try scene.fill(5..<10)
        #expect(try await source.read(5, from: 5).texts == (5..<10).map { "message \($0)" })
    }

    /// The simulated brokers keep 5 MB of a partition, and drop what is older.
    @Test(arguments: KafkaConfiguration.AutoOffsetReset.allCases)
    func `that dropped what was to be read next follows the policy`(
        _ policy: KafkaConfiguration.AutoOffsetReset
    ) async throws {
        let scene = try Scene(.mock)
        let payload = [UInt8](repeating: 7, count: 100_000)
        let stream = try scene.stream { $0.autoOffsetReset = policy }
        try scene.fill(0..<3)
        let last = try await stream.source(of: 0).read(3)[2].next
        try scene.client.produce([Record](repeating: Record(payload: payload), count: 120), to: scene.topic)
        let source = stream.source(of: 0)
        let low = try await source.resolve(.earliest).low
        try #require(low > 3)
        let lost = "offsets 3 to \(policy == .latest ? 122 : low - 1) of kafka:\(scene.topic)/0 are lost"
        let error = try await source.failure(from: last)
        #expect(error.message.hasPrefix(lost))
        #expect(error.isTransient == (policy != .none))
        if policy == .none {
            #expect(error.message.hasSuffix("it holds \(low) to 123; reset it to go on"))
            #expect(try await source.failure(from: last) == error)
            return
        }
        try scene.fill(3..<4)
        let next = try await source.read(1, from: last)[0]
        #expect(next.pointer.low == (policy == .earliest ? low : 123))
    }
}
#endif
