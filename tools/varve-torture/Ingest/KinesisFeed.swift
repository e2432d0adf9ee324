#if Kinesis
import Foundation

/// A stream of a server of Kinesis' protocol that this starts.
///
/// The server is the program that `VARVE_KINESIS_SERVER` names (`tools/brokers kinesis`).
final class KinesisFeed: FeedSink, @unchecked Sendable {
    // Unchecked: the process is ended once.
    private static let name = "torture"
    private let server: ServerProcess
    private let port: Int
    private let partitions: Int
    /// Sequence numbers say nothing of how many messages there are.
    let countsMessages = false
    let takesTornLines = false
    /// A shard is read five times a second.
    let batchMessages = 500

    init(_ directory: String, partitions: Int, seed: UInt64) async throws {
        self.partitions = partitions
        (server, port) = try ServerProcess.stream("kinesis", folder: directory, seed: seed) { port in
            ["--port", "\(port)", "--data-dir", directory + "/kinesis"]
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do {
                try await call("ListStreams", "{}")
                break
            } catch {
                guard server.isRunning, ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        try await call("CreateStream", #"{"StreamName":"\#(Self.name)","ShardCount":\#(partitions)}"#)
        while try await !isActive() {
            guard ContinuousClock.now < deadline else {
                throw TortureFailure("the stream does not become active")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    var settings: String {
        """
        "type": "kinesis", "param": {"stream": "\(Self.name)", "region": "us-east-1", "access_key": "test",
          "secret_key": "test", "endpoint_override": "http://127.0.0.1:\(port)"}
        """
    }
    var serverOptions: [String] { [] }

    @discardableResult
    private func call(_ operation: String, _ body: String) async throws -> Data {
        let calls = ServerCalls(
            port: port,
            headers: [
                "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Kinesis_20131202." + operation,
                "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request",
            ])
        return try await calls.send("POST", "/", body)
    }

    private func isActive() async throws -> Bool {
        let answer = try await call("DescribeStreamSummary", #"{"StreamName":"\#(Self.name)"}"#)
        return String(decoding: answer, as: UTF8.self).replacing(" ", with: "")
            .contains(#""StreamStatus":"ACTIVE""#)
    }

    func append(_ lines: Data, to partition: Int) async throws {
        // Shards share the range of hashes evenly; a key in the middle of the shard's part leads to it.
        let width = UInt64.max / UInt64(partitions)
        let key = Self.decimal(high: width * UInt64(partition) + width / 2)
        let records = lines.split(separator: UInt8(ascii: "\n")).map { line in
            #"{"Data":"\#(Data(line).base64EncodedString())","PartitionKey":"k","ExplicitHashKey":"\#(key)"}"#
        }
        let answer = try await call(
            "PutRecords", #"{"StreamName":"\#(Self.name)","Records":[\#(records.joined(separator: ","))]}"#)
        guard
            String(decoding: answer, as: UTF8.self).replacing(" ", with: "").contains(
                #""FailedRecordCount":0"#)
        else { throw TortureFailure("messages were not taken: \(String(decoding: answer, as: UTF8.self))") }
    }

    /// A number of 128 bits whose lower half is 0.
    private static func decimal(high: UInt64) -> String {
        var digits: [UInt8] = []
        var (high, low) = (high, UInt64(0))
        while high > 0 || low > 0 {
            let (quotient, remainder) = high.quotientAndRemainder(dividingBy: 10)
            let part = UInt64(10).dividingFullWidth((remainder, low))
            (high, low) = (quotient, part.quotient)
            digits.append(UInt8(ascii: "0") + UInt8(part.remainder))
        }
        return digits.isEmpty ? "0" : String(decoding: digits.reversed(), as: UTF8.self)
    }

    func flush() {}
    func close() { server.kill() }
}
#endif
