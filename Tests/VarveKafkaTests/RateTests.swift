#if Kafka
import Foundation
import Testing
import VarveIngest

@testable import VarveKafka

/// How fast a reader can be: `tools/kafka-rate` runs it, against a server that does nothing but give records away.
@Suite(.enabled(if: Rate.bootstrap != nil, "tools/kafka-rate measures"), .serialized)
struct `The rate of a topic` {
    @Test(arguments: [(1, 16, 0), (4, 16, 0), (1, 4, 0), (1, 16, 150_000), (4, 4, 150_000)])
    func `is that of its client`(_ partitions: Int, _ bufferMegabytes: Int, _ messagesPerSecond: Int)
        async throws
    {
        var configuration = KafkaConfiguration(topic: "rate", bootstrapServers: try #require(Rate.bootstrap))
        configuration.bufferBytes = bufferMegabytes << 20
        let stream = try KafkaStream(configuration)
        let each = Rate.messages / partitions / (messagesPerSecond > 0 ? 2 : 1)
        let start = ContinuousClock.now
        let processor = Rate.processorSeconds()
        let bytes = try await withThrowingTaskGroup(of: Int.self) { group in
            for partition in 0..<partitions {
                let source = stream.source(of: UInt32(partition))
                group.addTask {
                    try await Rate.drain(source, each, perSecond: messagesPerSecond / partitions)
                }
            }
            return try await group.reduce(0, +)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let used = Rate.processorSeconds() - processor
        await stream.close()
        let count = Double(each * partitions)
        print(
            "\(partitions) partitions, \(bufferMegabytes) MiB each\(messagesPerSecond > 0 ? ", held to \(messagesPerSecond)/s" : ""):"
                + " \(Int(count / seconds)) messages/s, \(Int(Double(bytes) / seconds / 1e6)) MB/s,"
                + " \(Int(used / count * 1e9)) ns of processor each")
        #expect(messagesPerSecond == 0 || count / seconds > 0.9 * Double(messagesPerSecond))
    }
}

enum Rate {
    static let bootstrap = ProcessInfo.processInfo.environment["VARVE_KAFKA_FIREHOSE"]
    /// In each partition of the server.
    static let messages = 2_000_000

    /// Reads this many messages, as slowly as is asked for; 0 for as fast as it goes.
    static func drain(_ source: any StreamSource, _ count: Int, perSecond: Int) async throws -> Int {
        let start = ContinuousClock.now
        var at = try await source.resolve(.earliest)
        var seen = 0
        var bytes = 0
        while seen < count {
            let messages = try await source.poll(from: at, limit: 1_000, timeout: .seconds(1))
            for message in messages { bytes += message.payload.count }
            seen += messages.count
            at = messages.last?.next ?? at
            if perSecond > 0 {
                try await Task.sleep(until: start + .seconds(Double(seen) / Double(perSecond)))
            }
        }
        return bytes
    }

    static func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}
#endif
