#if Kinesis && Server
import Foundation
import PullingServer
import Testing
import VarveDocument
import VarveIngest

@testable import VarveKinesis

/// From a stream of Kinesis to the documents, through the API.
@Suite(.enabled(if: KinesisServer.isInstalled), .serialized)
struct `An index that pulls a stream of Kinesis` {
    /// Keys that lie in the first, second, third and fourth quarter: one for each of four shards.
    private static let hashes = [
        "0", "85070591730234615865843651857942052864", "170141183460469231731687303715884105728",
        "255211775190703847597530955573826158592",
    ]

    private func parameters(_ server: KinesisServer, _ stream: String = "s") -> [String: String] {
        let configuration = server.configuration(stream)
        return [
            "stream": stream, "region": configuration.region, "access_key": configuration.accessKey,
            "secret_key": configuration.secretKey, "endpoint_override": configuration.endpoint ?? "",
        ]
    }

    /// Number `n` goes to quarter `n mod 4`.
    private func fill(_ producer: Producer, _ numbers: Range<Int>) async throws {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 500) {
            let records = (start..<min(start + 500, numbers.upperBound)).map { number in
                let text = #"{"_source":{"n":\#(number),"p":\#(number % 4)}}"#
                let data = Data(text.utf8).base64EncodedString()
                return
                    #"{"Data":"\#(data)","PartitionKey":"k","ExplicitHashKey":"\#(Self.hashes[number % 4])"}"#
            }
            let answer = try await producer.call(
                "PutRecords",
                #"{"StreamName":"\#(producer.name)","Records":[\#(records.joined(separator: ","))]}"#)
            #expect(answer["FailedRecordCount"] == .integer(0))
        }
    }

    private func expectNumbers(_ count: Int, in server: PullingServer) async throws {
        #expect(try await server.documents(count) == count)
        #expect(try await server.numbers() == [count, 0, count - 1])
        #expect(try await server.total("gaps") == 0)
    }

    @Test(arguments: [(4, "simple"), (3, "modulo")])
    func `has every record once, in the shard of its partition`(shards: Int, strategy: String) async throws {
        let kinesis = try await KinesisServer()
        let producer = try await Producer(kinesis, shards: 4)
        try await fill(producer, 0..<2_000)
        var server = try await PullingServer()
        let answer = try await server.createIndex(
            shards: shards, type: "kinesis", parameters(kinesis), ["source_partition_strategy": strategy])
        #expect(answer.status == 200, "\(answer.text)")
        try await fill(producer, 2_000..<4_000)
        try await expectNumbers(4_000, in: server)
        for shard in 0..<shards {
            let own = (0..<4).filter { $0 % shards == shard }
            let query = #"{"query":{"terms":{"p":\#(own)}}}"#
            #expect(await server.count("i", "preference=_shards:\(shard)", query) == own.count * 1_000)
        }
        server = try await server.reopened()
        #expect(try await server.caughtUp(4))
        #expect(try await server.total("read") == 0)
        #expect(await server.count() == 4_000)
        try await server.close()
        await producer.stream.close()
    }

    @Test func `has every record once though the server was killed and a shard split`() async throws {
        let kinesis = try await KinesisServer()
        let producer = try await Producer(kinesis, shards: 4)
        let server = try await PullingServer()
        _ = try await server.createIndex(
            shards: 3, type: "kinesis", parameters(kinesis),
            ["source_partition_strategy": "modulo", "partition_interval": "200ms"])
        for round in 0..<3 {
            try await fill(producer, round * 1_000..<round * 1_000 + 1_000)
            kinesis.kill()
            try await kinesis.start()
        }
        try await producer.call(
            "SplitShard",
            #"{"StreamName":"s","ShardToSplit":"shardId-000000000001","NewStartingHashKey":"127605887595351923798765477786913079296"}"#
        )
        let isSplit = try await server.wait { try await producer.stream.partitions().count == 6 }
        #expect(isSplit)
        try await fill(producer, 3_000..<4_000)
        try await expectNumbers(4_000, in: server)
        #expect(try await server.states().allSatisfy { !$0.pollerPaused && $0.sourceFailure == nil })
        try await server.close()
        await producer.stream.close()
    }

    @Test func `waits for a stream that is missing, and reads it once it is there`() async throws {
        let kinesis = try await KinesisServer()
        let server = try await PullingServer()
        let answer = try await server.createIndex(shards: 1, type: "kinesis", parameters(kinesis))
        #expect(answer.status == 200, "\(answer.text)")
        let isTold = try await server.wait {
            try await server.states().first?.sourceFailure?.error.contains("ResourceNotFoundException")
                == true
        }
        #expect(isTold)
        let producer = try await Producer(kinesis, shards: 1)
        try await producer.put(#"{"_source":{"n":0}}"#)
        #expect(try await server.documents(1) == 1)
        let shown = await server.send("GET", "/i/_settings?flat_settings=true").text
        #expect(shown.contains(#""index.ingestion_source.param.secret_key":"[redacted]""#), "\(shown)")
        try await server.close()
        await producer.stream.close()
    }
}
#endif
