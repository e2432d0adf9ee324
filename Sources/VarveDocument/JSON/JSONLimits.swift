/// Bounds on one JSON text. A text over a bound is refused whole.
package struct JSONLimits: Sendable, Hashable {
    package var documentBytes = 16 << 20
    package var stringBytes = 8 << 20
    package var keyBytes = 255
    package var numberDigits = 1_000
    package var depth = 64
    /// Different paths of one document: a key that each object of an array has counts once.
    package var fields = 1_000

    package init() {}
}
