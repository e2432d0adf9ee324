#if Kafka && Server
import Foundation
import PullingServer
import Testing

/// What an index does while its broker is down, or does not let it in.
@Suite(.enabled(if: Broker.isInstalled, "tools/brokers installs one and says how to name it"))
struct `An index whose broker fails` {
    /// The broker is killed with -9 time and again, with messages that it has on its disk, while they are read at a rate
    /// that keeps some unread.
    @Test func `has every message once however often the broker was killed`() async throws {
        let broker = try Broker()
        try broker.start()
        let topic = try ServedTopic(broker.bootstrap, partitions: 8)
        let server = try await PullingServer()
        func create(_ index: String, _ settings: [String: String]) async throws {
            let answer = try await server.createIndex(
                index, shards: 3, type: "kafka", topic.parameters,
                settings.merging(["source_partition_strategy": "modulo"]) { $1 })
            #expect(answer.status == 200, "\(answer.text)")
        }
        try await create("i", [:])
        try await create("slow", ["rate.messages_per_second": "400", "poll.max_batch_size": "20"])
        var count = 0
        for round in 0..<4 {
            try topic.fill(count..<count + 2_400)
            count += 2_400
            try broker.waitUntilKept(count, of: topic.topic)
            broker.kill()
            if round == 1 {
                // Everybody has noticed, and one index is made now.
                let isTold = try await server.wait {
                    try await server.states().flatMap(\.partitions).allSatisfy { $0.phase == "retrying" }
                }
                #expect(isTold)
                try await create("late", [:])
            }
            try broker.start()
        }
        for index in ["i", "slow", "late"] {
            try await server.expectNumbers(count, index)
            let states = try await server.states(index)
            #expect(states.allSatisfy { !$0.pollerPaused && $0.sourceFailure == nil })
            #expect(try await server.total("gaps", index) == 0)
            #expect(try await server.total("applied", index) == count)
        }
        try await server.close()
    }

    private func parameters(_ server: Firehose, _ more: [String: String]) -> [String: String] {
        [
            "topic": "t", "bootstrap_servers": server.bootstrap, "sasl.mechanism": "PLAIN",
            "sasl.username": "ann",
        ].merging(more) { $1 }
    }

    /// What a shard says when it is not let in, once it says so.
    private func refusal(_ server: PullingServer) async throws -> String {
        var found: String?
        _ = try await server.wait {
            let state = try await server.states().first
            let failure = state?.sourceFailure ?? state?.partitions.first?.failure
            found = failure.flatMap { $0.isPermanent ? $0.error : nil }
            return found != nil
        }
        let states = try await server.states()
        return try #require(found, "\(states)")
    }

    @Test func `with wrong credentials says so and no more, and goes on with the right ones`() async throws {
        let firehose = try Firehose(messages: 2_000, user: "ann", password: "right")
        let server = try await PullingServer()
        let answer = try await server.createIndex(
            shards: 1, type: "kafka",
            parameters(firehose, ["security.protocol": "sasl_plaintext", "sasl.password": "hunter2"]))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(try await refusal(server).contains("no such user or password"))
        for target in [
            "/i", "/i/_settings", "/i/ingestion/_state?verbose=true", "/_nodes/stats", "/_cluster/state",
        ] {
            let shown = await server.send("GET", target)
            #expect(!shown.text.contains("hunter2"), "\(target)")
        }
        #expect(
            await server.send("GET", "/i/_settings?flat_settings=true").text
                .contains(#""index.ingestion_source.param.sasl.password":"[redacted]""#))

        let path = try server.keepSecret("right\n", as: "kafka")
        let changed = await server.send(
            "PUT", "/i/_settings", #"{"index.ingestion_source.param.sasl.password":"${file:\#(path)}"}"#)
        #expect(changed.status == 200, "\(changed.text)")
        #expect(try await server.documents(2_000) == 2_000)
        #expect(try await server.states().allSatisfy { $0.sourceFailure == nil && !$0.pollerPaused })
        try await server.close()
    }

    @Test func `speaks TLS to a server whose certificate it can check, and to no other`() async throws {
        let firehose = try Firehose(
            messages: 1_000, user: "ann", password: "right", certificate: FirehoseCertificate.pem)
        let server = try await PullingServer()
        let given = parameters(firehose, ["security.protocol": "sasl_ssl", "sasl.password": "right"])
        #expect(try await server.createIndex(shards: 1, type: "kafka", given).status == 200)
        let refusal = try await refusal(server)
        #expect(refusal.contains("certificate"), "\(refusal)")

        let path = try server.keepSecret(FirehoseCertificate.certificate, as: "ca.pem")
        let changed = await server.send(
            "PUT", "/i/_settings", #"{"index.ingestion_source.param.ssl.ca.location":"\#(path)"}"#)
        #expect(changed.status == 200, "\(changed.text)")
        #expect(try await server.documents(1_000) == 1_000)
        try await server.close()
    }

    @Test func `refuses parameters by name when it is made`() async throws {
        let server = try await PullingServer()
        for (more, reason) in [
            (["topic": ""], "ingestion source type [kafka] requires the parameter [param.topic]"),
            (["colour": "red"], "unknown parameter [param.colour] of ingestion source type [kafka]"),
            (
                ["sasl.kerberos.kinit.cmd": "id"],
                "[param.sasl.kerberos.kinit.cmd] of ingestion source type [kafka]"
            ),
        ] {
            let answer = try await server.createIndex(
                shards: 1, type: "kafka",
                ["topic": "t", "bootstrap_servers": "127.0.0.1:1"].merging(more) { $1 })
            #expect(answer.status == 400 && answer.text.contains(reason), "\(answer.text)")
        }
        let unknown = try await server.createIndex(shards: 1, type: "kafkas", [:])
        #expect(unknown.text.contains("unknown ingestion source type [kafkas]"), "\(unknown.text)")
        try await server.close()
    }
}
#endif
