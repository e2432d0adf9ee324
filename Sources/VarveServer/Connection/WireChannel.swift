#if Server
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import VarveREST

/// One connection: HTTP/1.1 with its limits, compression both ways, and the requests on it one after the other.
struct WireChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// Marks an answer that the compressor must leave as it is: one to a HEAD, or a short one.
    static let plainMark = "x-varve-plain"

    let responder: Responder
    let options: ServerOptions
    let metrics: ServiceMetrics

    /// Connections beyond the limit that still get an answer.
    private static let answeredBeyondLimit = 256

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let count = metrics.connectionOpened()
            channel.closeFuture.whenComplete { [metrics] _ in metrics.connectionClosed() }
            let admission = admission(of: count)
            if admission != .served { metrics.connectionRefused() }
            let pipeline = channel.pipeline.syncOperations
            if let encryption = options.encryption {
                try pipeline.addHandler(NIOSSLServerHandler(context: encryption.context))
            }
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false,
                withOutboundHeaderValidation: true, withEncoderConfiguration: .init(),
                withDecoderLimitConfiguration: limits)
            try pipeline.addHandler(RequestGuard(options, admission))
            try pipeline.addHandler(NIOHTTPRequestDecompressor(limit: .ratio(options.inflationMax)))
            try pipeline.addHandler(compressor())
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(
                HTTPConnectionStateHandler(idleTimeout: options.idleTimeout, logger: logger))
            return try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }

    /// - Parameter count: How many are open with this one.
    private func admission(of count: Int) -> RequestGuard.Admission {
        if count <= options.connectionsMax { return .served }
        return count <= options.connectionsMax + Self.answeredBeyondLimit ? .refused : .closed
    }

    private var limits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = options.headerBytesMax
        limits.maxHeaderListSize = options.headerBytesMax
        limits.maxHeaderFieldCount = options.headerCountMax
        return limits
    }

    private func compressor() -> HTTPResponseCompressor {
        HTTPResponseCompressor { head, _ in
            guard head.headers.contains(name: Self.plainMark) else { return .compressIfPossible }
            head.headers.remove(name: Self.plainMark)
            return .doNotCompress
        }
    }
}
#endif
