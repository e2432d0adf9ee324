import VarveBytes
import VarveFiles

/// SplitMix64: the same numbers from the same seed, on every machine.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }

    /// A number below `bound`, which is above zero. The bias is below 2^-32 for the bounds of tests.
    package mutating func next(below bound: Int) -> Int {
        precondition(bound > 0, "a bound is above zero")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Whether an event of probability `numerator / denominator` happens.
    package mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
        next(below: denominator) < numerator
    }
}

/// Chance that can be replayed: SplitMix64 behind a lock.
package final class SeededRandom: RandomSource {
    private let generator: Locked<SplitMix64>

    package init(seed: UInt64) { generator = Locked(SplitMix64(seed: seed)) }

    package func next() -> UInt64 { generator.withLock { $0.next() } }
}
