#if Server
import NIOConcurrencyHelpers
import NIOSSL
import VarveFiles

/// A certificate and its key from PEM files, which are read again at SIGHUP: connections from then on have the new one.
///
/// TLS 1.2 and 1.3, with `http/1.1` as the one protocol that is agreed on.
public struct TLSSource: Sendable {
    private static let byteCountMax = 1 << 20

    private let certificatePath: String
    private let keyPath: String
    private let current: NIOLockedValueBox<NIOSSLContext>

    /// - Parameters:
    ///   - certificate: The path of a PEM file: the server's certificate first, then those that vouch for it.
    ///   - key: The path of the PEM file of its private key, not encrypted.
    /// - Throws: `ServerSetupError` naming the file and what is wrong: unreadable, no PEM, not valid yet or any more, a
    ///   key of another certificate.
    public init(certificate: String, key: String) throws {
        certificatePath = certificate
        keyPath = key
        current = NIOLockedValueBox(try Self.context(certificate, key))
    }

    /// Takes the files as they now are. If they are wrong all stays as it was.
    func reload() throws {
        let context = try Self.context(certificatePath, keyPath)
        current.withLockedValue { $0 = context }
    }

    /// What the next connection is encrypted by.
    var context: NIOSSLContext { current.withLockedValue { $0 } }

    private static func context(_ certificatePath: String, _ keyPath: String) throws -> NIOSSLContext {
        let chain = try certificates(certificatePath)
        let bytes = try SetupFile.read(keyPath, as: "the TLS key", bytesMax: byteCountMax)
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch {
            throw ServerSetupError("the TLS key \(keyPath) is no private key in PEM without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw ServerSetupError("the TLS key \(keyPath) is not that of the certificate \(certificatePath)")
        }
    }

    private static func days(_ seconds: Int) -> String {
        seconds < 86_400 ? "less than a day" : "\(seconds / 86_400) days"
    }

    private static func certificates(_ path: String) throws -> [NIOSSLCertificate] {
        let bytes = try SetupFile.read(path, as: "the TLS certificate", bytesMax: byteCountMax)
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), let first = chain.first else {
            throw ServerSetupError("the TLS certificate \(path) is no certificate in PEM")
        }
        let now = Int(SystemClock().wallMilliseconds / 1_000)
        guard first.notValidAfter >= now else {
            throw ServerSetupError(
                "the TLS certificate \(path) expired \(days(now - first.notValidAfter)) ago")
        }
        guard first.notValidBefore <= now else {
            throw ServerSetupError(
                "the TLS certificate \(path) is not valid yet, for \(days(first.notValidBefore - now))")
        }
        return chain
    }
}
#endif
