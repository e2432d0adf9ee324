#if Server
import NIOCore
import NIOHTTP1

/// The request ended before all of it was there; what did come must not pass for all.
struct RequestCutShort: Error {}
/// What came was no HTTP; it was answered and the connection is closed.
struct RequestRefused: Error {}

/// Stands next to the wire, before compression, and answers what never becomes a request.
///
/// - What cannot be parsed is answered with 400, or 431 for too many headers, here: no handler behind this one
///   ever sees an answer without its request.
/// - A body that ends early is an error to whoever reads it, however the connection ended.
/// - Who expects `100 Continue` is told to go on.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var isReading = false
    private var isAnswering = false
    private var unanswered = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            isReading = true
            unanswered += 1
            if unanswered == 1, head.version == .http1_1,
                head.headers.first(name: "expect")?.lowercased() == "100-continue"
            {
                let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(Self.wrapOutboundOut(.head(goOn)), promise: nil)
            }
        case .body: break
        case .end: isReading = false
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .head: isAnswering = true
        case .body: break
        case .end:
            isAnswering = false
            unanswered -= 1
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        if error == .invalidEOFState {
            cutShort(context)
            context.close(promise: nil)
            return
        }
        let isItsOwn = unanswered == (isReading ? 1 : 0) && !isAnswering
        context.fireErrorCaught(RequestRefused())
        // Answers to what came before go out first; then whoever reads on finds the error and closes.
        guard isItsOwn else { return }
        let status: HTTPResponseStatus = error == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest
        let head = HTTPResponseHead(
            version: .http1_1, status: status,
            headers: HTTPHeaders([("Connection", "close"), ("Content-Length", "0")]))
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        cutShort(context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { cutShort(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func cutShort(_ context: ChannelHandlerContext) {
        guard isReading else { return }
        isReading = false
        context.fireErrorCaught(RequestCutShort())
    }
}
#endif
