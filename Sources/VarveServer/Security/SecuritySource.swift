#if Server
import VarveREST
import VarvePasswords

/// Users and rights from a file, which is read again at SIGHUP.
public struct SecuritySource: Sendable {
    private static let byteCountMax = 16 << 20
    let path: String
    let security: Security

    /// - Throws: `ServerSetupError` naming the file and what is wrong with it.
    public init(path: String) throws {
        self.path = path
        let bytes = try Self.read(path)
        do { security = try Security(file: bytes, passwords: CryptPasswordCheck()) } catch {
            throw ServerSetupError("the security file \(path): \(error)")
        }
    }

    /// Takes the file as it now is. If it is wrong, users and rights stay as they were.
    func reload() throws {
        let bytes = try Self.read(path)
        do { try security.reload(bytes) } catch {
            throw ServerSetupError("the security file \(path): \(error)")
        }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        try SetupFile.read(path, as: "the security file", bytesMax: byteCountMax)
    }

    /// A hash for a security file, with a salt of its own; nil for a password that is empty, has a zero byte, or is
    /// longer than the method counts (72 bytes for bcrypt).
    public static func hash(of password: [UInt8], _ method: PasswordMethod = .bcrypt) -> String? {
        PasswordHash.Method(rawValue: method.rawValue).flatMap { PasswordHash.make(password, $0) }
    }
}

/// How passwords are hashed: bcrypt, which OpenSearch reads too, or yescrypt.
public enum PasswordMethod: String, Sendable, CaseIterable {
    case bcrypt, yescrypt
}
#endif
