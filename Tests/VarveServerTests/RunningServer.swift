#if Server
import Foundation
import Logging
import ServiceLifecycle
import Varve
import VarveServer
import VarveSimulation

/// A server in this process, on a free port, over a store in a directory of its own.
struct RunningServer {
    let port: Int
    let store: Store
    private let group: ServiceGroup

    /// Asks for a graceful shutdown; the server may still have to finish what it accepted.
    func shutDown() async { await group.triggerGracefulShutdown() }

    /// - Parameter users: A security file.
    static func run(
        users: String? = nil, _ change: (inout ServerOptions) -> Void = { _ in },
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        let root = try TemporaryRoot()
        let store = try await Store.open(
            at: root.path + "/data", options: StoreOptions(durability: .async(syncInterval: .seconds(1))))
        var options = ServerOptions()
        options.address = ListenAddress("127.0.0.1:0") ?? options.address
        options.logLevel = .critical
        change(&options)
        var source: SecuritySource?
        if let users {
            let path = root.path + "/users.json"
            try users.write(toFile: path, atomically: true, encoding: .utf8)
            source = try SecuritySource(path: path)
        }
        let (ports, found) = AsyncStream<Int>.makeStream()
        let server = HTTPServer(store: store, options: options, users: source) { address in
            found.yield(address.port)
            found.finish()
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [server],
                logger: Logger(label: "test") { _ in
                    SwiftLogNoOpLogHandler()
                }))
        let running = Task { try await group.run() }
        for await port in ports {
            do { try await body(RunningServer(port: port, store: store, group: group)) } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
        }
        await group.triggerGracefulShutdown()
        try await running.value
        try await store.close()
    }
}
#endif
