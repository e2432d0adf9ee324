import VarveBytes
import VarveFiles

/// Everything that a simulated disk is, as a value: copying it is cheap, and copies share what neither
/// changes.
struct DiskState: Sendable {
    typealias SyncFilter = @Sendable (_ kind: SyncKind, _ path: StorePath) -> Bool

    var options: DiskOptions
    /// Files and directories by number; the root is directory 0. A number is free again when nothing refers
    /// to it.
    var files: [FileNode] = []
    var directories: [DirectoryNode] = [DirectoryNode()]
    var freeFiles: [Int] = []
    var freeDirectories: [Int] = []
    var sweepAt = 256
    /// The number of changes so far.
    private var order: UInt64 = 0

    /// Operations that change something or sync, carried out or refused for a reason other than a crash.
    private(set) var operationCount = 0
    /// All calls.
    private(set) var callCount = 0
    private(set) var hasCrashed = false
    var crashPoint: CrashPoint?
    var faults = FaultPlan.none
    var ignoresSync: SyncFilter?
    private(set) var history: [DiskState] = []

    struct CrashPoint {
        let operation: Int
        /// How much of the operation after it is still done, if it is a write.
        let writtenBytes: Int
    }

    init(options: DiskOptions) { self.options = options }

    /// A disk without open files or locks that is durable as it is.
    init(options: DiskOptions, files: [FileNode], directories: [DirectoryNode]) {
        self.options = options
        self.files = files
        self.directories = directories
    }

    /// Stops the disk: every later call fails.
    mutating func crash() { hasCrashed = true }

    /// The disk as another process finds it after this one was killed: the cache is still there.
    func afterKill() -> DiskState {
        var state = DiskState(options: options, files: files, directories: directories)
        for index in state.files.indices {
            state.files[index].handles = 0
            state.files[index].isLocked = false
        }
        state.order = order
        state.ignoresSync = ignoresSync
        return state
    }

    // MARK: Every call

    /// Counts a call; throws if the disk has crashed or the plan says so.
    mutating func begin(
        _ call: FaultPlan.Call, _ operation: StaticString, _ path: StorePath, isOperation: Bool
    ) throws(FileError) -> FaultPlan.Effect? {
        guard !hasCrashed else { throw FileError(operation, path, .io) }
        if isOperation {
            if let crashPoint, operationCount >= crashPoint.operation {
                hasCrashed = true
                throw FileError(operation, path, .io)
            }
            if options.keepsHistory { remember() }
            operationCount += 1
        }
        callCount += 1
        let effect = faults.meet(call, path)
        if case .error(let code) = effect { throw FileError(operation, path, code) }
        return effect
    }

    private mutating func remember() {
        var state = self
        state.history = []
        history.append(state)
    }

    mutating func nextOrder() -> UInt64 {
        order += 1
        return order
    }

    // MARK: Content

    mutating func write(
        _ bytes: RawSpan, at offset: UInt64, file number: Int, _ path: StorePath
    ) throws(FileError) {
        var bytes = bytes
        let growth = Int(offset) + bytes.byteCount - Int(files[number].live.count)
        var isFull = false
        if growth > 0 && options.capacityBytes != .max {
            let free = Int(clamping: freeBytes())
            isFull = growth > free
            if isFull { bytes = bytes.slice(0, max(bytes.byteCount - (growth - free), 0)) }
        }
        files[number].write(bytes, at: offset, order: nextOrder(), sectorBytes: options.sectorBytes)
        if isFull { throw FileError("write", path, .noSpace) }
    }

    mutating func resize(_ number: Int, to size: UInt64) {
        files[number].resize(to: size, order: nextOrder())
    }

    mutating func change(file number: Int, _ change: (inout FileNode) -> Void) { change(&files[number]) }

    mutating func syncFile(
        _ number: Int, _ kind: SyncKind, _ path: StorePath, failure: SyncFailure?
    ) throws(FileError) {
        if files[number].owesError {
            files[number].owesError = false
            throw FileError("sync", path, .io)
        }
        if let failure {
            files[number].failSync(failure)
            if failure != .latent { throw FileError("sync", path, .io) }
            return
        }
        if ignoresSync?(kind, path) ?? false { return }
        files[number].sync(sectorBytes: options.sectorBytes)
    }

    mutating func syncDirectory(_ path: StorePath, failure: SyncFailure?) throws(FileError) {
        let number = try findDirectory("sync", path)
        if directories[number].owesError {
            directories[number].owesError = false
            throw FileError("sync", path, .io)
        }
        if let failure {
            directories[number].failSync(failure)
            if failure != .latent { throw FileError("sync", path, .io) }
            return
        }
        if ignoresSync?(.directory, path) ?? false { return }
        directories[number].sync()
    }

    func freeBytes() -> UInt64 {
        if options.capacityBytes == .max { return 1 << 50 }
        var used: UInt64 = 0
        let named = Set(reachable(by: .names).files)
        for number in files.indices where named.contains(number) || files[number].handles > 0 {
            used += files[number].live.count
        }
        return used >= options.capacityBytes ? 0 : options.capacityBytes - used
    }
}

/// Numbers of the system that the simulated disk gives as they are.
enum ErrorNumber {
    static let badDescriptor: Int32 = 9
    static let invalid: Int32 = 22
    static let tooBig: Int32 = 27
}
