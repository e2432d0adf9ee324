import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

/// A shard's directory on a simulated disk, with small files and no threads.
final class LogWorld {
    static let owner = UUID128(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
    static let directory: StorePath = "shard"

    let disk: SimulatedDisk
    let files: any FileSystem
    let clock = SimulatedClock()
    let scheduler: SeededScheduler
    let environment: Environment
    var options: LogOptions

    init(
        _ disk: SimulatedDisk? = nil, files: (any FileSystem)? = nil, options: LogOptions = .small,
        seed: UInt64 = 1
    ) throws {
        self.disk = disk ?? SimulatedDisk()
        self.files = files ?? self.disk
        self.options = options
        scheduler = SeededScheduler(seed: seed, clock: clock)
        environment = Environment(
            files: self.files, clock: clock, random: SeededRandom(seed: seed), scheduler: scheduler)
        if disk == nil && files == nil { try Self.prepare(self.disk) }
    }

    /// Makes the directories that a log needs, durable.
    static func prepare(_ disk: any FileSystem) throws {
        for name in [directory, "tmp"] { try disk.createDirectory(name) }
        try disk.syncDirectory(.root)
    }

    func create(epoch: UInt64 = 1) throws -> LogWriter {
        try LogWriter.create(
            in: Self.directory, owner: Self.owner, epoch: epoch, environment: environment, options: options)
    }

    /// Opens the log and returns what it held.
    func recover(
        epoch: UInt64 = 1, lowest: UInt64 = 1
    ) throws -> (writer: LogWriter, report: LogRecoveryReport, found: [Found]) {
        var found: [Found] = []
        let (writer, report) = try LogRecovery.recover(
            in: Self.directory, owner: Self.owner, epoch: epoch, lowestFile: lowest,
            environment: environment, options: options
        ) { found.append(Found($0)) }
        return (writer, report, found)
    }

    /// Reads the log and changes nothing.
    func read(lowest: UInt64 = 1) throws -> (report: LogRecoveryReport, found: [Found]) {
        var found: [Found] = []
        let report = try LogRecovery.read(
            in: Self.directory, owner: Self.owner, lowestFile: lowest, files: files
        ) { found.append(Found($0)) }
        return (report, found)
    }

    static func path(_ id: UInt64) -> StorePath { directory.appending("wal-" + id.hex16) }

    /// The path of the only file, or of the one with the highest id.
    func lastPath() throws -> StorePath {
        Self.directory.appending(try disk.list(Self.directory).map(\.name).max() ?? "none")
    }
}

extension LogOptions {
    /// Files of 16 KiB.
    static var small: LogOptions {
        var options = LogOptions()
        options.fileBytes = 16 << 10
        options.openingFileBytes = 16 << 10
        return options
    }
}

/// A recovered record, as tests compare it.
struct Found: Equatable, CustomStringConvertible {
    var type: RecordType
    var first: UInt64
    var operations: Int
    var payload: [UInt8]

    init(_ type: RecordType, _ first: UInt64, _ operations: Int, _ payload: [UInt8]) {
        self.type = type
        self.first = first
        self.operations = operations
        self.payload = payload
    }

    init(_ record: RecoveredRecord) {
        self.init(
            record.type, record.first.rawValue, record.operationCount,
            record.payload?.bytes.copyBytes() ?? [])
    }

    var description: String { "\(type) \(first)+\(operations) (\(payload.count) bytes)" }
}

extension LogWriter {
    /// Appends a batch of `operations` operations that begins with number `first`; its bytes follow from both.
    @discardableResult
    func append(batch first: UInt64, operations: Int = 1, bytes: Int = 40) throws(LogFailure) -> LogTicket {
        try append(
            LogRecord(
                type: .batch, operationCount: operations, first: SequenceNumber(rawValue: first),
                payload: payload(first, bytes)))
    }
}

/// Bytes that follow from a number.
func pattern(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number &* 31 &+ UInt64($0) &* 7 &+ 1) }
}

func payload(_ number: UInt64, _ count: Int) -> SharedBytes {
    var buffer = ByteBuffer(capacity: count)
    buffer.append(pattern(number, count))
    return SharedBytes(buffer)
}

/// What `append(batch:operations:bytes:)` leaves to be found.
func batch(_ first: UInt64, operations: Int = 1, bytes: Int = 40) -> Found {
    Found(.batch, first, operations, pattern(first, bytes))
}

/// What came of a ticket, once it is known.
final class Outcome: Sendable {
    private let known = Locked<LogOutcome?>(nil)

    var value: LogOutcome? { known.withLock { $0 } }
    var isSuccess: Bool { if case .success = value { true } else { false } }
    var failure: LogFailure? { if case .failure(let failure) = value { failure } else { nil } }

    func set(_ outcome: LogOutcome) { known.withLock { $0 = outcome } }
}
