import VarveBytes
import VarveFiles

/// Everything that a simulated disk is, as a value: copying it is cheap, and copies share what neither
/// changes.
struct DiskState: Sendable {
    typealias SyncFilter = @Sendable (_ kind: SyncKind, _ path: StorePath) -> Bool

    var options: DiskOptions
    /// Files and directories by number; the root is directory 0. A number is free again when nothing refers
    /// to it.
    private(set) var files: [FileNode] = []
    private(set) var directories: [DirectoryNode] = [DirectoryNode()]
    private var freeFiles: [Int] = []
    private var freeDirectories: [Int] = []
    private var sweepAt = 256
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

    private mutating func nextOrder() -> UInt64 {
        order += 1
        return order
    }

    // MARK: Names

    /// What a path leads to.
    func find(_ operation: StaticString, _ path: StorePath) throws(FileError) -> NodeID {
        var node = NodeID.directory(0)
        for name in path.text.split(separator: "/") {
            guard case .directory(let number) = node else { throw FileError(operation, path, .notRegular) }
            guard let next = directories[number].live[String(name)] else {
                throw FileError(operation, path, .notFound)
            }
            node = next
        }
        return node
    }

    func findDirectory(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        guard case .directory(let number) = try find(operation, path) else {
            throw FileError(operation, path, .notRegular)
        }
        return number
    }

    /// The directory that holds a path's last name. Errors are about the path itself.
    private func findParent(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        do throws(FileError) {
            return try findDirectory(operation, path.parent)
        } catch {
            throw FileError(operation, path, error.code)
        }
    }

    mutating func createDirectory(_ path: StorePath) throws(FileError) {
        let parent = try findFreeName("create", path)
        let number = freeDirectories.popLast() ?? directories.count
        if number == directories.count { directories.append(DirectoryNode()) }
        change(parent, [.init(name: path.name, target: .directory(number))])
    }

    /// Returns the number of the new file.
    mutating func createFile(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        let parent = try findFreeName(operation, path)
        if files.count - freeFiles.count >= sweepAt { sweep() }
        let number = freeFiles.popLast() ?? files.count
        if number == files.count { files.append(FileNode()) }
        files[number].handles += 1
        change(parent, [.init(name: path.name, target: .file(number))])
        return number
    }

    private func findFreeName(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        let parent = try findParent(operation, path)
        guard directories[parent].live[path.name] == nil else { throw FileError(operation, path, .exists) }
        return parent
    }

    mutating func openFile(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        guard case .file(let number) = try find(operation, path) else {
            throw FileError(operation, path, .notRegular)
        }
        files[number].handles += 1
        return number
    }

    mutating func closeFile(_ number: Int) { files[number].handles -= 1 }

    mutating func link(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        let node: NodeID
        do throws(FileError) {
            _ = try findParent("link", path)
            _ = try findParent("link", newPath)
            node = try find("link", path)
        } catch {
            throw FileError("link", newPath, error.code)
        }
        let parent = try findFreeName("link", newPath)
        guard case .file = node else { throw FileError("link", newPath, .permission) }
        change(parent, [.init(name: newPath.name, target: node)])
    }

    mutating func rename(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        let node: NodeID
        let parent: Int
        let newParent: Int
        do throws(FileError) {
            parent = try findParent("rename", path)
            newParent = try findFreeName("rename", newPath)
            node = try find("rename", path)
        } catch {
            throw FileError("rename", newPath, error.code)
        }
        guard !newPath.text.hasPrefix(path.text + "/") else {
            throw FileError("rename", newPath, .other(ErrorNumber.invalid))
        }
        let gone = EntryChange.Change(name: path.name, target: nil)
        let come = EntryChange.Change(name: newPath.name, target: node)
        if parent == newParent {
            change(parent, [gone, come])
        } else {
            change(parent, [gone])
            change(newParent, [come])
        }
    }

    mutating func unlink(_ path: StorePath) throws(FileError) {
        let parent = try findParent("unlink", path)
        guard case .file = try find("unlink", path) else { throw FileError("unlink", path, .notRegular) }
        change(parent, [.init(name: path.name, target: nil)])
    }

    mutating func removeDirectory(_ path: StorePath) throws(FileError) {
        let parent = try findParent("remove", path)
        let number = try findDirectory("remove", path)
        guard directories[number].live.isEmpty else { throw FileError("remove", path, .notEmpty) }
        change(parent, [.init(name: path.name, target: nil)])
    }

    private mutating func change(_ directory: Int, _ changes: [EntryChange.Change]) {
        directories[directory].change(changes, order: nextOrder())
    }

    /// Puts a durable file into a directory that there is.
    mutating func plant(_ file: FileNode, at path: StorePath) {
        guard let parent = try? findDirectory("plant", path.parent) else {
            preconditionFailure("no directory for \(path)")
        }
        files.append(file)
        directories[parent].plant(path.name, .file(files.count - 1))
    }

    /// Takes a name away, durably.
    mutating func uproot(_ path: StorePath) {
        guard let parent = try? findDirectory("uproot", path.parent) else { return }
        directories[parent].plant(path.name, nil)
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

    // MARK: Reach

    enum Reach {
        /// The names that processes see.
        case names
        /// The names that some power loss could leave, as well.
        case anyState
    }

    /// The numbers of what can be reached from the root, ascending.
    func reachable(by reach: Reach) -> (files: [Int], directories: [Int]) {
        var seenFiles = [Bool](repeating: false, count: files.count)
        var seenDirectories = [Bool](repeating: false, count: directories.count)
        var open = [0]
        seenDirectories[0] = true
        func visit(_ node: NodeID) {
            switch node {
            case .file(let number): seenFiles[number] = true
            case .directory(let number):
                if !seenDirectories[number] { open.append(number) }
                seenDirectories[number] = true
            }
        }
        while let number = open.popLast() {
            let directory = directories[number]
            for node in directory.live.values { visit(node) }
            guard reach == .anyState else { continue }
            for node in directory.durable.values { visit(node) }
            for change in directory.pending {
                for part in change.changes {
                    if let target = part.target { visit(target) }
                }
            }
        }
        return (
            seenFiles.indices.filter { seenFiles[$0] }, seenDirectories.indices.filter { seenDirectories[$0] }
        )
    }

    /// Frees what no name, no state after a power loss and no open file refers to.
    private mutating func sweep() {
        let (liveFiles, liveDirectories) = reachable(by: .anyState)
        let (keptFiles, keptDirectories) = (Set(liveFiles), Set(liveDirectories))
        freeFiles = files.indices.filter { !keptFiles.contains($0) && files[$0].handles == 0 }
        for number in freeFiles { files[number] = FileNode() }
        freeDirectories = directories.indices.filter { !keptDirectories.contains($0) }
        for number in freeDirectories { directories[number] = DirectoryNode() }
        sweepAt = max(256, 2 * (files.count - freeFiles.count))
    }
}

/// Numbers of the system that the simulated disk gives as they are.
enum ErrorNumber {
    static let badDescriptor: Int32 = 9
    static let invalid: Int32 = 22
    static let tooBig: Int32 = 27
}
