#if Server
import NIOCore
import NIOHTTP1

/// The request ended before all of it was there; what did come must not pass for all.
struct RequestCutShort: Error {}
/// What came was no HTTP, or came too slowly; it was answered and the connection is closed.
struct RequestRefused: Error {}

/// Stands next to the wire, before compression, and answers what never becomes a request.
///
/// - What cannot be parsed is answered with 400, or 431 for too many headers, here: no handler behind this one
///   ever sees an answer without its request.
/// - A body that ends early is an error to whoever reads it, however the connection ended; one that comes too slowly
///   is a 408. A connection whose answer is not taken is closed.
/// - A connection beyond the limit is answered with 503, one far beyond is closed.
/// - It closes after the answer for who asks for that, as HTTP/1.0 does unless it says otherwise.
/// - Who expects `100 Continue` is told to go on.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What becomes of the connection's requests.
    enum Admission { case served, refused, closed }

    private let admission: Admission
    private let writeTimeout: TimeAmount
    private var patience: BodyPatience
    private var isReading = false
    private var isAnswering = false
    /// Nothing more is read.
    private var isRefused = false
    /// The last answer was this handler's.
    private var hasAnswered = false
    private var unanswered = 0
    /// The client wants no further answer on this connection.
    private var isLast = false
    private var bodyTimer: Scheduled<Void>?
    private var writeTimer: Scheduled<Void>?

    init(_ options: ServerOptions, _ admission: Admission) {
        self.admission = admission
        writeTimeout = TimeAmount(options.answerTimeout)
        patience = BodyPatience(options)
    }

    func channelActive(context: ChannelHandlerContext) {
        if admission == .closed { context.close(promise: nil) }
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        bodyTimer?.cancel()
        writeTimer?.cancel()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRefused { return }
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            isReading = true
            unanswered += 1
            isLast = isLast || !head.isKeepAlive
            if admission == .refused { return refuse(context, .serviceUnavailable) }
            patience.begin()
            if unanswered == 1, head.version == .http1_1,
                head.headers.first(name: "expect")?.lowercased() == "100-continue"
            {
                let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(Self.wrapOutboundOut(.head(goOn)), promise: nil)
            }
        case .body(let part): patience.receive(part.readableBytes, at: .now)
        case .end:
            isReading = false
            bodyTimer?.cancel()
            bodyTimer = nil
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        if isReading && !isRefused {
            patience.want(at: .now)
            if bodyTimer == nil { watchBody(context, after: patience.left(at: .now)) }
        }
        context.read()
    }

    private func watchBody(_ context: ChannelHandlerContext, after time: Duration) {
        bodyTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) {
            self.bodyTimer = nil
            guard self.isReading, !self.isRefused else { return }
            let left = self.patience.left(at: .now)
            if left > .zero { return self.watchBody(context, after: max(left, .milliseconds(10))) }
            self.refuse(context, .requestTimeout)
        }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if hasAnswered {
            promise?.fail(RequestRefused())
            return
        }
        switch Self.unwrapOutboundIn(data) {
        case .head: isAnswering = true
        case .body: break
        case .end:
            isAnswering = false
            unanswered -= 1
            if isLast && unanswered == 0 {
                context.writeAndFlush(data, promise: promise)
                context.close(promise: nil)
                return
            }
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeTimer?.cancel()
        writeTimer = nil
        if !context.channel.isWritable {
            writeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: writeTimeout) {
                context.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Ends

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        if error == .invalidEOFState {
            cutShort(context)
            context.close(promise: nil)
            return
        }
        refuse(context, error == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest)
    }

    /// Answers in place of whoever reads on, who finds the error and closes.
    private func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus) {
        if isRefused { return }
        isRefused = true
        // Answers to what came before go out first.
        let isItsOwn = unanswered == (isReading ? 1 : 0) && !isAnswering
        if isItsOwn {
            hasAnswered = true
            let head = HTTPResponseHead(
                version: .http1_1, status: status,
                headers: HTTPHeaders([("Connection", "close"), ("Content-Length", "0")]))
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.fireErrorCaught(RequestRefused())
        if isItsOwn { context.close(promise: nil) }
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
        guard isReading, !isRefused else { return }
        isReading = false
        context.fireErrorCaught(RequestCutShort())
    }
}
#endif
