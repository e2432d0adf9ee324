#if Kafka
import Testing
import VarveIngest

@testable import VarveKafka

/// What every source must do, against both servers that stand for Kafka.
@Suite struct `A partition of a topic` {
    @Test(arguments: Server.available)
    func `is read from the earliest message until there is no lag`(_ server: Server) async throws {
        let scene = try Scene(server)
        try scene.fill(0..<500)
        let source = try scene.stream().source(of: 0)
        let start = try await source.resolve(.earliest)
        #expect(start == 0)
        let messages = try await source.read(500, from: start)
        #expect(messages.texts == (0..<500).map { "message \($0)" })
        #expect(messages.map(\.pointer.low) == (0..<500).map { UInt64($0) })
        #expect(messages.map(\.next.low) == (1...500).map { UInt64($0) })
        #expect(messages.allSatisfy { $0.timestamp > 1_700_000_000_000 && $0.key == nil && !$0.isTombstone })
        #expect(try await source.lagAtEnd(from: 500) == 0)
        #expect(source.describe(42) == "offset 42")
    }

    @Test(arguments: Server.available)
    func `is read from every pointer, forwards and back`(_ server: Server) async throws {
        let scene = try Scene(server)
        try scene.fill(0..<8)
        let source = try scene.stream().source(of: 0)
        for at in [0, 7, 3, 4, 2, 2, 6, 1, 5, 0] as [UInt64] {
            let resolved = try await source.resolve(.pointer(StreamPointer(at)))
            let messages = try await source.read(8 - Int(at), from: resolved)
            #expect(messages.texts == (Int(at)..<8).map { "message \($0)" })
        }
        #expect(try await source.resolve(.pointer(8)) == 8)
        #expect(try await source.poll(from: 8, limit: 10, timeout: .zero).isEmpty)
    }

