#if Server
import VarvePasswords

/// Passwords that were proven a short while ago, as digests under a key that this process alone has: a request then
/// costs no hashing. What is cached is that a password fits a hash, so a changed hash is simply another entry.
struct CredentialCache {
    static let countMax = 1_024
    static let lifetime = Duration.seconds(600)

    private let digest = KeyedDigest()
    private var expiries: [KeyedDigest.Value: ContinuousClock.Instant] = [:]

    /// Unambiguous, since a hash has no zero byte.
    func key(_ password: [UInt8], _ hash: String) -> KeyedDigest.Value {
        digest.value(of: Array(hash.utf8) + [0] + password)
    }

    mutating func contains(_ key: KeyedDigest.Value, at now: ContinuousClock.Instant) -> Bool {
        guard let expiry = expiries[key] else { return false }
        if expiry > now { return true }
        expiries[key] = nil
        return false
    }

    mutating func insert(_ key: KeyedDigest.Value, at now: ContinuousClock.Instant) {
        if expiries.count >= Self.countMax {
            expiries = expiries.filter { $0.value > now }
            // Full of what still counts: the oldest goes.
            if expiries.count >= Self.countMax, let oldest = expiries.min(by: { $0.value < $1.value }) {
                expiries[oldest.key] = nil
            }
        }
        expiries[key] = now + Self.lifetime
    }

    var count: Int { expiries.count }
}
#endif
