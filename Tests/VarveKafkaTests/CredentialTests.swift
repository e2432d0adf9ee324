#if Kafka
import Testing
import VarveIngest

@testable import VarveKafka

/// Against a simulated server that knows one user, by SASL PLAIN.
@Suite(.enabled(if: Broker.isInstalled, "runs where tools/brokers has been"))
struct `Credentials` {
    private func configuration(_ server: Firehose, password: String) -> KafkaConfiguration {
        KafkaConfiguration(
            topic: "t", bootstrapServers: server.bootstrap,
            properties: [
                "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": "ann",
                "sasl.password": password,
            ])
    }

    @Test func `that are right let the reader in`() async throws {
        let server = try Firehose(messages: 2_000, user: "ann", password: "right")
        let source = try KafkaStream(configuration(server, password: "right")).source(of: 0)
        #expect(try await source.read(2_000).count == 2_000)
    }

    @Test func `that are wrong are a permanent error, which does not repeat them`() async throws {
        let server = try Firehose(messages: 1_000, user: "ann", password: "right")
        let stream = try KafkaStream(configuration(server, password: "hunter2"))
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
