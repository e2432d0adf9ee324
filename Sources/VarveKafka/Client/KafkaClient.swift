#if Kafka
import VarveBytes
import VarveFiles
import VarveIngest

/// The door to the thread that owns a client: takes questions and hands their answers back.
///
/// Dropping the last reference ends the thread and the client, without waiting for them; `close` waits.
final class KafkaClient: Sendable {
    /// What is to be done by the thread.
    typealias Command = @Sendable (ClientLoop) -> Void

    private let inbox = Inbox()
    private let work: any ScheduledWork
    private let name: String

    init(_ configuration: KafkaConfiguration) throws(StreamSourceError) {
        name = configuration.name
        let waker = Waker()
        let loop = try ClientLoop(configuration, inbox) { waker.wake() }
        work = ThreadScheduler().schedule("varve-kafka") { loop.step() }
        waker.work = work
    }

    /// Has the thread look for what is new.
    func wake() { work.wake() }

    /// Leaves a command and does not wait for it. Without effect once the client is closed.
    func tell(_ command: @escaping Command) {
        if inbox.add(command) { work.wake() }
    }

    /// Has the thread do something, and waits. A cancelled task stops waiting; the thread goes on.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (ClientLoop) throws -> Answer
    ) async throws -> Answer {
        let reply = Reply<Answer>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                reply.expect(continuation)
                let isTaken = inbox.add { loop in reply.give(Result { try question(loop) }) }
                if isTaken {
                    work.wake()
                } else {
                    reply.give(.failure(StreamSourceError("\(name) is closed")))
                }
            }
        } onCancel: {
            reply.give(.failure(CancellationError()))
        }
    }

    func close() async {
        inbox.stop()
        work.wake()
        await withCheckedContinuation { continuation in inbox.ended.whenSet { continuation.resume() } }
    }
}

/// What is waiting for the thread.
final class Inbox: Sendable {
    private struct State {
        var commands: [KafkaClient.Command] = []
        var isStopping = false
    }
    private let state = Locked(State())
    /// Set when the client is gone.
    let ended = Event()

    func add(_ command: @escaping KafkaClient.Command) -> Bool {
        state.withLock { state in
            if state.isStopping { return false }
            state.commands.append(command)
            return true
        }
    }

    func stop() { state.withLock { $0.isStopping = true } }

    func take() -> (commands: [KafkaClient.Command], isStopping: Bool) {
        state.withLock { state in
            defer { state.commands = [] }
            return (state.commands, state.isStopping)
        }
    }
}

/// Wakes a work that does not exist yet when the one that wakes is made, and that must be free to end.
private final class Waker: Sendable {
    private struct Work { weak var work: (any ScheduledWork)? }
    private let state = Locked(Work())

    var work: (any ScheduledWork)? {
        get { state.withLock { $0.work } }
        set { state.withLock { $0.work = newValue } }
    }

    func wake() { work?.wake() }
}

/// An answer that is given once, to a task that may have stopped waiting.
private final class Reply<Answer: Sendable>: Sendable {
    private enum State {
        case open
        case expected(CheckedContinuation<Answer, any Error>)
        case given(Result<Answer, any Error>)
        case done
    }
    private let state = Locked(State.open)

    func expect(_ continuation: CheckedContinuation<Answer, any Error>) {
        let early: Result<Answer, any Error>? = state.withLock { state in
            if case .given(let answer) = state {
                state = .done
                return answer
            }
            state = .expected(continuation)
            return nil
        }
        if let early { continuation.resume(with: early) }
    }

    func give(_ answer: Result<Answer, any Error>) {
        let waiting: CheckedContinuation<Answer, any Error>? = state.withLock { state in
            switch state {
            case .open: state = .given(answer)
            case .expected(let continuation):
                state = .done
                return continuation
            case .given, .done: break
            }
            return nil
        }
        waiting?.resume(with: answer)
    }
}
#endif
