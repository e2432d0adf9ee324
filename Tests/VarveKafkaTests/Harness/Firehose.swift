#if Kafka
import Foundation
import Testing

/// `tools/kafka-firehose`: a simulated server of records that nobody wrote, which asks for a password.
final class Firehose: @unchecked Sendable {
    // Unchecked: nothing changes after `init`.
    let bootstrap: String
    private let process = Process()
    private let input = Pipe()

    init(messages: Int, user: String, password: String) throws {
        let output = Pipe()
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        process.executableURL = root.appending(path: "tools/kafka-firehose").standardizedFileURL
        process.arguments = ["1", "\(messages)", "100", "\(user):\(password)"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(Int(line.trimmingCharacters(in: .newlines)), "it prints its port")
        bootstrap = "127.0.0.1:\(port)"
    }

    /// It ends with its input.
    deinit { try? input.fileHandleForWriting.close() }
}
#endif
