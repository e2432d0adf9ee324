/// Counts different 64-bit hashes: all of them are kept up to a threshold, beyond it a HyperLogLog of 16,384
/// registers stands for them (a standard error of 0.8 per cent).
///
/// The estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no
/// tables of corrections and no other formula for small numbers.
struct DistinctCounter {
    private static let bits = 14
    private static let registerCount = 1 << bits

    private let threshold: Int
    /// Open addressing, 0 for a free slot; at most half of them used. Empty once registers are.
    private var slots: [UInt64] = []
    private var used = 0
    /// A hash of 0 has no slot.
    private var hasZero = false
    private var registers: [UInt8] = []

    init(threshold: Int) { self.threshold = threshold }

    /// A bijection: different numbers have different hashes.
    @inline(__always)
    static func mix(_ number: UInt64) -> UInt64 {
        var mixed = number &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }

    /// - Parameter cells: Grows by the memory that it took, in units of about 16 bytes.
    mutating func add(_ hash: UInt64, _ cells: inout Int) {
        if !registers.isEmpty { return register(hash) }
        if hash == 0 {
            hasZero = true
            return
        }
        if used * 2 >= slots.count { grow(&cells) }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash &>> 20) & mask
        while slots[slot] != 0 {
            if slots[slot] == hash { return }
            slot = (slot + 1) & mask
        }
        slots[slot] = hash
        used += 1
        if used > threshold {
            cells += Self.registerCount / 16
            spill()
        }
    }

    private mutating func grow(_ cells: inout Int) {
        let old = slots
        slots = [UInt64](repeating: 0, count: max(old.count * 2, 8))
        cells += (slots.count - old.count) / 2
        let mask = slots.count - 1
        for hash in old where hash != 0 {
            var slot = Int(truncatingIfNeeded: hash &>> 20) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = hash
        }
    }

    private mutating func spill() {
        registers = [UInt8](repeating: 0, count: Self.registerCount)
        for hash in slots where hash != 0 { register(hash) }
        if hasZero { register(0) }
        slots = []
    }

    private mutating func register(_ hash: UInt64) {
        // The hash may be a mere bijection's with structure in its low bits: mix once more.
        let mixed = Self.mix(hash)
        let place = Int(mixed &>> UInt64(64 - Self.bits))
        let rank = UInt8(min((mixed &<< UInt64(Self.bits)).leadingZeroBitCount, 64 - Self.bits) + 1)
        if rank > registers[place] { registers[place] = rank }
    }

    var count: Int {
        registers.isEmpty ? used + (hasZero ? 1 : 0) : Int(estimate.rounded())
    }

    private var estimate: Double {
        let most = 64 - Self.bits
        var histogram = [Double](repeating: 0, count: most + 2)
        for rank in registers { histogram[Int(rank)] += 1 }
        let size = Double(Self.registerCount)
        var sum = size * Self.tau(1 - histogram[most + 1] / size)
        for rank in stride(from: most, through: 1, by: -1) { sum = 0.5 * (sum + histogram[rank]) }
        sum += size * Self.sigma(histogram[0] / size)
        return 0.721_347_520_444_481_7 * size * size / sum
    }

    private static func sigma(_ share: Double) -> Double {
        if share == 1 { return .infinity }
        var (power, weight, sum) = (share, 1.0, share)
        while true {
            power *= power
            let next = sum + power * weight
            weight += weight
            if next == sum { return sum }
            sum = next
        }
    }

    private static func tau(_ share: Double) -> Double {
        if share == 0 || share == 1 { return 0 }
        var (root, weight, sum) = (share, 1.0, 1 - share)
        while true {
            root = root.squareRoot()
            weight *= 0.5
            let next = sum - (1 - root) * (1 - root) * weight
            if next == sum { return sum / 3 }
            sum = next
        }
    }
}
