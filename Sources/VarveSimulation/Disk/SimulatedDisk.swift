import VarveBytes
package import VarveFiles

/// The syncs of the interface, for switching some of them off.
package enum SyncKind: Sendable, CaseIterable { case data, full, directory }

/// A disk in memory that knows what processes see from what a power loss would leave.
///
/// Writes, sizes and names change the cache at once; the disk has them after the sync that covers them, or by
/// chance before. After a crash, `crashStates` gives the disks that a machine could find when it comes back,
/// and `afterKill` the one that another process finds when only this one died. The faults of a run come from a
/// `FaultPlan`. Everything follows from the calls and the seeds, nothing from hashing.
///
/// ```
/// disk.crashAfter(operation: 41)
/// run(script, on: disk)
/// for survivor in disk.crashStates(seed: 7) { check(open(survivor)) }
/// ```
package final class SimulatedDisk: FileSystem {
    private let state: Locked<DiskState>

    /// An empty disk.
    package convenience init(options: DiskOptions = DiskOptions()) {
        self.init(DiskState(options: options))
    }

    init(_ state: DiskState) { self.state = Locked(state) }

    func withState<Answer, E: Error>(
        _ body: (inout DiskState) throws(E) -> sending Answer
    ) throws(E) -> sending Answer {
        try state.withLock { (state) throws(E) in try body(&state) }
    }

    // MARK: Crashes

    /// Operations so far: calls that change something or sync. Reading, opening and listing do not count.
    package var operationCount: Int { withState { $0.operationCount } }

    /// Calls of any kind so far, as a `FaultPlan` counts them.
    package var callCount: Int { withState { $0.callCount } }

    /// Lets the disk stop after this many operations: the next one and every call after it fail with `.io`.
    ///
    /// - Parameter writtenBytes: If the next operation is a write, this much of it reaches the cache first.
    package func crashAfter(operation: Int, writing writtenBytes: Int = 0) {
        withState {
            $0.crashPoint = DiskState.CrashPoint(operation: operation, writtenBytes: writtenBytes)
        }
    }

    /// Stops the disk now.
    package func crash() { withState { $0.crash() } }

    package var hasCrashed: Bool { withState { $0.hasCrashed } }

    /// The disk as the next process finds it if this one is killed now: the cache survives, locks and open
    /// files do not. What is pending stays so.
    package func afterKill() -> SimulatedDisk { SimulatedDisk(withState { $0.afterKill() }) }

    /// The disks that a power loss now could leave.
    ///
    /// All of them while the pending items (sectors, sizes, names) are few enough that they have at most 4,096
    /// combinations; otherwise nothing, everything, prefixes in the order of the calls, all but one and one
    /// alone, and 64 chosen by the seed. With `sectorDamage`, disks with one damaged sector besides.
    ///
    /// - Parameter limit: At most this many; the seed chooses if there would be more.
    package func crashStates(limit: Int = .max, seed: UInt64 = 0) -> CrashStates {
        CrashStates(of: withState { $0 }, limit: limit, seed: seed)
    }

    /// The disk as it stood when `count` operations had been carried out, crashed at that point. Needs
    /// `DiskOptions.keepsHistory`.
    package func state(afterOperation count: Int) -> SimulatedDisk {
        var found = withState { state in
            precondition(state.options.keepsHistory, "a history is kept only if the options say so")
            return count == state.operationCount ? state : state.history[count]
        }
        found.crash()
        return SimulatedDisk(found)
    }

    /// How many pieces of the disk are not durable yet.
    package var pendingItemCount: Int { CrashItems(of: withState { $0 }).items.count }

    // MARK: Faults

    /// Replaces the plan; counting starts anew.
    package func setFaults(_ plan: FaultPlan) { withState { $0.faults = plan } }

    /// Room for file content from now on; growing beyond it fails with `.noSpace`.
    package func setCapacity(bytes: UInt64) { withState { $0.options.capacityBytes = bytes } }

    /// Keeps the state after each operation from now on, or stops doing so: worth it only on a disk that has done
    /// nothing yet, such as a copy, since the history counts from the first operation.
    package func keepHistory(_ keeps: Bool) { withState { $0.options.keepsHistory = keeps } }

    /// Turns the syncs for which the filter says true into calls that do nothing and succeed, here and on the
    /// disk after a kill: a test that still passes has not shown that the sync is needed.
    package func ignoreSyncs(where filter: @escaping @Sendable (SyncKind, StorePath) -> Bool) {
        withState { $0.ignoresSync = filter }
    }

    // MARK: Calls of open files

    func content(
        of number: Int, _ path: StorePath, isClosed: Bool
    ) throws(FileError) -> (SparseBytes, limit: Int?) {
        try withState { (state) throws(FileError) in
            let effect = try state.begin(.read, "read", path, isOperation: false)
            if isClosed { throw FileError("read", path, .other(ErrorNumber.badDescriptor)) }
            if case .shortRead(let limit) = effect { return (state.files[number].live, limit) }
            return (state.files[number].live, nil)
        }
    }

    func write(
        _ bytes: RawSpan, at offset: UInt64, file number: Int, _ path: StorePath
    ) throws(FileError) {
        try withState { (state) throws(FileError) in
            let point = state.crashPoint
            let effect: FaultPlan.Effect?
            do throws(FileError) {
                effect = try state.begin(.write, "write", path, isOperation: true)
            } catch {
                if let point, state.hasCrashed, state.operationCount == point.operation {
                    let part = bytes.slice(0, min(point.writtenBytes, bytes.byteCount))
                    state.crashPoint = nil
                    try? state.write(part, at: offset, file: number, path)
                }
                throw error
            }
            if case .partialWrite(let count, let code) = effect {
                try state.write(bytes.slice(0, min(count, bytes.byteCount)), at: offset, file: number, path)
                throw FileError("write", path, code)
            }
            try state.write(bytes, at: offset, file: number, path)
        }
    }

    func sync(_ number: Int, _ kind: SyncKind, _ path: StorePath) throws(FileError) {
        try withState { (state) throws(FileError) in
            let call: FaultPlan.Call = kind == .data ? .syncData : .sync
            let effect = try state.begin(call, "sync", path, isOperation: true)
            try state.syncFile(number, kind, path, failure: effect?.syncFailure)
        }
    }

    func size(of number: Int, _ path: StorePath) throws(FileError) -> UInt64 {
        try withState { (state) throws(FileError) in
            _ = try state.begin(.size, "size", path, isOperation: false)
            return state.files[number].live.count
        }
    }

    func truncate(_ number: Int, to size: UInt64, _ path: StorePath) throws(FileError) {
        try withState { (state) throws(FileError) in
            _ = try state.begin(.truncate, "truncate", path, isOperation: true)
            state.resize(number, to: size)
        }
    }

    func close(_ number: Int, holdsLock: Bool) {
        withState { state in
            if holdsLock { state.change(file: number) { $0.isLocked = false } }
            state.closeFile(number)
        }
    }
}

