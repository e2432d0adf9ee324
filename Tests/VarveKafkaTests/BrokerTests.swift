#if Kafka
import Foundation
import Testing
import VarveIngest

@testable import VarveKafka

/// What the simulated cluster does not know: times, transactions, retention, topics that come and go, a disk.
@Suite(.enabled(if: Broker.isInstalled, "tools/brokers installs one and says how to name it"))
struct `A broker of the Kafka protocol` {
    @Test func `finds the first record at or after a time`() async throws {
        let scene = try Scene(.broker)
        let day: Int64 = 1_700_000_000_000
        try scene.client.produce(
            (0..<10).map { Record("message \($0)", timestamp: day + Int64($0) * 1000) }, to: scene.topic)
        let source = try scene.stream().source(of: 0)
        func resolve(_ milliseconds: Int64) async throws -> UInt64 {
            try await source.resolve(.timestamp(milliseconds: milliseconds)).low
        }
        #expect(try await resolve(Int64.min) == 0)
        #expect(try await resolve(-1) == 0)
        #expect(try await resolve(0) == 0)
        #expect(try await resolve(day - 1) == 0)
        #expect(try await resolve(day) == 0)
        #expect(try await resolve(day + 1) == 1)
        #expect(try await resolve(day + 4000) == 4)
        #expect(try await resolve(day + 4001) == 5)
        #expect(try await resolve(day + 9000) == 9)
        // All are older: what comes next is the first one that is not.
        #expect(try await resolve(day + 9001) == 10)
        #expect(try await resolve(Int64.max) == 10)
        #expect(try await source.read(10).map(\.timestamp) == (0..<10).map { day + $0 * 1000 })
    }

    @Test func `shows committed transactions alone, and the lag behind them reaches 0`() async throws {
        let scene = try Scene(.broker)
        let client = try TestClient(
            scene.bootstrap, properties: ["transactional.id": "t-\(scene.topic)"])
        try client.beginTransactions()
        for round in 0..<4 {
            try client.transaction(commits: round % 2 == 0) {
                try client.produce((0..<3).map { "message \(round).\($0)" }, to: scene.topic)
            }
        }
        let source = try scene.stream().source(of: 0)
        let messages = try await source.read(6)
        #expect(messages.texts == [0, 2].flatMap { round in (0..<3).map { "message \(round).\($0)" } })
        let end = messages[5].next
        // Behind the last message that can be read lie an aborted transaction and the marks of both.
        #expect(try await source.resolve(.latest) > end)
        #expect(try await source.lagAtEnd(from: end) == 0)
        // So after a restart, too.
        #expect(try await scene.stream().source(of: 0).lagAtEnd(from: end) == 0)
    }

    @Test func `is followed behind the marks of transactions`() async throws {
        let scene = try Scene(.broker)
        let client = try TestClient(
            scene.bootstrap, properties: ["transactional.id": "t-\(scene.topic)"])
        try client.beginTransactions()
        let source = try scene.stream().source(of: 0)
        var at: StreamPointer = 0
        for round in 0..<5 {
            try client.transaction(commits: true) {
                try client.produce(["message \(round)"], to: scene.topic)
            }
            let message = try await source.read(1, from: at)[0]
            #expect(message.text == "message \(round)")
            at = message.next
            #expect(try await source.lagAtEnd(from: at) == 0)
        }
    }

    @Test func `stops at records that retention has removed, or goes on behind them by policy`() async throws
    {
        let scene = try Scene(.broker)
        try scene.fill(0..<100)
        let last = try await scene.stream().source(of: 0).read(10)[9].next
        try scene.client.deleteRecords(of: scene.topic, before: 50)

        let strict = try scene.stream().source(of: 0)
        #expect(try await strict.resolve(.earliest) == 50)
        let outside = try await failure { try await strict.resolve(.pointer(49)) }
        #expect(outside.message == "offset 49 is outside kafka:\(scene.topic)/0, which holds 50 to 100")
        let error = try await strict.failure(from: last)
        #expect(!error.isTransient)
        #expect(
            error.message
                == "offsets 10 to 49 of kafka:\(scene.topic)/0 are lost: it holds 50 to 100; reset it to go on"
        )
        // The record before it is gone, and cannot be compared; that alone is no loss.
        #expect(try await strict.read(50, from: messageAfter(49, of: scene)).count == 50)

