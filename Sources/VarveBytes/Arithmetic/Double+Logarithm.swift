#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Double {
    /// The logarithm to base e.
    package var naturalLogarithm: Double { log(self) }
}
