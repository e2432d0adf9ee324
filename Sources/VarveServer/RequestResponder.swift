#if Server
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPCompression
import VarveREST

/// Takes a request off the wire, hands it to the service and writes the answer.
struct RequestResponder: Sendable {
    let service: RESTService
    let options: ServerOptions
    let logger: Logger

    /// Why a body was not taken.
    private struct Refusal: Error {
        let status: Int
        let type: String
        let reason: String

        /// The usual error body. Nothing in it needs an escape.
        var response: RESTResponse {
            let cause = #""type":"\#(type)","reason":"\#(reason)""#
            let text = #"{"error":{"root_cause":[{\#(cause)}],\#(cause)},"status":\#(status)}"#
            return RESTResponse(
                status: status, contentType: "application/json; charset=UTF-8",
                headers: [("Connection", "close")], chunks: [Array(text.utf8)])
        }
    }

    /// Throws if the connection can go no further: it is closed then.
    func respond(
        to request: Request, _ writer: consuming ResponseWriter, on channel: any Channel
    ) async throws {
        let start = ContinuousClock.now
        var message = Self.message(request.head)
        var body = request.body.makeAsyncIterator()
        let response: RESTResponse
        var isRefused = false
        do { response = try await answer(&message, &body) } catch let refusal as Refusal {
            response = refusal.response
            isRefused = true
        }
        try await write(response, to: message, writer)
        log(message, response, start)
        if isRefused {
            try await drain(&body)
            try? await channel.close()
        }
    }

    // MARK: The request

    private func answer(
        _ message: inout RESTRequest, _ body: inout RequestBody.AsyncIterator
    ) async throws -> RESTResponse {
        let encoding = message.header("Content-Encoding")?.lowercased() ?? "identity"
        guard ["identity", "gzip", "deflate"].contains(encoding) else {
            throw Refusal(
                status: 415, type: "illegal_argument_exception",
                reason: "the Content-Encoding of a body may be gzip or deflate")
        }
        if let refusal = await service.identify(&message) {
            // What was refused unread is not kept for the next request.
            try await skip(&body)
            return refusal
        }
        do {
            guard let upload = service.bulkUpload(for: message) else {
                try await collect(into: &message, &body)
                return await service.respond(to: message)
            }
            while let part = try await body.next() { await upload.receive(Array(part.readableBytesView)) }
            return await upload.finish()
        } catch NIOHTTPDecompression.DecompressionError.limit {
            throw Refusal(
                status: 413, type: "content_too_long_exception",
                reason: "a compressed body may grow to \(options.inflationMax) times its size")
        } catch is NIOHTTPDecompression.DecompressionError {
            throw Self.damagedCompression
        } catch is NIOHTTPDecompression.ExtraDecompressionError {
            throw Self.damagedCompression
        }
    }

    private static let damagedCompression = Refusal(
        status: 400, type: "parse_exception", reason: "the compressed body is damaged or incomplete")

    private var tooLong: Refusal {
        Refusal(
            status: 413, type: "content_too_long_exception",
            reason: "a body has at most \(options.bodyBytesMax) bytes")
    }

    private func collect(
        into message: inout RESTRequest, _ body: inout RequestBody.AsyncIterator
    ) async throws {
        let declared = message.header("Content-Length").flatMap { Int($0) } ?? 0
        if declared > options.bodyBytesMax { throw tooLong }
        message.body.reserveCapacity(min(declared, 1 << 20))
        while let part = try await body.next() {
            if message.body.count + part.readableBytes > options.bodyBytesMax { throw tooLong }
            message.body.append(contentsOf: part.readableBytesView)
        }
    }

    /// Reads a body that nobody wants, up to the limit of all bodies.
    private func skip(_ body: inout RequestBody.AsyncIterator) async throws {
        var left = options.bodyBytesMax
        while let part = try await body.next() {
            left -= part.readableBytes
            if left < 0 { throw tooLong }
        }
    }

    /// Reads on for a while, so that who still writes gets to read the answer.
    private func drain(_ body: inout RequestBody.AsyncIterator) async throws {
        var left = options.bodyBytesMax
        while left > 0, let part = try await body.next() { left -= part.readableBytes }
    }

    private static func message(_ head: HTTPRequest) -> RESTRequest {
        let parts = (head.path ?? "/").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return RESTRequest(
            head.method.rawValue.uppercased(), parts.first.map(String.init) ?? "/",
            query: parts.count > 1 ? String(parts[1]) : "",
            headers: head.headerFields.map { (name: $0.name.canonicalName, value: $0.value) })
    }

    // MARK: The answer

    private func write(
        _ response: RESTResponse, to message: RESTRequest, _ writer: consuming ResponseWriter
    ) async throws {
        var fields = HTTPFields()
        for (name, value) in response.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        if !response.contentType.isEmpty { fields[.contentType] = response.contentType }
        let isHead = message.method == "HEAD"
        let isCompressed =
            !isHead && response.byteCount >= options.compressedBytesMin
            && message.header("Accept-Encoding") != nil
        if !isCompressed, let mark = HTTPField.Name(WireChannel.plainMark) { fields[mark] = "1" }
        // The compressor corrects the length of an answer in one piece alone.
        if !isCompressed || response.chunks.count == 1 {
            fields[.contentLength] = String(response.contentLength)
        }
        let head = HTTPResponse(status: .init(code: response.status), headerFields: fields)
        let chunks = isHead ? [] : response.chunks
        switch chunks.count {
        case 0: try await writer.write(response: head, body: ResponseBody())
        case 1:
            try await writer.write(
                response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: chunks[0])))
        default:
            var body = try await writer.writeHead(head)
            for chunk in chunks { try await body.write(ByteBuffer(bytes: chunk)) }
            try await body.finish(nil)
        }
    }

    private func log(
        _ message: RESTRequest, _ response: RESTResponse, _ start: ContinuousClock.Instant
    ) {
        logger.debug(
            "request",
            metadata: [
                "method": "\(message.method)", "path": "\(message.path)", "query": "\(message.rawQuery)",
                "status": "\(response.status)", "bytes": "\(response.contentLength)",
                "took": "\(start.duration(to: .now))",
            ])
    }
}
#endif
