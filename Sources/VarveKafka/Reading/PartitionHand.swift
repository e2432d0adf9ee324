#if Kafka
import VarveBytes
import VarveIngest

/// A partition's hand-over, shared by the thread that reads and the one task that asks and waits.
final class PartitionHand: Sendable {
    let partition: UInt32

    private struct State {
        var handOver: HandOver
        var waiter: (continuation: CheckedContinuation<Void, Never>, deadline: UInt64)?
    }
    private let state: Locked<State>

    init(partition: UInt32, bytesMax: Int) {
        self.partition = partition
        state = Locked(State(handOver: HandOver(bytesMax: bytesMax)))
    }

    /// Reads or changes the hand-over, and wakes who waits if there is an answer now.
    @discardableResult
    func update<Answer: Sendable>(_ change: @Sendable (inout HandOver) -> Answer) -> Answer {
        let (answer, waiter) = state.withLock { state in
            let answer = change(&state.handOver)
            return (answer, state.handOver.hasAnswer ? state.waiter.take()?.continuation : nil)
        }
        waiter?.resume()
        return answer
    }

    /// Waits until there is an answer, or until somebody calls `expire` behind the deadline, in nanoseconds of the
    /// monotonic clock. Ends at once when the task is cancelled.
    func wait(until deadline: UInt64, _ announce: () -> Void) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.handOver.hasAnswer || Task.isCancelled { return true }
                    precondition(state.waiter == nil, "two readers of one partition")
                    state.waiter = (continuation, deadline)
                    return false
                }
                if isOver { continuation.resume() } else { announce() }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.continuation.resume()
        }
    }

    /// Wakes who waits if the deadline has come; else says when it does.
    func expire(at now: UInt64) -> UInt64? {
        let (next, due) = state.withLock { state in
            guard let deadline = state.waiter?.deadline else { return (UInt64?.none, state.waiter) }
            return deadline <= now ? (nil, state.waiter.take()) : (deadline, nil)
        }
        due?.continuation.resume()
        return next
    }
}
#endif
