#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Threads of the system, one for each scheduled work.
enum SystemThread {
    /// A thread, as long as it runs.
    struct ID: Equatable, Sendable {
        fileprivate let number: UInt
    }

    static var current: ID { ID(number: UInt(pthread_self())) }

    /// Runs `body` on a new thread that nobody joins.
    ///
    /// The thread takes no signals but those of its own faults, so that a host's handlers run on its threads.
    ///
    /// - Parameter name: For debuggers; the system shows its first 15 bytes.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(Box(name: name, body: body)).toOpaque()
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                // SAFETY: the argument is the box that was retained for this thread.
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box)
        precondition(status == 0, "no thread for \(name): error \(status) of the system")
        pthread_detach(thread)
    }

    private final class Box {
        private let name: String
        private let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            var signals = sigset_t()
            unsafe sigfillset(&signals)
            for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] {
                unsafe sigdelset(&signals, fault)
            }
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
            showName()
            body()
        }

        /// Through the file that the system has for it: the C library's function is for GNU sources only. A
        /// thread that cannot be named does its work all the same.
        private func showName() {
            let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            let shown = Array(name.utf8.prefix(15))
            _ = unsafe shown.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
            close(file)
        }
    }
}
