import VarveSimulation

/// Choices that a seed decides.
struct Chance {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

    /// True once in so many times.
    mutating func once(in times: Int) -> Bool { below(times) == 0 }

    mutating func one<T>(of choices: [T]) -> T { choices[below(choices.count)] }

    mutating func seed() -> UInt64 { generator.next() }
}
