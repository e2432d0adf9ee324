#if Kinesis
import Foundation
import Testing
import VarveIngest

@testable import VarveKinesis

/// Against a server in a process of its own.
@Suite(.enabled(if: KinesisServer.isInstalled), .serialized)
struct `A stream of Kinesis` {
    private func texts(_ messages: [Message]) -> [String] {
        messages.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    @Test func `is read from its start, from every record, and from behind it`() async throws {
        let server = try await KinesisServer()
        let producer = try await Producer(server, shards: 1)
        let source = try await producer.stream.source(of: 0)
        let earliest = try await source.resolve(.earliest)
        #expect(try await source.all(from: earliest).isEmpty)
        let numbers = [try await producer.put("a"), try await producer.put("b"), try await producer.put("c")]
        let all = try await source.all(from: earliest)
        #expect(texts(all) == ["a", "b", "c"])
        #expect(texts(try await source.all(from: earliest, limit: 1)) == ["a", "b", "c"])
        #expect(all.map { ShardPlace($0.pointer).text } == numbers)
        for (at, message) in all.enumerated() {
            #expect(texts(try await source.all(from: message.pointer)) == Array(["a", "b", "c"][at...]))
            #expect(texts(try await source.all(from: message.next)) == Array(["a", "b", "c"][(at + 1)...]))
        }
        #expect(all.allSatisfy { $0.timestamp > 1_700_000_000_000 })
        try await producer.put("d")
        #expect(texts(try await source.poll(from: all[2].next, limit: 9, timeout: .seconds(5))) == ["d"])
        #expect(try await source.end() != nil)
        await producer.stream.close()
    }

    @Test func `starts behind what is there when it is asked for the latest`() async throws {
        let server = try await KinesisServer()
        let producer = try await Producer(server, shards: 1)
        let source = try await producer.stream.source(of: 0)
        try await producer.put("before")
        // A moment that is over for certain.
        let first = try #require(try await source.all(from: ShardPlace.horizon.pointer).first)
        var latest = try await source.resolve(.latest)
        while case .time(let time) = ShardPlace(latest), time <= first.timestamp + 1 {
            latest = try await source.resolve(.latest)
        }
        #expect(try await source.all(from: latest).isEmpty)
        try await producer.put("after")
        #expect(texts(try await source.all(from: latest)) == ["after"])
        // The place is the same after a restart of the server, and for a source that knows nothing.
        server.kill()
        try await server.start()
        let again = try await producer.stream.source(of: 0)
        #expect(texts(try await again.all(from: latest)) == ["after"])
        await producer.stream.close()
    }

    @Test func `is gone on with where it was after the server was killed`() async throws {
        let server = try await KinesisServer()
        let producer = try await Producer(server, shards: 1)
        let source = try await producer.stream.source(of: 0)
        try await producer.put("a")
        let place = try #require(try await source.all(from: ShardPlace.horizon.pointer).last).next
        server.kill()
        let error = await #expect(throws: StreamSourceError.self) {
            _ = try await source.poll(from: place, limit: 1, timeout: .zero)
        }
        #expect(error?.isTransient == true)
        try await server.start()
        try await producer.put("b")
        #expect(texts(try await source.all(from: place)) == ["b"])
        await producer.stream.close()
    }

    @Test func `that was split has children which begin where their parent ends`() async throws {
        let server = try await KinesisServer()
        let producer = try await Producer(server, shards: 1)
        try await producer.put("before")
        try await producer.call(
            "SplitShard",
            #"{"StreamName":"s","ShardToSplit":"shardId-000000000000","NewStartingHashKey":"170141183460469231731687303715884105728"}"#
        )
        var partitions = try await producer.stream.partitions()
        let deadline = ContinuousClock.now + .seconds(20)
        while partitions.count < 3, ContinuousClock.now < deadline {
            partitions = try await producer.stream.partitions()
        }
        #expect(partitions.map(\.number) == [0, 1, 2])
        #expect(partitions.map(\.isClosed) == [true, false, false])
        #expect(partitions.map(\.parents) == [[], [0], [0]])
        try await producer.put("low", hash: "0")
        try await producer.put("high", hash: "340282366920938463463374607431768211455")
        var found: [[String]] = []
        for partition in partitions {
            let source = try await producer.stream.source(of: partition.number)
            found.append(texts(try await source.all(from: try await source.resolve(.earliest))))
        }
        #expect(found == [["before"], ["low"], ["high"]])
        await producer.stream.close()
    }

    @Test func `takes records of any size that the service takes, and of any bytes`() async throws {
        let server = try await KinesisServer()
        let producer = try await Producer(server, shards: 1)
        let sizes = [0, 1, 2, 3, 65_536, 900_000]
        for size in sizes {
            try await producer.put(String(repeating: "é", count: size / 2) + (size % 2 == 1 ? "x" : ""))
        }
        let source = try await producer.stream.source(of: 0)
        #expect(try await source.all(from: ShardPlace.horizon.pointer).map(\.payload.count) == sizes)
        await producer.stream.close()
    }

    @Test func `that is missing is asked for again, and a shard that is missing is not`() async throws {
        let server = try await KinesisServer()
        let producer = try await Producer(server, shards: 1)
        let missing = try KinesisStream(server.configuration("missing"))
        let error = await #expect(throws: StreamSourceError.self) { try await missing.check() }
        #expect(error?.isTransient == true)
        #expect(error?.message.contains("ResourceNotFoundException") == true, "\(error?.message ?? "")")
        let shard = await #expect(throws: StreamSourceError.self) {
            _ = try await producer.stream.source(of: 7)
        }
        #expect(shard?.message == "Shard id 7 does not exist in stream s")
        #expect(shard?.isTransient == false)
        await missing.close()
        await producer.stream.close()
    }

    @Test func `has pointers that can be given back as text`() async throws {
        let stream = try KinesisStream(
            KinesisConfiguration(stream: "s", region: "r", accessKey: "a", secretKey: "s"))
        for text in ["17", "after 17", "horizon", "time 5"] {
            let plain = try stream.pointer(text: text)
            #expect(plain.partition == nil)
            #expect(stream.text(plain.pointer, partition: nil) == text)
            let placed = try stream.pointer(text: "3:\(text)")
            #expect(placed.partition == 3)
            #expect(stream.text(placed.pointer, partition: 3) == "3:\(text)")
        }
        #expect(throws: StreamSourceError.self) { _ = try stream.pointer(text: "3:four") }
        await stream.close()
    }
}
#endif
