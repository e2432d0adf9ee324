#if Server
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
import UnixSignals
public import Varve
public import VarveREST

/// OpenSearch's API over HTTP/1.1: a store's `RESTService` bound to a socket.
///
/// Bodies are collected up to a limit, those of bulks are applied piece by piece while they come. A graceful
/// shutdown takes no new connections, finishes the requests that it has begun to read, and returns. It leaves the
/// store open: whoever opened it closes it.
///
/// ```swift
/// try await HTTPServer(store: store, options: options).runUntilSignalled()
/// try await store.close()
/// ```
public struct HTTPServer: Service, CustomStringConvertible {
    private let service: RESTService
    private let options: ServerOptions
    private let users: SecuritySource?
    private let logger: Logger
    private let onReady: @Sendable (ListenAddress) async -> Void

    /// - Parameters:
    ///   - users: Who may do what; nil if nobody is asked.
    ///   - onReady: Called once connections are taken, with the port that was really bound.
    public init(
        store: Store, options: ServerOptions = ServerOptions(), rest: RESTOptions = RESTOptions(),
        users: SecuritySource? = nil,
        onReady: @escaping @Sendable (ListenAddress) async -> Void = { _ in }
    ) {
        var rest = rest
        rest.residentBytes = { ProcessMemory.residentBytes }
        service = RESTService(store: store, options: rest, security: users?.security)
        self.users = users
        self.options = options
        var logger = Logger(label: "varve") { label in
            switch options.logFormat {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLinesLogHandler()
            }
        }
        logger.logLevel = Logger.Level(rawValue: options.logLevel.rawValue) ?? .notice
        self.logger = logger
        self.onReady = onReady
    }

    public var description: String { "the server on \(options.address)" }

    /// Serves until a graceful shutdown is asked for.
    public func run() async throws {
        let responder = RequestResponder(service: service, options: options, logger: logger)
        let channel = WireChannel(
            responder: { request, writer, channel in
                try await responder.respond(to: request, writer, on: channel)
            }, options: options, metrics: service.metrics)
        let address = options.address
        let onReady = self.onReady
        let service = self.service
        let server = channel.server(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port), backlog: 1_024),
            onServerRunning: { channel in
                let bound = ListenAddress(
                    host: address.host, port: channel.localAddress?.port ?? address.port)
                service.publish(at: "\(bound)")
                await onReady(bound)
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        do { try await server.run() } catch let error as IOError {
            throw ServerSetupError("cannot listen on \(address): \(Self.reason(error))")
        }
    }

    private static func reason(_ error: IOError) -> String {
        // The numbers of Linux.
        switch error.errnoCode {
        case 98: "another program does"
        case 99: "it is no address of this machine"
        case 13: "this user may not"
        default: "\(error)"
        }
    }

    /// Serves until SIGINT or SIGTERM comes, and returns when what was accepted is done.
    public func runUntilSignalled() async throws {
        var services: [any Service] = [self]
        if users != nil || options.encryption != nil {
            services.append(FileReloading(users: users, encryption: options.encryption, logger: logger))
        }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        configuration.maximumGracefulShutdownDuration = options.shutdownTimeout
        try await ServiceGroup(configuration: configuration).run()
    }
}
#endif
