public import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

/// A simulated machine: a disk, a clock, chance and one thread.
struct World {
    let disk: SimulatedDisk
    let clock = SimulatedClock()
    let scheduler: SeededScheduler
    let environment: Environment

    /// - Parameter files: The disk unless something is put before it.
    init(_ disk: SimulatedDisk = SimulatedDisk(), seed: UInt64 = 1, files: (any FileSystem)? = nil) {
        self.disk = disk
        scheduler = SeededScheduler(seed: seed, clock: clock)
        environment = Environment(
            files: files ?? disk, clock: clock, random: SeededRandom(seed: seed), scheduler: scheduler)
    }

    /// A disk with these directories, durably.
    static func disk(with directories: [StorePath], options: DiskOptions = DiskOptions()) throws
        -> SimulatedDisk
    {
        let disk = SimulatedDisk(options: options)
        for directory in directories {
            try disk.createDirectory(directory)
            try disk.syncDirectory(directory.parent)
        }
        return disk
    }
}

/// Uuids that tests can tell apart.
func uuid(_ number: UInt64) -> UUID128 {
    UUID128(high: 0x1111_2222_3333_4444 &+ number, low: 0x5555 &* (number + 1))
}

extension UUID128 {
    /// The uuid of the pages' examples.
    static let example = UUID128(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
}

extension ByteBuffer {
    func array() -> [UInt8] { bytes.copyBytes() }
}

extension SequenceNumber: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt64) { self.init(value) }
}

/// Calls `body` with every version of `bytes` that has one bit flipped.
func withEveryBitFlip(_ bytes: [UInt8], _ body: ([UInt8], _ bit: Int) throws -> Void) rethrows {
    var flipped = bytes
    for bit in 0..<bytes.count * 8 {
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        try body(flipped, bit)
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
    }
}

extension TracingFileSystem {
    /// The lines so far, without sizes, zeros before numbers and what makes temporary names unique.
    func transcript(calling directory: StorePath? = nil, _ name: String = "") -> String {
        lines.map { line in
            var line = line.replacing(/(tmp\/[^ ]+)\.[0-9a-f]{16}/) { $0.output.1 }
            line = line.replacing(/-0*([0-9a-f]+)/) { "-" + $0.output.1 }
            line = line.replacing(/^(write .*) [0-9]+\+[0-9]+$/) { $0.output.1 }
            return directory.map { line.replacing($0.text, with: name) } ?? line
        }.joined(separator: "\n")
    }
}
