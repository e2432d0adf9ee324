import Varve
import VarveBytes
import VarveIngest

/// Indices that are not searched yet because what they pull is too far behind: the setting `warmup.timeout`. Reads
/// of such an index wait.
///
/// An index is warm as soon as what was applied is close enough to the end of its stream, and stays so until it is
/// opened again. It is warm as well when it is paused, when its time is over, and when its source cannot tell its end
/// but has nothing more to give.
final class WarmUp: Sendable {
    private static let timeout = IngestionSetting.prefix + "warmup.timeout"
    private static let threshold = IngestionSetting.prefix + "warmup.lag_threshold"
    /// By index, since when.
    private let warming = Locked<[UUID128: ContinuousClock.Instant]>([:])

    init(_ store: Store) { for index in store.indices where index.isOpen { begin(index) } }

    func begin(_ index: Index) {
        guard index.isPulled, Self.limit(of: index) != nil else { return }
        warming.withLock { $0[index.uuid] = .now }
    }

    /// Nil if the index is searched from the first moment on.
    private static func limit(of index: Index) -> Duration? {
        guard let text = index.setting(timeout), let time = try? TimeValue(text, setting: timeout),
            time.milliseconds >= 0
        else { return nil }
        return time.duration
    }

    func isWarming(_ index: Index) -> Bool {
        guard let since = warming.withLock({ $0[index.uuid] }) else { return false }
        if let limit = Self.limit(of: index), since.duration(to: .now) < limit, !Self.isWarm(index) {
            return true
        }
        warming.withLock { $0[index.uuid] = nil }
        return false
    }

    private static func isWarm(_ index: Index) -> Bool {
        let most = index.setting(threshold).flatMap { UInt64($0) } ?? 100
        guard index.isOpen, let ingestion = index.ingestion else { return !index.isOpen }
        if ingestion.isPaused { return true }
        let shards = Set(ingestion.partitions.map(\.shard))
        return shards.count == index.shardCount
            && ingestion.partitions.allSatisfy { state in
                if state.phase == .paused { return true }
                return state.lag.applied.map { $0 <= most } ?? (state.emptyPolls > 0)
            }
    }

    /// Waits until the indices that a read names are warm.
    func wait(for call: Call) async {
        if warming.withLock({ $0.isEmpty }) { return }
        let indices = (try? call.resolve(call.parameters.path["index"], IndexOptions()).map(\.index)) ?? []
        for index in indices {
            while isWarming(index), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(20)) }
        }
    }
}
