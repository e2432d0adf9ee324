import VarveBytes
import VarveFiles

/// The store's background work: one step machine for flushes, one for merges, one for what happens by the clock.
final class Background: Sendable {
    private struct State {
        var works: [BackgroundWork: any ScheduledWork] = [:]
    }
    private let state = Locked(State())

    func wake(_ kind: BackgroundWork) {
        let work = state.withLock { $0.works[kind] }
        work?.wake()
    }

    /// Starts the work of a store that is open.
    func start(_ store: StoreEngine) {
        let scheduler = store.environment.scheduler
        let flush = scheduler.schedule("varve.flush") { [weak store] in store?.flushStep() ?? .done }
        let merge = scheduler.schedule("varve.merge") { [weak store] in store?.mergeStep() ?? .done }
        let timer = scheduler.schedule("varve.timer") { [weak store] in store?.timerStep() ?? .done }
        state.withLock { $0.works = [.flush: flush, .merge: merge, .timer: timer] }
        flush.wake()
        merge.wake()
        timer.wake()
    }

    func stop() {
        let works = state.withLock { state in
            defer { state.works = [:] }
            return state.works
        }
        for kind in [BackgroundWork.timer, .merge, .flush] { works[kind]?.stop() }
    }
}

extension StoreEngine {
    private var openShards: [Shard] {
        directory.withLock { $0.isClosed ? [] : $0.shards.values.sorted { $0.uuid < $1.uuid } }
    }

    /// Flushes one shard that wants it: the largest, while memory is short. One that stands still settles.
    func flushStep() -> StepOutcome {
        let shards = openShards.filter { shard in shard.activity.withLock { $0.wantsFlush } }
        guard let shard = shards.max(by: { $0.memtableBytes < $1.memtableBytes }) else { return .idle }
        let now = environment.clock.monotonicNanoseconds
        shard.inBackground { () throws(EngineError) in
            if shard.isTimeToSettle(now: now) { try shard.settle() } else { try shard.flush() }
        }
        return .again
    }

    /// Runs one merge, and lets go of segments that no pin needs any more.
    func mergeStep() -> StepOutcome {
        var didMerge = false
        for shard in openShards {
            shard.inBackground { () throws(EngineError) in
                if !shard.state.retired.isEmpty { try shard.releaseRetired() }
                if options.mergesInBackground, try shard.mergeOnce() { didMerge = true }
            }
        }
        return didMerge ? .again : .idle
    }

    /// What happens by the clock: refreshes, flushes of what has waited long, expiry.
    func timerStep() -> StepOutcome {
        let now = environment.clock.monotonicNanoseconds
        let tick: UInt64 = 1_000_000_000
        for shard in openShards {
            shard.inBackground { () throws(EngineError) in try shard.tick(now: now) }
        }
        if services.budget.used * 10 >= services.budget.limit * 6 {
            openShards.max(by: { $0.memtableBytes < $1.memtableBytes })?.requestFlush()
        }
        services.reserve.look(environment)
        sweepPointsInTime()
        releaseHeld()
        let shortest = openShards.compactMap(\.refreshNanoseconds).min() ?? tick
        return .idleUntil(now + min(tick, max(shortest, 1_000_000)))
    }
}

extension Shard {
    var memtableBytes: Int {
        sequencer.withLock { $0.countedBytes } + state.views.reduce(0) { $0 + $1.budgetBytes }
    }

    /// Time between refreshes; nil if they come on request only.
    fileprivate var refreshNanoseconds: UInt64? {
        switch tuning.withLock({ $0.refresh }) {
        case .standard: options.refreshInterval?.nanoseconds
        case .onRequest: nil
        case .every(let nanoseconds): nanoseconds
        }
    }

    /// Refreshes and asks for flushes when their time has come.
    fileprivate func tick(now: UInt64) throws(EngineError) {
        let (refreshDue, flushDue) = activity.withLock { activity in
            let refreshDue = refreshNanoseconds.map { now >= activity.lastRefresh + $0 } ?? false
            if refreshDue { activity.lastRefresh = now }
            return (refreshDue, now >= activity.lastFlush + options.flushInterval.nanoseconds)
        }
        if refreshDue, lastSequence != state.visible { try refresh() }
        if flushDue && memtableBytes > 0 || isTimeToSettle(now: now) { requestFlush() }
    }

    /// Runs background work: what fails is kept for whoever asks; the next success clears it. A failure never ends
    /// the work: a full disk gets space again, and a poisoned shard refuses by itself.
    func inBackground(_ body: () throws(EngineError) -> Void) {
        do throws(EngineError) {
            try body()
            activity.withLock { $0.backgroundFailure = nil }
        } catch {
            activity.withLock { activity in
                activity.backgroundFailure = error
                activity.wantsFlush = false
            }
        }
    }
}
