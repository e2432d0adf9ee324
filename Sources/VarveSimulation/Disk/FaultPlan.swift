package import VarveFiles

/// Which calls of a simulated disk fail, and how.
///
/// ```
/// disk.setFaults(.failing(call: 17, with: .io))
/// disk.setFaults(.failing(call: 1, of: [.syncData], at: { $0.name.hasPrefix("wal-") }, with: .io, .fromThenOn))
/// ```
package struct FaultPlan: Sendable {
    /// The calls of `FileSystem` and `OpenFile` that can fail.
    package enum Call: Sendable, CaseIterable {
        case createDirectory, createFile, openFile, link, rename, unlink, removeDirectory, list, syncDirectory
        case freeBytes, lock, read, write, syncData, sync, size, truncate
    }

    package enum Repetition: Sendable { case once, fromThenOn }

    package enum Effect: Sendable {
        /// The call fails and changes nothing.
        case error(FileError.Code)
        /// A read finds the file's end after this many bytes.
        case shortRead(Int)
        /// A write fails after this many bytes.
        case partialWrite(Int, FileError.Code)
        /// A sync fails, and the disk keeps its bytes as the model says.
        case failedSync(SyncFailure)
    }

    private struct Rule {
        let calls: Set<Call>?
        let path: (@Sendable (StorePath) -> Bool)?
        let ordinal: Int
        let repetition: Repetition
        let effect: Effect
        var seen = 0
    }

    private var rules: [Rule] = []

    /// No call fails.
    package static let none = FaultPlan()

    package init() {}

    /// Lets the call number `ordinal`, from 1, of those named fail.
    package static func failing(
        call ordinal: Int, of calls: Set<Call>? = nil, at path: (@Sendable (StorePath) -> Bool)? = nil,
        with code: FileError.Code, _ repetition: Repetition = .once
    ) -> FaultPlan {
        FaultPlan().adding(call: ordinal, of: calls, at: path, .error(code), repetition)
    }

    /// This plan and one more fault. The first rule that meets a call decides.
    package func adding(
        call ordinal: Int, of calls: Set<Call>? = nil, at path: (@Sendable (StorePath) -> Bool)? = nil,
        _ effect: Effect, _ repetition: Repetition = .once
    ) -> FaultPlan {
        var plan = self
        plan.rules.append(
            Rule(calls: calls, path: path, ordinal: ordinal, repetition: repetition, effect: effect))
        return plan
    }

    /// Counts a call and says what is to become of it.
    mutating func meet(_ call: Call, _ path: StorePath) -> Effect? {
        var effect: Effect?
        for index in rules.indices {
            guard rules[index].calls?.contains(call) ?? true, rules[index].path?(path) ?? true else {
                continue
            }
            rules[index].seen += 1
            let isDue =
                switch rules[index].repetition {
                case .once: rules[index].seen == rules[index].ordinal
                case .fromThenOn: rules[index].seen >= rules[index].ordinal
                }
            if isDue && effect == nil { effect = rules[index].effect }
        }
        return effect
    }
}

/// What a disk does with the bytes of a sync that fails; the models are those of "Can applications recover from
/// fsync failures?" (USENIX ATC 2020).
package enum SyncFailure: Sendable, CaseIterable {
    /// The bytes stay dirty: a second sync would make them durable.
    case staysDirty
    /// The pages are marked clean with the new content, which is only in the cache (ext4, XFS): a second sync
    /// succeeds without writing anything.
    case cleanInCache
    /// The content goes back to what is durable (Btrfs).
    case reverted
    /// As `cleanInCache`, but this sync reports success and the next one the error (ext4 in data mode).
    case latent
}
