#if Server
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Varve
import VarveBytes
import VarveDocument

/// Requests to a server, and its answers as JSON.
final class ServerConnection: Sendable {
    /// More than a page of dropped messages has.
    private static let answerBytesMax = 128 << 20
    private static let timeout = TimeAmount.seconds(120)

    private let base: String
    private let authorization: String?
    private let client: HTTPClient

    /// - Parameters:
    ///   - server: As in `http://127.0.0.1:9200`.
    ///   - trust: A file of certificates that are trusted beside the system's.
    init(_ server: String, user: String?, password: String?, trust: String?) throws {
        var base = server
        while base.hasSuffix("/") { base.removeLast() }
        guard base.hasPrefix("http://") || base.hasPrefix("https://"),
            base.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw CommandFailure.badInput("--server is an address as in http://127.0.0.1:9200, not \(server)")
        }
        self.base = base
        authorization = user.map { "Basic " + Base64.encode(Array("\($0):\(password ?? "")".utf8)) }
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(connect: .seconds(10), read: Self.timeout)
        if let trust {
            var encryption = TLSConfiguration.makeClientConfiguration()
            do {
                encryption.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(trust))]
            } catch {
                throw CommandFailure.badInput("the certificates in \(trust) cannot be read: \(error)")
            }
            configuration.tlsConfiguration = encryption
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func close() async { try? await client.shutdown() }

    /// - Parameters:
    ///   - path: With its query, ready for the wire.
    ///   - body: JSON, or nothing.
    func send(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> JSONValue {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(.init(string: body))
        }
        let status: HTTPResponseStatus
        var bytes: NIOCore.ByteBuffer
        do {
            let response = try await client.execute(request, timeout: Self.timeout)
            status = response.status
            bytes = try await response.body.collect(upTo: Self.answerBytesMax)
        } catch { throw CommandFailure.no("the server at \(base) cannot be asked: \(error)") }
        let text = bytes.readBytes(length: bytes.readableBytes) ?? []
        let json = try? JSONValue(parsing: text.rawSpan)
        if status.code < 300, let json { return json }
        throw failure(Int(status.code), json)
    }

    /// What a refusal is at the command line.
    private func failure(_ status: Int, _ json: JSONValue?) -> CommandFailure {
        if json?["error"]?["type"]?.text == "index_not_found_exception",
            let name = json?["error"]?["index"]?.text
        {
            return .no("no index is named [\(name)]")
        }
        if let reason = json?["error"]?["reason"]?.text {
            return CommandFailure([400, 405, 406, 413].contains(status) ? .wrongUsage : .no, reason)
        }
        switch status {
        case 401 where authorization == nil:
            return .no("the server at \(base) wants a name and a password: give --user")
        case 401: return .no("the server at \(base) does not know this name and password")
        case 200..<300: return .no("what answers at \(base) is no server of ours: the answer is no JSON")
        default:
            return .no("the server at \(base) answered with status \(status) \(json?["error"]?.text ?? "")")
        }
    }
}

/// A segment of a path.
enum URLText {
    static func encode(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            let scalar = UnicodeScalar(byte)
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                out.unicodeScalars.append(scalar)
            default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }
}

private enum Base64 {
    /// With padding, which Basic authentication wants.
    static func encode(_ bytes: [UInt8]) -> String {
        let text = Base64URL.encode(bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return String(text) + String(repeating: "=", count: (4 - text.count % 4) % 4)
    }
}
#endif
