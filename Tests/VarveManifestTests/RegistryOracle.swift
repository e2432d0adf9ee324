import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

/// What a registry may hold after a crash: the changes of a prefix of the appends that has all acknowledged ones.
final class RegistryOracle: Sendable {
    typealias Content = [UUID128: PITRecord]

    private struct State {
        /// The content after no append, after one, and so on.
        var contents: [Content] = [[:]]
        var acknowledged = 0
        var failed = 0
    }

    private let state = Locked(State())

    /// Appends to the log and notes when that is acknowledged; false if the log takes nothing.
    @discardableResult
    func append(_ changes: [PITChange], to log: PITRegistryLog) -> Bool {
        guard let ticket = try? log.append(changes) else { return false }
        let number = state.withLock { state in
            var content = state.contents[state.contents.count - 1]
            for change in changes { Self.apply(change, to: &content) }
            state.contents.append(content)
            return state.contents.count - 1
        }
        log.whenDurable(ticket) { outcome in
            self.state.withLock { state in
                if case .success = outcome {
                    state.acknowledged = max(state.acknowledged, number)
                } else {
                    state.failed += 1
                }
            }
        }
        return true
    }

    private static func apply(_ change: PITChange, to content: inout Content) {
        switch change {
        case .create(let record): content[record.id] = record
        case .touch(let id, let keepAlive, let lastAccess):
            content[id]?.keepAlive = keepAlive
            content[id]?.lastAccess = lastAccess
        case .delete(let id): content[id] = nil
        case .heartbeat: break
        }
    }

    var acknowledged: Int { state.withLock { $0.acknowledged } }
    var failed: Int { state.withLock { $0.failed } }
    var appended: Int { state.withLock { $0.contents.count - 1 } }

    /// Whether a disk, as it was found, holds a legal content.
    func allows(_ disk: SimulatedDisk) throws -> Bool {
        let found = try PITRegistryLog.read(store: .example, files: disk)
        return allows(found?.records ?? [])
    }

    func allows(_ records: [PITRecord]) -> Bool {
        let content = Content(uniqueKeysWithValues: records.map { ($0.id, $0) })
        return state.withLock { state in
            state.contents[state.acknowledged...].contains(content) && content.count == records.count
        }
    }

    /// A change that the seed chooses, of few ids so that they meet.
    static func change(_ random: inout SplitMix64) -> PITChange {
        let id = uuid(random.next() >> 60)
        switch random.next(below: 6) {
        case 0:
            return .touch(
                id: id, keepAlive: Int64(random.next() >> 40), lastAccess: Int64(random.next() >> 40))
        case 1, 2: return .delete(id: id)
        default:
            return .create(RegistryFixture.record(id.high - uuid(0).high, label: "\(random.next() >> 50)"))
        }
    }
}
