/// Waits that double from attempt to attempt, each shortened by chance to between its half and its whole, so that
/// many pollers of one broken stream do not ask all at once.
struct RetrySchedule: Sendable {
    private let maxMilliseconds: Int64
    private var random: UInt64

    init(maxMilliseconds: Int64, seed: UInt64) {
        self.maxMilliseconds = max(1, maxMilliseconds)
        random = seed
    }

    /// Nanoseconds to wait after so many failed attempts in a row.
    mutating func delay(afterAttempt attempt: Int, firstMilliseconds: Int64) -> UInt64 {
        let doubled = firstMilliseconds << Int64(max(0, min(attempt - 1, 20)))
        let whole = UInt64(min(maxMilliseconds, doubled)) * 1_000_000
        return whole / 2 + next() % (whole / 2 + 1)
    }

    /// SplitMix64; Steele, Lea and Flood, OOPSLA 2014.
    private mutating func next() -> UInt64 {
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }
}