        let lenient = try scene.stream { $0.autoOffsetReset = .earliest }.source(of: 0)
        let gap = try await lenient.failure(from: last)
        #expect(gap.isTransient && gap.message.hasSuffix("it holds 50 to 100; goes on at 50"))
        #expect(gap.lost == IngestionState.Gap(from: 10, to: 50))
        let rest = try await lenient.read(50, from: last)
        #expect(rest.texts == (50..<100).map { "message \($0)" })
        #expect(try await lenient.lagAtEnd(from: 100) == 0)
    }

    /// The pointer behind an offset, as it is when that record was read.
    private func messageAfter(_ offset: UInt64, of scene: Scene) -> StreamPointer {
        var pointer = StreamPointer(offset + 1)
        pointer.details = (1, 1)
        return pointer
    }

    @Test func `without the topic is a transient error until it is created`() async throws {
        let scene = try Scene(.broker, partitions: 0)
        let stream = try scene.stream { $0.missingTopicDeadline = .zero }
        let source = stream.source(of: 0)
        for error in [
            try await failure { try await stream.check() },
            try await failure { try await source.resolve(.latest) },
            try await failure { try await source.poll(from: 0, limit: 1, timeout: .zero) },
        ] {
            #expect(error == StreamSourceError("Topic \(scene.topic) does not exist", isTransient: true))
        }
        try scene.client.createTopic(scene.topic, partitions: 1)
        try scene.fill(0..<3)
        #expect(try await source.read(3).texts == (0..<3).map { "message \($0)" })
        #expect(try await stream.partitions().map(\.number) == [0])
    }

    @Test func `gets partitions that are found when asked for`() async throws {
        let scene = try Scene(.broker, partitions: 2)
        let stream = try scene.stream()
        #expect(try await stream.partitions().map(\.number) == [0, 1])
        let third = stream.source(of: 2)
        let missing = try await failure { try await third.resolve(.earliest) }
        #expect(
            missing
                == StreamSourceError("Partition 2 does not exist in topic \(scene.topic)", isTransient: true))
        try scene.client.growTopic(scene.topic, to: 4)
        try scene.fill(0..<3, 2)
        #expect(try await stream.partitions().map(\.number) == [0, 1, 2, 3])
        #expect(try await third.read(3).texts == (0..<3).map { "message \($0)" })
    }

    @Test func `whose topic is deleted is a permanent error once the deadline is over`() async throws {
        let scene = try Scene(.broker)
        try scene.fill(0..<3)
        let source = try scene.stream { configuration in
            configuration.missingTopicDeadline = .milliseconds(300)
        }.source(of: 0)
        _ = try await source.read(3)
        try scene.client.deleteTopic(scene.topic)
        var errors: [StreamSourceError] = []
        while errors.last?.isTransient ?? true {
            errors.append(try await source.failure(from: 3))
        }
        #expect(errors.last?.message == "Topic \(scene.topic) does not exist any more")
    }

    @Test func `that was stopped and started again is read on`() async throws {
        let broker = try Broker()
        try broker.start()
        let client = try TestClient(broker.bootstrap)
        try client.createTopic("t", partitions: 1)
        try client.produce((0..<50).map { "message \($0)" }, to: "t")
        let source = try KafkaStream(KafkaConfiguration(topic: "t", bootstrapServers: broker.bootstrap))
            .source(of: 0)
        var found = try await source.read(50)
        broker.stop()
        #expect(try await source.failure(from: 50).isTransient)
        try broker.start()
        try client.produce((50..<100).map { "message \($0)" }, to: "t")
        found += try await source.read(50, from: found[49].next)
        #expect(found.texts == (0..<100).map { "message \($0)" })
    }

    /// The broker's folder is put back to what it was, as after a crash that lost what was not written yet.
    @Test func `that came back with less than was read is a permanent error`() async throws {
        let broker = try Broker()
        try broker.start()
        let client = try TestClient(broker.bootstrap)
        try client.createTopic("t", partitions: 1)
        try client.produce((0..<10).map { "message \($0)" }, to: "t")
        broker.stop()
        let copy = try broker.copyData()
        try broker.start()
        try client.produce((10..<20).map { "message \($0)" }, to: "t")
        let configuration = KafkaConfiguration(topic: "t", bootstrapServers: broker.bootstrap)
        let source = try KafkaStream(configuration).source(of: 0)
        let at = try await source.read(20)[19].next
        broker.kill()
        try broker.restoreData(copy)
        try broker.start()

        var errors: [StreamSourceError] = []
        while errors.last?.isTransient ?? true { errors.append(try await source.failure(from: at)) }
        let shorter = try #require(errors.last)
        #expect(
            shorter.message
                == "kafka:t/0 came back shorter: it holds 0 to 10, and offset 20 was reached; reset it to go on"
        )
        let later = try KafkaStream(configuration).source(of: 0)
        #expect(try await later.failure(from: at) == shorter)

        // Written on past the old end, the offsets alone would not tell.
        try client.produce((0..<15).map { "other \($0)" }, to: "t")
        let rewritten = try await KafkaStream(configuration).source(of: 0).failure(from: at)
        #expect(!rewritten.isTransient)
        #expect(
            rewritten.message
                == "kafka:t/0 was rewritten: offset 19 holds another record than the one that was read there; "
                + "reset it to go on")
        // A pointer that somebody set by its number is taken as it is.
        let reset = try await later.resolve(.pointer(20))
        #expect(try await later.read(5, from: reset).texts == (10..<15).map { "other \($0)" })
    }
}
#endif
