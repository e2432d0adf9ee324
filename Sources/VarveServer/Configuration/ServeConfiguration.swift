#if Server
public import Varve
#if Kafka
import VarveKafka
#endif
#if Kinesis
import VarveKinesis
#endif
public import VarveREST

/// All that `varve serve` runs with, read from flags, the environment and a file, and checked.
public struct ServeConfiguration: Sendable {
    /// The store's directory; nil if nothing names one.
    public var store: String?
    public var server = ServerOptions()
    public var rest = RESTOptions()
    public var options = StoreOptions()
    /// Who may do what; nil if nobody is asked.
    public var users: SecuritySource?
    /// What indices may be ingested from.
    public var sources = SourceRegistry()

    private enum DurabilityName: String, CaseIterable { case request, async, none }

    /// - Parameters:
    ///   - flags: What stands before all else.
    ///   - environment: The value of a variable.
    ///   - file: The path of a JSON object with `ServerSetting`s as keys, or nil.
    /// - Throws: `ServerSetupError` naming the flag, variable or key and its rule, an unknown key with the one that was
    ///   meant, a file that is wrong, or an address that others reach when nobody is asked who they are.
    public init(
        flags: [ServerSetting: String], environment: (String) -> String?, file: String?
    ) throws {
        let values = try SettingValues(flags: flags, environment: environment, file: file)
        store = values[.store]
        try readServer(values)
        if let name = values[.clusterName] { rest.clusterName = name }
        if let name = values[.nodeName] { rest.nodeName = name }
        try readDurability(values)
        try readSources(values)
        users = try values[.security].map { try SecuritySource(path: $0) }
        server.encryption = try Self.encryption(values)
        let isInsecure = try values.choice(.insecure, Flag.self) == .yes
        guard server.address.isLoopback || isInsecure || users != nil else {
            throw ServerSetupError(
                "\(server.address) can be reached by others, and nobody is asked who they are: name users with "
                    + "--security, listen on 127.0.0.1, or give --insecure if that is wanted")
        }
    }

    private enum Flag: String, CaseIterable {
        case yes = "true"
        case no = "false"
    }

    private mutating func readServer(_ values: SettingValues) throws {
        let address = try values.value(.listen, "a host and a port, as in 127.0.0.1:9200") {
            ListenAddress($0)
        }
        if let address { server.address = address }
        if let count = try values.number(.bodyMebibytesMax, in: 1...2_047) {
            server.bodyBytesMax = count << 20
        }
        if let count = try values.number(.connectionsMax, in: 1...1_000_000) { server.connectionsMax = count }
        if let time = try values.number(.idleSeconds, in: 1...86_400) {
            (server.idleTimeout, server.answerTimeout) = (.seconds(time), .seconds(time))
        }
        if let time = try values.number(.shutdownSeconds, in: 0...3_600) {
            server.shutdownTimeout = .seconds(time)
        }
        if let level = try values.choice(.logLevel, LogLevel.self) { server.logLevel = level }
        if let format = try values.choice(.logFormat, LogFormat.self) { server.logFormat = format }
    }

    private mutating func readDurability(_ values: SettingValues) throws {
        let interval = try values.number(.syncIntervalMilliseconds, in: 1...3_600_000)
        switch try values.choice(.durability, DurabilityName.self) {
        case .async?: options.durability = .async(syncInterval: .milliseconds(interval ?? 1_000))
        case .none?: options.durability = .none
        case .request?, nil:
            guard interval == nil else {
                throw ServerSetupError("sync_interval_milliseconds counts with durability async alone")
            }
        }
    }

    private mutating func readSources(_ values: SettingValues) throws {
        sources = Self.sources(
            files: try Self.directories(values, .ingestionDirectory),
            secrets: try Self.directories(values, .ingestionSecretsDirectory))
    }

    /// The kinds of sources that this program was built with.
    ///
    /// - Parameters:
    ///   - files: Absolute paths of directories in which the kind `file` may read.
    ///   - secrets: The same for files that parameters name.
    package static func sources(files: [String], secrets: [String]) -> SourceRegistry {
        var sources = SourceRegistry()
        sources.registerFiles(within: files)
        sources.readSecrets(from: secrets)
        #if Kafka
        sources.registerKafka(filesWithin: secrets)
        #endif
        #if Kinesis
        sources.registerKinesis()
        #endif
        return sources
    }

    /// Their names, in order.
    public static var sourceTypes: [String] { sources(files: [], secrets: []).types }

    /// Absolute paths with colons between.
    private static func directories(_ values: SettingValues, _ setting: ServerSetting) throws -> [String] {
        try values.value(setting, "one absolute path, or several with colons between") { text in
            let paths = text.split(separator: ":").map(String.init)
            return paths.allSatisfy { $0.hasPrefix("/") } ? paths : nil
        } ?? []
    }

    private static func encryption(_ values: SettingValues) throws -> TLSSource? {
        switch (values[.tlsCertificate], values[.tlsKey]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return try TLSSource(certificate: certificate, key: key)
        default: throw ServerSetupError("--tls-certificate and --tls-key are given together or not at all")
        }
    }
}
#endif
