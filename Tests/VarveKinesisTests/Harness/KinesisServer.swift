#if Kinesis
import Foundation
import PullingServer
import Testing
import VarveDocument
import VarveIngest

@testable import VarveKinesis

/// A server of Kinesis' protocol in a process of its own, with shards that can be split and a disk.
///
/// `tools/brokers` installs it and sets `VARVE_KINESIS_SERVER`. Where that is set and the server does not start, tests
/// fail; where it is not, they are skipped.
final class KinesisServer: @unchecked Sendable {
    // Unchecked: each is used by one test.
    static let program = ProcessInfo.processInfo.environment["VARVE_KINESIS_SERVER"]
    static var isInstalled: Bool { program != nil }

    private let port: UInt16
    private let folder: URL
    private var process: Process?

    init() async throws {
        port = try #require(freePort())
        folder = FileManager.default.temporaryDirectory.appending(path: "varve-kinesis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    func configuration(_ stream: String) -> KinesisConfiguration {
        var configuration = KinesisConfiguration(
            stream: stream, region: "us-east-1", accessKey: "test", secretKey: "test")
        configuration.endpoint = "http://127.0.0.1:\(port)"
        configuration.readInterval = .milliseconds(1)
        return configuration
    }

    /// Starts it and waits until it answers.
    func start() async throws {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.program))
        process.arguments = ["--port", "\(port)", "--data-dir", folder.path, "--durable"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        let stream = try KinesisStream(configuration("none"))
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                _ = try await stream.client.call("ListStreams", Array("{}".utf8))
                break
            } catch {
                try #require(ContinuousClock.now < deadline, "the server does not answer: \(error)")
                await Task.yield()
            }
        }
        await stream.close()
    }

    func kill() {
        if let process { Foundation.kill(process.processIdentifier, SIGKILL) }
        process?.waitUntilExit()
        process = nil
    }
}

/// A stream of the test's own, and what its producer does.
struct Producer {
    let stream: KinesisStream
    let name: String

    init(_ server: KinesisServer, shards: Int, name: String = "s") async throws {
        self.name = name
        stream = try KinesisStream(server.configuration(name))
        _ = try await call("CreateStream", #"{"StreamName":"\#(name)","ShardCount":\#(shards)}"#)
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let answer = try await call("DescribeStreamSummary", #"{"StreamName":"\#(name)"}"#)
            if answer["StreamDescriptionSummary"]?["StreamStatus"]?.text == "ACTIVE" { return }
            try #require(ContinuousClock.now < deadline, "the stream does not become active")
        }
    }

    @discardableResult
    func call(_ operation: String, _ body: String) async throws -> JSONValue {
        try await stream.client.call(operation, Array(body.utf8))
    }

    /// One record; the hash key chooses the shard.
    ///
    /// - Returns: Its sequence number.
    @discardableResult
    func put(_ text: String, hash: String = "0") async throws -> String {
        let data = Data(text.utf8).base64EncodedString()
        let answer = try await call(
            "PutRecord",
            #"{"StreamName":"\#(name)","Data":"\#(data)","PartitionKey":"k","ExplicitHashKey":"\#(hash)"}"#)
        return try #require(answer["SequenceNumber"]?.text)
    }
}

extension StreamSource {
    /// Everything from a pointer on, until the source has nothing more.
    func all(from pointer: StreamPointer, limit: Int = 1_000) async throws -> [Message] {
        var found: [Message] = []
        while true {
            let more = try await poll(from: found.last?.next ?? pointer, limit: limit, timeout: .zero)
            if more.isEmpty { return found }
            found += more
        }
    }
}
#endif
