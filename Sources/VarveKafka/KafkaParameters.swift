#if Kafka
public import VarveIngest

extension SourceRegistry {
    /// Makes the kind `kafka` known, with the parameters of `KafkaConfiguration(parameters:)`.
    ///
    /// Whoever makes an index is not whoever runs the program. So properties that run programs, load libraries or
    /// signal threads cannot be set, `sasl.mechanism` is `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`,
    /// and files that are named, as by `ssl.ca.location`, lie in certain directories.
    ///
    /// - Parameter directories: Absolute paths.
    public mutating func registerKafka(filesWithin directories: [String] = []) {
        register(
            "kafka",
            check: { (definition) throws(IngestionSettingsError) in
                try KafkaParameters(definition.parameters, directories).check()
            },
            factory: { definition, _ in
                try KafkaStream(try KafkaParameters(definition.parameters, directories).configuration())
            })
    }
}

/// The parameters of an index that reads Kafka, as they were given: some may still say where their value is.
struct KafkaParameters {
    private let given: [String: String]
    private let directories: [String]

    init(_ parameters: [String: String], _ directories: [String]) {
        given = parameters
        self.directories = directories
    }

    /// Properties whose names begin so run programs, load libraries, signal threads or stand in for a cluster.
    private static let forbidden = [
        "sasl.kerberos.", "plugin.", "ssl.engine.", "ssl.providers", "internal.", "test.",
    ]
    private static let mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

    /// What can be told without asking the stream and without values that are only referred to.
    func check() throws(IngestionSettingsError) {
        let referred = given.filter { ParameterReferences.isReference($0.value) }
        if referred.isEmpty {
            let configuration = try configuration()
            // The client tells what only parameters together show, and a file that it cannot use.
            do { _ = try KafkaStream(configuration) } catch { throw IngestionSettingsError(error.message) }
            return
        }
        var known = given.filter { referred[$0.key] == nil }
        for (name, standIn) in [("topic", "t"), ("bootstrap_servers", "s")] where referred[name] != nil {
            known[name] = standIn
        }
        _ = try KafkaParameters(known, directories).configuration(isWhole: false)
        for name in referred.keys.sorted() where !Self.own.contains(name) {
            guard KafkaHandle.takes(name, "").isKnown else { throw Self.unknown(name) }
            if let error = Self.refusal(name) { throw error }
        }
    }

    /// - Parameter isWhole: Whether nothing is left out that is only referred to.
    func configuration(isWhole: Bool = true) throws(IngestionSettingsError) -> KafkaConfiguration {
        let configuration: KafkaConfiguration
        do { configuration = try KafkaConfiguration(parameters: given) } catch {
            throw IngestionSettingsError(error.message)
        }
        for (name, value) in configuration.properties.sorted(by: { $0.key < $1.key }) {
            if let error = Self.refusal(name) { throw error }
            let (isKnown, isTaken) = KafkaHandle.takes(name, value)
            guard isKnown else { throw Self.unknown(name) }
            guard isTaken else {
                throw IngestionSettingsError(
                    "[param.\(name)] of ingestion source type [kafka] does not take the value that was given")
            }
            if Self.isFile(name), value != "probe", !ParameterReferences.isPath(value, in: directories) {
                throw ParameterReferences.isElsewhere(value, name)
            }
        }
        try checkMechanism(configuration.properties, isWhole: isWhole)
        return configuration
    }

    /// Parameters that are no properties of the client.
    private static let own: Set<String> = [
        "topic", "bootstrap_servers", "auto.offset.reset", "max.poll.records", "partitions",
    ]

    private static func isFile(_ name: String) -> Bool {
        ["location", "file", "keytab", "path", "paths"].contains(name.split(separator: ".").last)
    }

    private static func refusal(_ name: String) -> IngestionSettingsError? {
        guard forbidden.contains(where: { name.hasPrefix($0) }) else { return nil }
        return IngestionSettingsError(
            "[param.\(name)] of ingestion source type [kafka] cannot be set by an index: it reaches beyond the "
                + "connection to the brokers")
    }

    private static func unknown(_ name: String) -> IngestionSettingsError {
        IngestionSettingsError(
            "unknown parameter [param.\(name)] of ingestion source type [kafka]: it is neither one of [topic, "
                + "bootstrap_servers, auto.offset.reset, max.poll.records, partitions] nor a property of librdkafka"
        )
    }

    /// Without a mechanism the client would take Kerberos, which runs a program.
    private func checkMechanism(
        _ properties: [String: String], isWhole: Bool
    ) throws(IngestionSettingsError) {
        let names = ["sasl.mechanism", "sasl.mechanisms"]
        let valid = Self.mechanisms.joined(separator: ", ")
        for name in names {
            guard let mechanism = properties[name] else { continue }
            guard Self.mechanisms.contains(mechanism) else {
                throw IngestionSettingsError("[param.\(name)] must be one of \(valid), not [\(mechanism)]")
            }
            return
        }
        let isSASL = properties["security.protocol"]?.lowercased().hasPrefix("sasl") ?? false
        guard isWhole, isSASL else { return }
        throw IngestionSettingsError(
            "[param.sasl.mechanism] is required by [param.security.protocol]: one of \(valid)")
    }
}
#endif
