#if Server
import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// `varve serve` on the store of a workspace, at a port that was free.
final class RunningServer: Sendable {
    let address: String
    private let process: Process

    /// - Parameters:
    ///   - feeds: Where sources may read.
    ///   - options: More of the command line.
    init(_ workspace: Workspace, feeds: String, _ options: String = "") throws {
        let started = try workspace.start(
            "varve serve --listen 127.0.0.1:0 --ingestion-directory \(feeds) \(options)")
        process = started.process
        let deadline = Date(timeIntervalSinceNow: 60)
        var said = ""
        while !said.contains("listening on "), process.isRunning, Date.now < deadline {
            said = try workspace.read(started.errors)
        }
        let found = said.split(separator: "\n").first { $0.hasPrefix("listening on ") }
        address = String(try #require(found, "\(said)").dropFirst("listening on ".count))
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// Ends it as its operator would.
    func end() async throws {
        let process = self.process
        try await Workspace.aside {
            process.terminate()
            process.waitUntilExit()
        }
    }

    @discardableResult
    func send(_ method: String, _ path: String, _ body: String) async throws -> (status: Int, text: String) {
        var request = URLRequest(url: try #require(URL(string: address + path)))
        request.httpMethod = method
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = Data(body.utf8)
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }
}
#endif
