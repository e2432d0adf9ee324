#if Kafka
import Foundation
import Testing
import VarveIngest

@testable import VarveKafka

/// The two servers that stand for Kafka.
enum Server: String, CaseIterable, CustomTestStringConvertible {
    case mock
    case broker

    static var available: [Server] { Broker.isInstalled ? [.mock, .broker] : [.mock] }
    var testDescription: String { rawValue }
}

/// A topic of one server, and what a test needs to fill and to read it.
final class Scene: Sendable {
    let topic: String
    let bootstrap: String
    let client: TestClient
    /// Nil on a broker.
    let mock: MockCluster?

    /// - Parameter partitions: 0 if the topic is not to be there yet.
    init(_ server: Server, partitions: Int32 = 1, brokers: Int32 = 1) throws {
        topic = "topic-\(UUID().uuidString)"
        switch server {
        case .mock:
            let mock = MockCluster(brokers: brokers)
            self.mock = mock
            bootstrap = mock.bootstrap
            client = try TestClient(bootstrap)
            try mock.createTopic(topic, partitions: partitions, replicas: brokers)
        case .broker:
            mock = nil
            bootstrap = try Broker.shared.get().bootstrap
            client = try TestClient(bootstrap)
            if partitions > 0 {
                try client.createTopic(
                    topic, partitions: partitions, configuration: ["retention.ms": "-1"])
            }
        }
    }

    var configuration: KafkaConfiguration {
        var configuration = KafkaConfiguration(topic: topic, bootstrapServers: bootstrap)
        // The mock cluster does not answer a fetch before its time when something comes.
        configuration.properties = ["fetch.wait.max.ms": "10"]
        return configuration
    }

    func stream(_ change: (inout KafkaConfiguration) -> Void = { _ in }) throws -> KafkaStream {
        var configuration = configuration
        change(&configuration)
        return try KafkaStream(configuration)
    }

    func fill(_ range: Range<Int>, _ partition: Int32 = 0) throws {
        try client.produce(range.map { "message \($0)" }, to: topic, partition)
    }
}

extension StreamSource {
    /// Polls until there are this many messages; a transient error is noted and asked again, as the store does.
    func read(
        _ count: Int, from start: StreamPointer = 0, limit: Int = 1_000, seconds: Double = 30
    ) async throws -> [Message] {
        var found: [Message] = []
        let deadline = ContinuousClock.now + .seconds(seconds)
        while found.count < count && ContinuousClock.now < deadline {
            do {
                let messages = try await poll(
                    from: found.last?.next ?? start, limit: min(limit, count - found.count),
                    timeout: .milliseconds(500))
                found += messages
            } catch let error as StreamSourceError where error.isTransient { continue }
        }
        try #require(found.count == count, "\(found.count) of \(count) messages within \(seconds) s")
        return found
    }

    /// Polls until it fails.
    func failure(from start: StreamPointer = 0, seconds: Double = 30) async throws -> StreamSourceError {
        var at = start
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            do {
                at = try await poll(from: at, limit: 1_000, timeout: .milliseconds(200)).last?.next ?? at
            } catch let error as StreamSourceError { return error }
        }
        Issue.record("no error within \(seconds) s")
        return StreamSourceError("none")
    }

    /// Polls until the end has been reached, and returns the lag there.
    func lagAtEnd(from start: StreamPointer, seconds: Double = 30) async throws -> UInt64 {
        var at = start
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            at = try await poll(from: at, limit: 1_000, timeout: .milliseconds(50)).last?.next ?? at
            if let end = try await end(), end == at { return 0 }
        }
        return (try await end() ?? at).low - at.low
    }
}

extension Message {
    var text: String { String(decoding: payload, as: UTF8.self) }
}

extension Array where Element == Message {
    var texts: [String] { map(\.text) }
}

/// The error that a call throws.
func failure<Answer>(_ body: () async throws -> Answer) async throws -> StreamSourceError {
    try #require(await #expect(throws: StreamSourceError.self) { try await body() })
}
#endif
