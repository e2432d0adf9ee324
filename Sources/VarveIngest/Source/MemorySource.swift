import VarveBytes

/// A stream in memory: for tests, and for programs that feed a store from their own code.
///
/// Pointers count messages from 0. It keeps everything that was appended; `trim` lets go of the start.
public final class MemorySource: StreamSource {
    private struct State {
        var messages: [[UInt8]] = []
        var timestamps: [Int64] = []
        var first: UInt64 = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Locked(State())
    public let name: String

    public init(name: String = "memory") { self.name = name }

    /// Adds a message and wakes whoever waits for one. Returns its pointer.
    @discardableResult
    public func append(_ payload: [UInt8], timestamp: Int64 = 0) -> StreamPointer {
        let (pointer, waiting) = state.withLock { state in
            state.messages.append(payload)
            state.timestamps.append(timestamp)
            defer { state.waiting = [] }
            return (StreamPointer(state.first + UInt64(state.messages.count - 1)), state.waiting)
        }
        for waiter in waiting { waiter.resume() }
        return pointer
    }

    @discardableResult
    public func append(_ text: String, timestamp: Int64 = 0) -> StreamPointer {
        append(Array(text.utf8), timestamp: timestamp)
    }

    /// Forgets the messages before a pointer, as a stream with retention does.
    public func trim(before pointer: StreamPointer) {
        state.withLock { state in
            let count = Int(min(UInt64(state.messages.count), pointer.low - min(pointer.low, state.first)))
            state.messages.removeFirst(count)
            state.timestamps.removeFirst(count)
            state.first += UInt64(count)
        }
    }

    public func end() -> StreamPointer? {
        state.withLock { StreamPointer($0.first + UInt64($0.messages.count)) }
    }

    public func start() -> StreamPointer? { state.withLock { StreamPointer($0.first) } }

    public func resolve(_ position: StartPosition) throws -> StreamPointer {
        try state.withLock { state in
            let end = state.first + UInt64(state.messages.count)
            switch position {
            case .earliest: return StreamPointer(state.first)
            case .latest: return StreamPointer(end)
            case .pointer(let pointer):
                guard pointer.low >= state.first && pointer.low <= end else {
                    throw StreamSourceError("pointer \(pointer) is outside \(name): \(state.first) to \(end)")
                }
                return pointer
            case .timestamp(let milliseconds):
                let at = state.timestamps.firstIndex { $0 >= milliseconds } ?? state.messages.count
                return StreamPointer(state.first + UInt64(at))
            }
        }
    }

    public func poll(
        from pointer: StreamPointer, limit: Int, timeout: Duration
    ) async throws -> [Message] {
        try await poll(from: pointer, limit: limit, bytes: .max, timeout: timeout)
    }

    public func poll(
        from pointer: StreamPointer, limit: Int, bytes: Int, timeout: Duration
    ) async throws -> [Message] {
        let found = try take(from: pointer, limit: limit, bytes: bytes)
        if !found.isEmpty || timeout <= .zero { return found }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForMessage(after: pointer) }
            group.addTask { try? await Task.sleep(for: timeout) }
            await group.next()
            group.cancelAll()
            wakeAll()
        }
        return try take(from: pointer, limit: limit, bytes: bytes)
    }

    private func take(from pointer: StreamPointer, limit: Int, bytes: Int) throws -> [Message] {
        try state.withLock { state in
            guard pointer.low >= state.first else {
                throw StreamSourceError("pointer \(pointer) is gone: \(name) starts at \(state.first)")
            }
            let start = Int(min(pointer.low - state.first, UInt64(state.messages.count)))
            var left = bytes
            let range = (start..<min(start + max(0, limit), state.messages.count)).prefix { at in
                left -= state.messages[at].count
                return left >= 0 || at == start
            }
            return range.map { at in
                let number = state.first + UInt64(at)
                return Message(
                    pointer: StreamPointer(number), next: StreamPointer(number + 1),
                    payload: state.messages[at][...], timestamp: state.timestamps[at])
            }
        }
    }

    private func waitForMessage(after pointer: StreamPointer) async {
        await withCheckedContinuation { waiter in
            let isThere = state.withLock { state in
                if Task.isCancelled || pointer.low < state.first + UInt64(state.messages.count) {
                    return true
                }
                state.waiting.append(waiter)
                return false
            }
            if isThere { waiter.resume() }
        }
    }

    private func wakeAll() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }
}
