#if Server
import ArgumentParser
import Varve
import VarveServer

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer OpenSearch's HTTP API from a store.",
        discussion: """
            A directory that is missing or empty becomes a store. One line on standard error says that it \
            listens. SIGINT and SIGTERM end it: what was accepted is finished first.
            """)

    @Option(name: .long, help: "The store's directory; without it VARVE_STORE counts.")
    var store: String?

    @Option(name: .long, help: "Host and port; port 0 takes a free one.", transform: Self.address)
    var listen = ServerOptions().address

    @Option(name: .long, help: "Users, roles and password hashes as JSON; SIGHUP reads it again.")
    var security: String?

    @Flag(name: .long, help: "Listen on an address that others reach though nobody is asked who they are.")
    var insecure = false

    @Option(name: .long, help: "The longest body in MiB; bulks may be longer.")
    var bodyMebibytesMax = 100

    @Option(
        name: .long, help: "How much is logged to standard error; debug has a line for each request.",
        transform: Self.level)
    var logLevel = LogLevel.notice

    private static func address(_ text: String) throws -> ListenAddress {
        guard let address = ListenAddress(text) else {
            throw ValidationError("it is a host and a port, as in 127.0.0.1:9200")
        }
        return address
    }

    private static func level(_ text: String) throws -> LogLevel {
        guard let level = LogLevel(rawValue: text) else {
            throw ValidationError("it is one of \(LogLevel.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return level
    }

    func run() async throws {
        guard listen.isLoopback || insecure || security != nil else {
            throw CommandFailure.badInput(
                "\(listen) can be reached by others, and nobody is asked who they are: name users with "
                    + "--security, listen on 127.0.0.1, or give --insecure if that is wanted")
        }
        guard 1...2_047 ~= bodyMebibytesMax else {
            throw CommandFailure.badInput("--body-mebibytes-max is 1 to 2047, not \(bodyMebibytesMax)")
        }
        var options = ServerOptions()
        options.address = listen
        options.bodyBytesMax = bodyMebibytesMax << 20
        options.logLevel = logLevel
        let users: SecuritySource?
        do { users = try security.map { try SecuritySource(path: $0) } } catch {
            throw CommandFailure.badInput("\(error)")
        }
        let store = try await Store.open(at: StoreArguments.path(store))
        do {
            let server = HTTPServer(store: store, options: options, users: users) { address in
                Output.note("listening on http://\(address)")
            }
            try await server.runUntilSignalled()
        } catch {
            try? await store.close()
            if error is VarveError { throw error }
            throw CommandFailure.no("the server cannot go on: \(error)")
        }
        try await store.close()
    }
}
#endif