    @Test(arguments: Server.available)
    func `refuses pointers behind its end, naming what it holds`(_ server: Server) async throws {
        let scene = try Scene(server)
        try scene.fill(0..<8)
        let source = try scene.stream().source(of: 0)
        let refused = try await failure { try await source.resolve(.pointer(9)) }
        #expect(refused.message == "offset 9 is outside kafka:\(scene.topic)/0, which holds 0 to 8")
        #expect(!refused.isTransient)
        let unread = try await source.failure(from: 9)
        #expect(unread.message.contains("came back shorter: it holds 0 to 8, and offset 9 was reached"))
        #expect(!unread.isTransient)
        let wide = StreamPointer(high: 0, middle: 1, low: 0)
        #expect(
            try await failure { try await source.poll(from: wide, limit: 1, timeout: .zero) }.isTransient
                == false)
    }

    @Test(arguments: Server.available)
    func `that is empty starts and ends at 0`(_ server: Server) async throws {
        let scene = try Scene(server)
        let source = try scene.stream().source(of: 0)
        #expect(try await source.resolve(.earliest) == 0)
        #expect(try await source.resolve(.latest) == 0)
        #expect(try await source.poll(from: 0, limit: 10, timeout: .milliseconds(50)).isEmpty)
        #expect(try await source.lagAtEnd(from: 0) == 0)
        try scene.fill(0..<1)
        #expect(try await source.read(1).texts == ["message 0"])
    }

    @Test(arguments: Server.available)
    func `is followed as it grows`(_ server: Server) async throws {
        let scene = try Scene(server)
        let source = try scene.stream().source(of: 0)
        var at: StreamPointer = 0
        for round in 0..<20 {
            try scene.fill(round * 3..<round * 3 + 3)
            let messages = try await source.read(3, from: at)
            #expect(messages.texts == (round * 3..<round * 3 + 3).map { "message \($0)" })
            at = messages.last!.next
        }
        #expect(try await source.resolve(.latest) == 60)
        #expect(try await source.lagAtEnd(from: at) == 0)
    }

    @Test(arguments: Server.available)
    func `gives tombstones, empty payloads and keys as they are`(_ server: Server) async throws {
        let scene = try Scene(server)
        try scene.client.produce(
            [
                Record(payload: nil, key: Array("gone".utf8)), Record(payload: [], key: []),
                Record(payload: [7]), Record(payload: nil), Record("value", key: "key"),
            ], to: scene.topic)
        let messages = try await scene.stream().source(of: 0).read(5)
        #expect(messages.map(\.isTombstone) == [true, false, false, true, false])
        #expect(
            messages.map { $0.key.map(Array.init) } == [Array("gone".utf8), [], nil, nil, Array("key".utf8)])
        #expect(messages.map { Array($0.payload) } == [[], [], [7], [], Array("value".utf8)])
    }

    @Test(arguments: Server.available)
    func `carries messages of one byte and of nearly a megabyte`(_ server: Server) async throws {
        let scene = try Scene(server)
        let large = (0..<4).map { at in [UInt8](repeating: UInt8(at), count: 900_000) }
        for payload in large {
            try scene.client.produce([Record(payload: payload), Record(payload: [1])], to: scene.topic)
        }
        let source = try scene.stream { $0.bufferBytes = 1 << 20 }.source(of: 0)
        let messages = try await source.read(8, limit: 3)
        #expect(messages.map { Array($0.payload) } == large.flatMap { [$0, [1]] })
    }

    @Test(arguments: Server.available)
    func `gives the rest again to who took only a part`(_ server: Server) async throws {
        let scene = try Scene(server)
        try scene.fill(0..<100)
        let source = try scene.stream().source(of: 0)
        let all = try await source.read(100, limit: 10)
        #expect(all.texts == (0..<100).map { "message \($0)" })
        for at in stride(from: 0, through: 90, by: 10) as StrideThrough<UInt64> {
            let first = try await source.read(10, from: StreamPointer(at), limit: 10)
            let again = try await source.read(5, from: StreamPointer(at + 5), limit: 10)
            #expect(again.texts == first[5...].map(\.text))
        }
    }

    @Test(arguments: Server.available)
    func `does not wait for its neighbours`(_ server: Server) async throws {
        let scene = try Scene(server, partitions: 4)
        let payload = [UInt8](repeating: 7, count: 10_000)
        for partition in 0..<4 as Range<Int32> {
            try scene.client.produce(
                [Record](repeating: Record(payload: payload), count: 400), to: scene.topic, partition)
        }
        let stream = try scene.stream { $0.bufferBytes = 1 << 20 }
        #expect(try await stream.partitions() == (0..<4).map { StreamPartition(number: $0) })
        // Nobody takes from the first one, which is soon full.
        let idle = stream.source(of: 0)
        _ = try await idle.read(1)
        for partition in 1..<4 as Range<UInt32> {
            #expect(try await stream.source(of: partition).read(400).count == 400)
        }
        #expect(try await idle.read(399, from: 1).count == 399)
    }

    @Test(arguments: Server.available)
    func `keeps a bounded part of a long backlog in memory`(_ server: Server) async throws {
        let scene = try Scene(server)
        let payload = [UInt8](repeating: 7, count: 100_000)
        try scene.client.produce(
            [Record](repeating: Record(payload: payload), count: 45), to: scene.topic)
        let stream = try scene.stream { $0.bufferBytes = 1 << 20 }
        let source = try #require(stream.source(of: 0) as? KafkaPartition)
        var at: StreamPointer = 0
        for _ in 0..<45 {
            let message = try await source.read(1, from: at)[0]
            at = message.next
            #expect(source.waitingBytes <= 1 << 20)
        }
    }

    @Test(arguments: Server.available)
    func `stops waiting when its reader is cancelled`(_ server: Server) async throws {
        let scene = try Scene(server)
        let source = try scene.stream().source(of: 0)
        _ = try await source.poll(from: 0, limit: 1, timeout: .zero)
        let task = Task { try await source.poll(from: 0, limit: 1, timeout: .seconds(600)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try scene.fill(0..<1)
        #expect(try await source.read(1).texts == ["message 0"])
    }

    @Test(arguments: Server.available)
    func `belongs to the source that asked for it last`(_ server: Server) async throws {
        let scene = try Scene(server)
        try scene.fill(0..<10)
        let stream = try scene.stream()
        let first = stream.source(of: 0)
        let second = stream.source(of: 0)
        _ = try await first.read(5)
        #expect(try await second.read(10).count == 10)
        let error = try await failure { try await first.poll(from: 5, limit: 1, timeout: .zero) }
        #expect(error.message == "kafka:\(scene.topic)/0 is read by another source now" && !error.isTransient)
        #expect(try await stream.source(of: 0).read(10).count == 10)
    }

    @Test(arguments: Server.available)
    func `is let go with its stream`(_ server: Server) async throws {
        let scene = try Scene(server)
        let stream = try scene.stream()
        let source = stream.source(of: 0)
        _ = try await source.poll(from: 0, limit: 1, timeout: .zero)
        let waiting = Task { try await source.poll(from: 0, limit: 1, timeout: .seconds(600)) }
        await stream.close()
        await stream.close()
        let error = try await failure { try await waiting.value }
        #expect(error.message == "kafka:\(scene.topic) is closed" && !error.isTransient)
        let refused = try await failure { try await source.resolve(.earliest) }
        #expect(refused.message == "kafka:\(scene.topic) is closed")
    }
}
#endif
