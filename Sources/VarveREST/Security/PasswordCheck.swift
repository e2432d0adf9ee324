/// Proves passwords. Hashing is slow by intent and needs a library, so whoever owns the sockets brings it along.
public protocol PasswordCheck: Sendable {
    /// Whether `proves` can work with such a hash.
    func knows(_ hash: String) -> Bool

    /// Takes as long for a password that is wrong as for one that is right.
    func proves(_ password: [UInt8], _ hash: String) async -> PasswordVerdict
}

public enum PasswordVerdict: Sendable {
    case right, wrong
    /// Too many wait to be checked already.
    case busy
}
