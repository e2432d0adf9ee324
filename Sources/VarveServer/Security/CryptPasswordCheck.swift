#if Server
import NIOConcurrencyHelpers
import NIOPosix
import VarvePasswords
import VarveREST

/// Checks passwords against hashes of crypt(3), one after the other on a thread of its own: guessing takes one core
/// at most and never a thread that requests run on. What was proven is remembered for ten minutes.
final class CryptPasswordCheck: PasswordCheck {
    /// Checks that wait at most.
    private static let waitingMax = 256

    private struct State {
        var cache = CredentialCache()
        var waiting = 0
        var hashings = 0
    }

    private let state = NIOLockedValueBox(State())
    private let thread = NIOThreadPool(numberOfThreads: 1)

    init() { thread.start() }

    deinit { thread.shutdownGracefully { _ in } }

    /// How often a password was really hashed.
    var hashings: Int { state.withLockedValue { $0.hashings } }

    func knows(_ hash: String) -> Bool { PasswordHash.knows(hash) }

    func proves(_ password: [UInt8], _ hash: String) async -> PasswordVerdict {
        let start = state.withLockedValue { state -> PasswordVerdict? in
            if state.cache.contains(state.cache.key(password, hash), at: .now) { return .right }
            guard state.waiting < Self.waitingMax else { return .busy }
            state.waiting += 1
            return nil
        }
        if let start { return start }
        defer { state.withLockedValue { $0.waiting -= 1 } }
        return await (try? thread.runIfActive { self.check(password, hash) }) ?? .busy
    }

    private func check(_ password: [UInt8], _ hash: String) -> PasswordVerdict {
        let key = state.withLockedValue { $0.cache.key(password, hash) }
        // Many requests with one password that wait together are one hashing.
        if state.withLockedValue({ $0.cache.contains(key, at: .now) }) { return .right }
        state.withLockedValue { $0.hashings += 1 }
        guard PasswordHash.proves(password, hash) else { return .wrong }
        state.withLockedValue { $0.cache.insert(key, at: .now) }
        return .right
    }
}
#endif
