#if Server
import Foundation
import Testing
import VarveSimulation

@testable import VarveServer

@Suite(.timeLimit(.minutes(2))) struct `A server that speaks TLS` {
    private func source(_ certificate: String, _ key: String) throws -> TLSSource {
        let root = try TemporaryRoot()
        let (first, second) = (root.path + "/cert.pem", root.path + "/key.pem")
        try certificate.write(toFile: first, atomically: true, encoding: .utf8)
        try key.write(toFile: second, atomically: true, encoding: .utf8)
        return try TLSSource(certificate: first, key: second)
    }

    private func reason(_ certificate: String, _ key: String) -> String {
        do {
            _ = try source(certificate, key)
            return ""
        } catch { return "\(error)" }
    }

    @Test func `answers whoever trusts its certificate`() async throws {
        let encryption = try source(Certificates.valid, Certificates.key)
        try await RunningServer.run {
            $0.encryption = encryption
        } _: { server in
            try await Wire.connect(server.port, trusting: Certificates.valid) { wire in
                let long = #"{"text":"\#(String(repeating: "varve ", count: 50_000))"}"#
                #expect(try await wire.ask("PUT", "/i/_doc/1", long).status == 201)
                let found = try await wire.ask("GET", "/i/_source/1")
                #expect(found.text == long)
                #expect(try await wire.ask("GET", "/i/_doc/2").status == 404)
            }
            // What is no TLS is closed, and the server goes on.
            try await Wire.connect(server.port) { wire in
                try await wire.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
                #expect(await wire.isClosed())
            }
            try await Wire.connect(server.port, trusting: Certificates.valid) { wire in
                let answer = try await wire.ask("GET", "/")
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `says which file is wrong, and how`() throws {
        let (valid, key) = (Certificates.valid, Certificates.key)
        for (found, expected) in [
            (reason(valid, Certificates.otherKey), "is not that of the certificate"),
            (reason(valid, "nothing"), "key.pem is no private key in PEM without a passphrase"),
            (reason(valid, valid), "key.pem is no private key in PEM without a passphrase"),
            (reason("nothing", key), "cert.pem is no certificate in PEM"),
            (reason(key, key), "cert.pem is no certificate in PEM"),
            (reason(Certificates.expired, key), "days ago"),
        ] { #expect(found.contains(expected), "\(found)") }
        #expect(reason(Certificates.expired, key).contains("cert.pem expired "))
        #expect(throws: ServerSetupError.self) {
            try TLSSource(certificate: "/absent.pem", key: "/absent.pem")
        }
    }
}
#endif
