#if Kafka
import Testing
import VarveIngest

@testable import VarveKafka

/// Against a simulated server that knows one user, by each mechanism of names and passwords.
@Suite(.enabled(if: Broker.isInstalled, "runs where tools/brokers has been"))
struct `Credentials` {
    static let mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

    private func configuration(
        _ server: Firehose, _ mechanism: String, password: String
    ) -> KafkaConfiguration {
        KafkaConfiguration(
            topic: "t", bootstrapServers: server.bootstrap,
            properties: [
                "security.protocol": "sasl_plaintext", "sasl.mechanism": mechanism, "sasl.username": "ann",
                "sasl.password": password,
            ])
    }

    @Test(arguments: mechanisms)
    func `that are right let the reader in`(_ mechanism: String) async throws {
        let server = try Firehose(messages: 2_000, user: "ann", password: "right")
        let source = try KafkaStream(configuration(server, mechanism, password: "right")).source(of: 0)
        #expect(try await source.read(2_000).count == 2_000)
    }

    @Test(arguments: mechanisms)
    func `that are wrong are a permanent error, which does not repeat them`(_ mechanism: String) async throws
    {
        let server = try Firehose(messages: 1_000, user: "ann", password: "right")
        let stream = try KafkaStream(configuration(server, mechanism, password: "hunter2"))
        for error in [
            try await failure { try await stream.check() },
            try await failure { try await stream.source(of: 0).poll(from: 0, limit: 1, timeout: .zero) },
        ] {
            #expect(!error.isTransient)
            #expect(error.message.contains("no such user or password") && !error.message.contains("hunter2"))
        }
    }
}
#endif
