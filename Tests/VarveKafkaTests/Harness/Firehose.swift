#if Kafka
import Foundation
import Testing

/// `tools/kafka-firehose`: a simulated server of records that nobody wrote, which asks for a password.
final class Firehose: @unchecked Sendable {
    // Unchecked: nothing changes after `init`.
    let bootstrap: String
    private let process = Process()
    private let input = Pipe()
    private let folder: URL

    /// - Parameter certificate: One and its key in PEM, for a server that speaks TLS.
    init(messages: Int, user: String, password: String, certificate: String? = nil) throws {
        let output = Pipe()
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        folder = FileManager.default.temporaryDirectory.appending(path: "varve-firehose-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        process.executableURL = root.appending(path: "tools/kafka-firehose").standardizedFileURL
        process.arguments = ["1", "\(messages)", "100", "\(user):\(password)"]
        if let certificate {
            let path = folder.appending(path: "server.pem").path
            try certificate.write(toFile: path, atomically: true, encoding: .utf8)
            process.arguments?.append(path)
        }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(Int(line.trimmingCharacters(in: .newlines)), "it prints its port")
        bootstrap = "127.0.0.1:\(port)"
    }

    /// It ends with its input.
    deinit {
        try? input.fileHandleForWriting.close()
        try? FileManager.default.removeItem(at: folder)
    }
}
#endif
