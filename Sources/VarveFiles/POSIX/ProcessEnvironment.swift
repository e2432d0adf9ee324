#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What the process was given by name when it was started.
package enum ProcessEnvironment {
    package static func value(of name: String) -> String? {
        // SAFETY: the text is copied at once, and nothing here ever changes the environment.
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
