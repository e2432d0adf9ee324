#if Server
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the files that a server was started with again whenever SIGHUP comes: users and rights, certificate and key.
struct FileReloading: Service {
    let users: SecuritySource?
    let encryption: TLSSource?
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            attempt("users and rights") { try users?.reload() }
            attempt("certificate and key") { try encryption?.reload() }
        }
    }

    private func attempt(_ what: String, _ reload: () throws -> Void?) {
        do {
            if try reload() != nil { logger.notice("\(what) were read again") }
        } catch { logger.error("\(what) stay as they were", metadata: ["reason": "\(error)"]) }
    }
}
#endif
