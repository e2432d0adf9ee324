#if Kafka && Server
import Foundation
import PullingServer
import Testing

/// From a broker to the documents, through the API.
@Suite(.enabled(if: Broker.isInstalled, "tools/brokers installs one and says how to name it"))
struct `An index that pulls a topic` {
    @Test(arguments: [(8, "simple"), (3, "modulo")])
    func `has every message once, in the shard of its partition`(shards: Int, strategy: String) async throws {
        let topic = try ServedTopic(Broker.shared.get().bootstrap, partitions: 8)
        try topic.fill(0..<8_000)
        var server = try await PullingServer()
        let answer = try await server.createIndex(
            shards: shards, type: "kafka", topic.parameters, ["source_partition_strategy": strategy])
        #expect(answer.status == 200, "\(answer.text)")
        try topic.fill(8_000..<16_000)
        try await server.expectNumbers(16_000)
        for shard in 0..<shards {
            let own = (0..<8).filter { $0 % shards == shard }
            let query = #"{"query":{"terms":{"p":\#(own)}}}"#
            #expect(await server.count("i", "preference=_shards:\(shard)") == own.count * 2_000)
            #expect(await server.count("i", "preference=_shards:\(shard)", query) == own.count * 2_000)
        }
        #expect(try await server.caughtUp(8))
        #expect(try await server.total("applied") == 16_000)
        #expect(try await server.total("gaps") == 0)
        for state in try await server.states() {
            #expect(state.partitions.map(\.partition) == (0..<8).filter { $0 % shards == state.shard })
            let pointers = state.partitions.map(\.durablePointer)
            #expect(pointers.allSatisfy { $0.hasSuffix("offset=2000}") }, "\(pointers)")
        }

        // A clean restart reads nothing again.
        server = try await server.reopened()
        #expect(try await server.caughtUp(8))
        #expect(try await server.total("read") == 0)
        try topic.fill(16_000..<16_800)
        try await server.expectNumbers(16_800)
        #expect(try await server.total("read") == 800)
        try await server.close()
    }

    private static let day: Int64 = 1_700_000_000_000

    /// Two partitions of 100 messages, one a second in each.
    private func timed() throws -> ServedTopic {
        let topic = try ServedTopic(Broker.shared.get().bootstrap, partitions: 2)
        try topic.fill(0..<200) { Self.day + Int64($0 / 2) * 1_000 }
        return topic
    }

    @Test func `starts at offsets and at times, and is reset to both`() async throws {
        let topic = try timed()
        let server = try await PullingServer()
        func create(_ index: String, _ reset: String, _ value: String) async throws {
            let answer = try await server.createIndex(
                index, shards: 2, type: "kafka", topic.parameters,
                ["pointer.init.reset": reset, "pointer.init.reset.value": value])
            #expect(answer.status == 200, "\(answer.text)")
        }
        try await create("i", "reset_by_timestamp", "\(Self.day + 50_000)")
        try await create("offset", "reset_by_offset", "95")
        try await create("latest", "latest", "")
        #expect(try await server.documents(100) == 100)
        #expect(try await server.numbers() == [100, 100, 199])
        #expect(try await server.documents(10, "offset") == 10)
        #expect(try await server.caughtUp(2, "latest"))
        #expect(await server.count("latest") == 0)

        // Ten messages of the one shard and twenty of the other come again.
        try await reset(server, #"{"shard":0,"mode":"offset","value":"90"}"#)
        try await reset(server, #"{"shard":1,"mode":"timestamp","value":"\#(Self.day + 80_000)"}"#)
        #expect(try await server.documents(130) == 130)
        #expect(try await server.caughtUp(2))

        // What the topic does not have moves no shard.
        let failed = try await reset(
            server, #"{"shard":0,"mode":"offset","value":"0"},{"shard":1,"mode":"offset","value":"101"}"#,
            isDone: false)
        #expect(
            failed.contains("offset 101 is outside kafka:\(topic.topic)/1, which holds 0 to 100"), "\(failed)"
        )
        #expect(await server.send("POST", "/i/ingestion/_resume").status == 200)
        try topic.fill(200..<210)
        #expect(try await server.documents(140) == 140)
        #expect(try await server.documents(20, "offset") == 20)
        #expect(try await server.documents(10, "latest") == 10)
        try await server.close()
    }

    @discardableResult
    private func reset(
        _ server: PullingServer, _ settings: String, isDone: Bool = true
    ) async throws -> String {
        await server.send("POST", "/i/ingestion/_pause?wait_for=durable")
        let answer = await server.send(
            "POST", "/i/ingestion/_resume", #"{"reset_settings":[\#(settings)]}"#)
        #expect(answer.text.contains(#""shards_acknowledged":\#(isDone)"#), "\(answer.text)")
        return answer.text
    }

    @Test func `waits for a topic that is missing, and reads it once it is there`() async throws {
        let topic = try ServedTopic(Broker.shared.get().bootstrap, partitions: 2, isThere: false)
        let server = try await PullingServer()
        let answer = try await server.createIndex(shards: 2, type: "kafka", topic.parameters)
        #expect(answer.status == 200, "\(answer.text)")
        let isTold = try await server.wait {
            try await server.states().allSatisfy { state in
                state.sourceFailure?.error.hasSuffix("Topic \(topic.topic) does not exist") == true
                    && state.sourceFailure?.isPermanent == false && !state.pollerPaused
            }
        }
        #expect(isTold)
        try topic.create()
        try topic.fill(0..<100)
        try await server.expectNumbers(100)
        #expect(try await server.states().allSatisfy { $0.sourceFailure == nil })
        try await server.close()
    }

    @Test func `shares its partitions with another server`() async throws {
        let topic = try ServedTopic(Broker.shared.get().bootstrap, partitions: 8)
        try topic.fill(0..<800)
        var (count, sum) = (0, 0)
        for own in ["0-3,6", "4-5,7"] {
            let server = try await PullingServer()
            let answer = try await server.createIndex(
                shards: 2, type: "kafka", topic.parameters.merging(["partitions": own]) { $1 },
                ["source_partition_strategy": "modulo"])
            #expect(answer.status == 200, "\(answer.text)")
            let partitions = own == "0-3,6" ? 5 : 3
            #expect(try await server.documents(partitions * 100) == partitions * 100)
            #expect(try await server.caughtUp(partitions))
            #expect(await server.count() == partitions * 100)
            count += partitions * 100
            sum += try await server.numbers()[0]
            try await server.close()
        }
        #expect(count == 800 && sum == 800)
    }

    @Test func `finds partitions that are added, and reads them from their start`() async throws {
        let topic = try ServedTopic(Broker.shared.get().bootstrap, partitions: 2)
        try topic.fill(0..<10)
        let server = try await PullingServer()
        _ = try await server.createIndex(
            shards: 2, type: "kafka", topic.parameters,
            [
                "source_partition_strategy": "modulo", "pointer.init.reset": "latest",
                "partition_interval": "100ms",
            ])
        #expect(try await server.caughtUp(2))
        try topic.client.growTopic(topic.topic, to: 3)
        try TestClient(topic.bootstrap).produce([#"{"_source":{"n":10}}"#], to: topic.topic, 2)
        #expect(try await server.documents(1) == 1)
        try await server.close()
    }
}
#endif
