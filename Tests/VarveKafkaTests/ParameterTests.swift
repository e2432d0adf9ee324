#if Kafka
import Foundation
import Testing
import VarveIngest

@testable import VarveKafka

/// What an index may say about its topic, which is less than what a program may.
@Suite struct `The parameters of a topic` {
    private static let sound = ["topic": "t", "bootstrap_servers": "127.0.0.1:1"]

    /// What is said when an index is made; empty if nothing.
    private func refusal(_ parameters: [String: String], files: [String] = []) -> String {
        var sources = SourceRegistry()
        sources.registerKafka(filesWithin: files)
        sources.readSecrets(from: files)
        let all = Self.sound.merging(parameters) { _, given in given }
        do {
            try sources.check(SourceDefinition(type: "Kafka", parameters: all))
            return ""
        } catch { return error.description }
    }

    @Test(arguments: [
        [:], ["client.id": "c", "fetch.wait.max.ms": "10", "isolation.level": "read_uncommitted"],
        [
            "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": "u",
            "sasl.password": "p",
        ],
        ["security.protocol": "ssl", "ssl.ca.location": "probe"],
        // Values that are only referred to are not known yet.
        ["topic": "${env:VARVE_INGESTION_TOPIC}", "bootstrap_servers": "${env:VARVE_INGESTION_BROKERS}"],
        [
            "security.protocol": "${env:VARVE_INGESTION_PROTOCOL}",
            "sasl.password": "${env:VARVE_INGESTION_WORD}",
        ],
        ["auto.offset.reset": "${env:VARVE_INGESTION_RESET}"],
    ])
    func `that are sound are taken`(_ parameters: [String: String]) {
        #expect(refusal(parameters) == "")
    }

    @Test(arguments: [
        (["topic": ""], "ingestion source type [kafka] requires the parameter [param.topic]"),
        (
            ["no.such": "1"],
            "unknown parameter [param.no.such] of ingestion source type [kafka]: it is neither one of"
        ),
        (
            ["no.such": "${env:VARVE_INGESTION_X}"],
            "unknown parameter [param.no.such] of ingestion source type [kafka]: it is neither one of"
        ),
        (
            ["fetch.wait.max.ms": "hunter2"],
            "[param.fetch.wait.max.ms] of ingestion source type [kafka] does not take the value that was given"
        ),
        (
            ["auto.offset.reset": "newest"],
            "[param.auto.offset.reset] must be one of none, earliest and latest"
        ),
        (["enable.auto.commit": "true"], "kafka:t: [enable.auto.commit] cannot be set"),
        (
            ["security.protocol": "SASL_SSL"],
            "[param.sasl.mechanism] is required by [param.security.protocol]: one of PLAIN, SCRAM-SHA-256"
        ),
        (["sasl.mechanism": "GSSAPI"], "[param.sasl.mechanism] must be one of PLAIN, SCRAM-SHA-256"),
        (["sasl.mechanisms": "gssapi"], "[param.sasl.mechanisms] must be one of PLAIN, SCRAM-SHA-256"),
        (["sasl.password": "${env:HOME}"], "[param.sasl.password] names the variable [HOME]: only those"),
    ])
    func `that can never be right are refused by name`(_ parameters: [String: String], _ text: String) {
        let found = refusal(parameters)
        #expect(found.hasPrefix(text) && !found.contains("hunter2"), "\(found)")
    }

    @Test(arguments: [
        "sasl.kerberos.kinit.cmd", "sasl.kerberos.principal", "plugin.library.paths", "ssl.engine.location",
        "internal.termination.signal", "test.mock.num.brokers",
    ])
    func `that reach beyond the connection are refused`(_ name: String) {
        for value in ["1", "${env:VARVE_INGESTION_X}"] {
            #expect(
                refusal([name: value])
                    == "[param.\(name)] of ingestion source type [kafka] cannot be set by an index: it reaches "
                    + "beyond the connection to the brokers")
        }
    }

    @Test func `that name files name those in directories for it`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "varve-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "ca.pem").path
        for (given, files) in [
            ("/etc/passwd", [folder.path]), (folder.path + "/../x", [folder.path]), (path, []),
        ] {
            #expect(
                refusal(["ssl.ca.location": given], files: files)
                    == "[param.ssl.ca.location] names the file [\(given)], which is in no directory that the server may "
                    + "read secrets from: those are named by its option [--ingestion-secrets-directory]")
        }
        // It may be named, and is no certificate.
        try "hunter2".write(toFile: path, atomically: true, encoding: .utf8)
        let wrong = refusal(["security.protocol": "ssl", "ssl.ca.location": path], files: [folder.path])
        #expect(wrong.contains("ssl.ca.location") && !wrong.contains("hunter2"), "\(wrong)")
    }

    @Test func `that are only referred to are checked when the topic is opened`() async throws {
        var sources = SourceRegistry()
        sources.registerKafka()
        sources.references.environment = { $0 == "VARVE_INGESTION_X" ? "gssapi" : nil }
        let definition = SourceDefinition(
            type: "kafka",
            parameters: Self.sound.merging(["sasl.mechanism": "${env:VARVE_INGESTION_X}"]) { $1 })
        try sources.check(definition)
        let stream = try sources.stream(definition, shards: 1)
        let error = await #expect(throws: IngestionSettingsError.self) { try await stream.check() }
        #expect(error?.description.hasPrefix("[param.sasl.mechanism] must be one of PLAIN") == true)
    }
}
#endif
