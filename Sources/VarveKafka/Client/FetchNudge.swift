#if Kafka
import VarveBytes
import VarveFiles

/// Has librdkafka fetch partitions again that it may have stopped fetching.
///
/// Its thread for a broker looks every second only whether a queue that was full has room again, unless there is
/// something else for it to do: a request. The answer may stand behind that to a fetch that waits for news, so it is
/// waited for by a thread of its own, and the one that reads goes on.
final class FetchNudge: Sendable {
    /// After that librdkafka looks by itself.
    private static let milliseconds: Int32 = 1_000
    private let waiting: Waiting
    private let work: any ScheduledWork

    /// What the thread shares with the nudge, and may keep.
    private final class Waiting: Sendable {
        let hands = Locked<[PartitionHand]>([])
    }

    /// Starts the thread.
    init(_ ends: EndQuestion) {
        let waiting = Waiting()
        self.waiting = waiting
        work = ThreadScheduler().schedule("varve-nudge") {
            guard let hand = waiting.hands.withLock({ $0.popLast() }) else { return .idle }
            if let end = try? ends.watermarks(of: hand.partition, within: Self.milliseconds).high {
                let now = SystemClock().monotonicNanoseconds
                hand.update { $0.hear(end: end, at: now) }
            }
            return .again
        }
    }

    /// For a partition whose queue may have been full; does not wait.
    func callAsFunction(_ hand: PartitionHand) {
        waiting.hands.withLock { hands in
            if !hands.contains(where: { $0 === hand }) { hands.append(hand) }
        }
        work.wake()
    }

    /// Waits for the question that is being asked, up to about two seconds if no broker answers. Before the client is
    /// closed.
    func stop() { work.stop() }
}
#endif