// MARK: - The file system

extension SimulatedDisk {
    package func createDirectory(_ path: StorePath) throws(FileError) {
        try withState { (state) throws(FileError) in
            _ = try state.begin(.createDirectory, "create", path, isOperation: true)
            try state.createDirectory(path)
        }
    }

    package func createFile(_ path: StorePath) throws(FileError) -> any OpenFile {
        let number = try withState { (state) throws(FileError) in
            _ = try state.begin(.createFile, "create", path, isOperation: true)
            return try state.createFile("create", path)
        }
        return SimulatedFile(disk: self, number: number, path: path, isWritable: true)
    }

    package func openFile(_ path: StorePath, writable: Bool) throws(FileError) -> any OpenFile {
        let number = try withState { (state) throws(FileError) in
            _ = try state.begin(.openFile, "open", path, isOperation: false)
            return try state.openFile("open", path)
        }
        return SimulatedFile(disk: self, number: number, path: path, isWritable: writable)
    }

    package func link(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        try withState { (state) throws(FileError) in
            _ = try state.begin(.link, "link", newPath, isOperation: true)
            try state.link(path, to: newPath)
        }
    }

    package func rename(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        try withState { (state) throws(FileError) in
            _ = try state.begin(.rename, "rename", newPath, isOperation: true)
            try state.rename(path, to: newPath)
        }
    }

    package func unlink(_ path: StorePath) throws(FileError) {
        try withState { (state) throws(FileError) in
            _ = try state.begin(.unlink, "unlink", path, isOperation: true)
            try state.unlink(path)
        }
    }

    package func removeDirectory(_ path: StorePath) throws(FileError) {
        try withState { (state) throws(FileError) in
            _ = try state.begin(.removeDirectory, "remove", path, isOperation: true)
            try state.removeDirectory(path)
        }
    }

    package func list(_ path: StorePath) throws(FileError) -> [DirectoryEntry] {
        let entries = try withState { (state) throws(FileError) in
            _ = try state.begin(.list, "list", path, isOperation: false)
            return state.directories[try state.findDirectory("list", path)].live
        }
        return entries.sorted { $0.key < $1.key }.map { name, node in
            if case .directory = node { return DirectoryEntry(name: name, kind: .directory) }
            return DirectoryEntry(name: name, kind: .file)
        }
    }

    package func syncDirectory(_ path: StorePath) throws(FileError) {
        try withState { (state) throws(FileError) in
            let effect = try state.begin(.syncDirectory, "sync", path, isOperation: true)
            try state.syncDirectory(path, failure: effect?.syncFailure)
        }
    }

    package func freeBytes() throws(FileError) -> UInt64 {
        try withState { (state) throws(FileError) in
            _ = try state.begin(.freeBytes, "free space", .root, isOperation: false)
            return state.freeBytes()
        }
    }

    package func lock(_ path: StorePath) throws(FileError) -> any FileLock {
        let number = try withState { (state) throws(FileError) in
            _ = try state.begin(.lock, "lock", path, isOperation: true)
            let number: Int
            do throws(FileError) {
                number = try state.openFile("lock", path)
            } catch {
                guard error.code == .notFound else { throw error }
                number = try state.createFile("lock", path)
            }
            guard !state.files[number].isLocked else {
                state.closeFile(number)
                throw FileError("lock", path, .locked)
            }
            state.change(file: number) { $0.isLocked = true }
            return number
        }
        return SimulatedFile(disk: self, number: number, path: path, isWritable: true, holdsLock: true)
    }
}

extension FaultPlan.Effect {
    fileprivate var syncFailure: SyncFailure? {
        if case .failedSync(let failure) = self { return failure }
        return nil
    }
}
