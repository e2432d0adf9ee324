#if Server
import ArgumentParser
import Varve
import VarveFiles
import VarveServer

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer OpenSearch's HTTP API from a store.",
        discussion: """
            A directory that is missing or empty becomes a store. One line on standard error says that it \
            listens. SIGINT and SIGTERM end it: what was accepted is finished first. SIGHUP reads the security \
            file, the certificate and the key again.

            Every option can stand in the environment, --log-level as VARVE_LOG_LEVEL, or in the file that --config \
            names, as log_level. Options count before the environment, the environment before the file.

            Indices can pull from sources of these kinds: \(ServeConfiguration.sourceTypes.joined(separator: ", ")).
            """)

    @Option(name: .long, help: "A JSON object with the options as keys; without it VARVE_CONFIG counts.")
    var config: String?

    @Option(name: .long, help: "The store's directory.")
    var store: String?

    @Option(name: .long, help: "Host and port; port 0 takes a free one. 127.0.0.1:9200 unless given.")
    var listen: String?

    @Option(name: .long, help: "Users, roles and password hashes as JSON.")
    var security: String?

    @Flag(name: .long, help: "Listen on an address that others reach though nobody is asked who they are.")
    var insecure = false

    @Option(name: .long, help: "The certificate, and those that vouch for it, in PEM: the server speaks TLS.")
    var tlsCertificate: String?

    @Option(name: .long, help: "The certificate's private key in PEM.")
    var tlsKey: String?

    @Option(name: .long, help: "What the server says that its cluster is called.")
    var clusterName: String?

    @Option(name: .long, help: "What the server says that it is called.")
    var nodeName: String?

    @Option(name: .long, help: "When a write is acknowledged: request (on the disk), async or none.")
    var durability: String?

    @Option(name: .long, help: "How long what is acknowledged may be lost to a power failure, with async.")
    var syncIntervalMilliseconds: String?

    @Option(name: .long, help: "Where sources of the kind file may read; several paths with colons between.")
    var ingestionDirectory: String?

    @Option(name: .long, help: "Where files lie that parameters of sources may name as ${file:PATH}.")
    var ingestionSecretsDirectory: String?

    @Option(name: .long, help: "The longest body in MiB; bulks may be longer. 100 unless given.")
    var bodyMebibytesMax: String?

    @Option(name: .long, help: "Connections at once. 4096 unless given.")
    var connectionsMax: String?

    @Option(name: .long, help: "How long a connection may bring nothing. 75 unless given.")
    var idleSeconds: String?

    @Option(name: .long, help: "How long an end waits for requests that were accepted. 30 unless given.")
    var shutdownSeconds: String?

    @Option(name: .long, help: "How much is logged to standard error; debug has a line for each request.")
    var logLevel: String?

    @Option(name: .long, help: "How a line of the log looks: text or json.")
    var logFormat: String?

    private var flags: [ServerSetting: String] {
        let given: [ServerSetting: String?] = [
            .store: store, .listen: listen, .security: security, .insecure: insecure ? "true" : nil,
            .tlsCertificate: tlsCertificate, .tlsKey: tlsKey, .clusterName: clusterName, .nodeName: nodeName,
            .ingestionDirectory: ingestionDirectory,
            .ingestionSecretsDirectory: ingestionSecretsDirectory,
            .durability: durability, .syncIntervalMilliseconds: syncIntervalMilliseconds,
            .bodyMebibytesMax: bodyMebibytesMax, .connectionsMax: connectionsMax, .idleSeconds: idleSeconds,
            .shutdownSeconds: shutdownSeconds, .logLevel: logLevel, .logFormat: logFormat,
        ]
        return given.compactMapValues { $0 }
    }

    func run() async throws {
        let configuration: ServeConfiguration
        do {
            configuration = try ServeConfiguration(
                flags: flags, environment: ProcessEnvironment.value(of:),
                file: config ?? ProcessEnvironment.value(of: "VARVE_CONFIG"))
        } catch { throw CommandFailure.badInput("\(error)") }
        let store = try await Store.open(
            at: StoreArguments.path(configuration.store), options: configuration.options,
            sources: configuration.sources)
        do { try await serve(store, configuration) } catch {
            try? await store.close()
            if error is VarveError { throw error }
            if let error = error as? ServerSetupError { throw CommandFailure.no(error.description) }
            throw CommandFailure.no("the server cannot go on: \(error)")
        }
        try await store.close()
    }

    private func serve(_ store: Store, _ configuration: ServeConfiguration) async throws {
        let scheme = configuration.server.encryption == nil ? "http" : "https"
        let server = HTTPServer(
            store: store, options: configuration.server, rest: configuration.rest, users: configuration.users
        ) { address in Output.note("listening on \(scheme)://\(address)") }
        try await server.runUntilSignalled()
    }
}
#endif
