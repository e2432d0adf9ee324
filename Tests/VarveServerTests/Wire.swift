#if Server
import NIOCore
import NIOPosix
import NIOSSL
import Testing

/// A connection that writes what it is told, byte by byte if need be, and reads answers.
final class Wire {
    struct Answer {
        var status = 0
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var pending: [UInt8] = []

    private init(
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) {
        self.outbound = outbound
        self.inbound = inbound
    }

    /// - Parameters:
    ///   - trusting: The certificate, in PEM, of a server that speaks TLS.
    ///   - group: Threads that are not the server's for who leaves them no rest.
    static func connect(
        _ port: Int, trusting certificate: String? = nil,
        on group: MultiThreadedEventLoopGroup = .singleton, _ body: (Wire) async throws -> Void
    ) async throws {
        let context = try certificate.map { try Self.context(trusting: $0) }
        let channel = try await ClientBootstrap(group: group)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await body(Wire(outbound, inbound.makeAsyncIterator()))
        }
    }

    private static func context(trusting certificate: String) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)))
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }
    /// Nothing more is sent.
    func finish() { outbound.finish() }

    /// A whole request at once.
    func ask(
        _ method: String, _ target: String, _ body: [UInt8] = [], headers: [String] = []
    ) async throws -> Answer {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: test\r\n"
        if !body.isEmpty { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        for line in headers { head += line + "\r\n" }
        try await send(Array((head + "\r\n").utf8) + body)
        return try await answer(hasBody: method != "HEAD")
    }

    func ask(_ method: String, _ target: String, _ body: String) async throws -> Answer {
        try await ask(method, target, Array(body.utf8))
    }

    func answer(hasBody: Bool = true) async throws -> Answer {
        var answer = Answer()
        let lines = try await head()
        answer.status = try #require(Int(lines[0].split(separator: " ")[1]))
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            answer.headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        if !hasBody { return answer }
        if answer.headers["transfer-encoding"] == "chunked" {
            while true {
                let size = try #require(Int(try await line(), radix: 16))
                answer.body += try await take(size)
                _ = try await line()
                if size == 0 { return answer }
            }
        }
        answer.body = try await take(Int(answer.headers["content-length"] ?? "0") ?? 0)
        return answer
    }

    /// True once the other side has closed.
    func isClosed() async -> Bool {
        while true {
            do { if try await inbound.next() == nil { return true } } catch { return true }
        }
    }

    private struct Closed: Error {}

    private func more() async throws {
        guard let part = try await inbound.next() else { throw Closed() }
        pending += part.readableBytesView
    }

    private func take(_ count: Int) async throws -> [UInt8] {
        while pending.count < count { try await more() }
        defer { pending.removeFirst(count) }
        return Array(pending[..<count])
    }

    private func line() async throws -> String {
        var at = 0
        while true {
            if let end = pending[at...].firstIndex(of: 0x0A) {
                let text = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                return text.hasSuffix("\r") ? String(text.dropLast()) : text
            }
            at = pending.count
            try await more()
        }
    }

    private func head() async throws -> [String] {
        var lines: [String] = []
        while true {
            let line = try await line()
            if line.isEmpty { return lines }
            lines.append(line)
        }
    }
}
#endif
