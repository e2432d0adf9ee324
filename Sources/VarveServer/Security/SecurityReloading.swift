#if Server
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the security file again whenever SIGHUP comes.
struct SecurityReloading: Service {
    let users: SecuritySource
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try users.reload()
                logger.notice("users and rights were read again", metadata: ["file": "\(users.path)"])
            } catch {
                logger.error("users and rights stay as they were", metadata: ["reason": "\(error)"])
            }
        }
    }
}
#endif
