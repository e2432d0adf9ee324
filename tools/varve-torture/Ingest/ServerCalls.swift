import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Requests to a server on this machine, and its answers as they are decoded.
struct ServerCalls: Sendable {
    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 60
        return URLSession(configuration: configuration)
    }()
    private let base: String
    private let headers: [String: String]

    init(port: Int, headers: [String: String] = ["Content-Type": "application/json"]) {
        base = "http://127.0.0.1:\(port)"
        self.headers = headers
    }

    @discardableResult
    func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> Data {
        guard let url = URL(string: base + path) else { throw TortureFailure("no address: \(path)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await Self.session.data(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard (200..<300).contains(status) else {
            throw TortureFailure(
                "\(method) \(path) was answered with \(status): \(String(decoding: data, as: UTF8.self))")
        }
        return data
    }

    func get<Answer: Decodable>(_ path: String, as type: Answer.Type) async throws -> Answer {
        try decode(await send("GET", path))
    }

    func post<Answer: Decodable>(
        _ path: String, _ body: String? = nil, as type: Answer.Type
    ) async throws -> Answer {
        try decode(await send("POST", path, body))
    }

    private func decode<Answer: Decodable>(_ data: Data) throws -> Answer {
        do { return try JSONDecoder().decode(Answer.self, from: data) } catch {
            throw TortureFailure(
                "an answer cannot be read: \(error): \(String(decoding: data, as: UTF8.self))")
        }
    }
}
