#if Kinesis
import VarveBytes
import VarveFiles
import VarveIngest

/// One shard of a stream as a source.
///
/// It keeps the iterator that the last answer gave, so that reading on costs one call; any other pointer, an iterator
/// that has expired, or a failure costs one call more. Reads of a shard keep the distance that the service asks for.
actor KinesisShard: StreamSource {
    nonisolated let name: String
    private let client: KinesisClient
    private let shard: String
    /// Where the next answer begins, and the iterator for it. Pointers of moments are equal by their numbers, so places
    /// are compared.
    private var ready: (pointer: StreamPointer, iterator: String)?
    /// The end of the shard, if the last answer reached it.
    private var reached: StreamPointer?
    /// A closed shard was read to its end: nothing comes after this pointer.
    private var final: StreamPointer?
    private var lastRead: ContinuousClock.Instant?
    /// A shard with few records may answer with none for a while, though there are some.
    private static let patience = Duration.seconds(60)

    init(_ client: KinesisClient, shard: String) {
        self.client = client
        self.shard = shard
        name = "\(client.configuration.name)/\(shard)"
    }

    nonisolated func describe(_ pointer: StreamPointer) -> String {
        "sequence number \(ShardPlace(pointer).text)"
    }

    nonisolated var arePointersDense: Bool { false }

    // MARK: Places

    /// A shard has no number for its end, and none at all while it is empty: so *earliest* is the horizon, *latest*
    /// the present moment, and a time is that moment. Each is a place that can be asked for again after a crash.
    func resolve(_ position: StartPosition) async throws -> StreamPointer {
        switch position {
        case .earliest: return ShardPlace.horizon.pointer
        case .latest: return ShardPlace.time(milliseconds: SystemClock().wallMilliseconds).pointer
        case .timestamp(let milliseconds): return ShardPlace.time(milliseconds: milliseconds).pointer
        case .pointer(let pointer):
            do { _ = try await client.iterator(of: shard, at: ShardPlace(pointer)) } catch let fault
                as KinesisFault
            {
                throw fault.error(of: "\(name) at \(ShardPlace(pointer).text)")
            }
            return pointer
        }
    }

    func end() -> StreamPointer? { reached }

    /// The number of a moment says nothing of what lies before it.
    nonisolated func maySkip(from old: StreamPointer, to new: StreamPointer) -> Bool {
        if case .time = ShardPlace(new) { return true }
        return new > old
    }

    // MARK: Reading

    func poll(from pointer: StreamPointer, limit: Int, timeout: Duration) async throws -> [Message] {
        let deadline = ContinuousClock.now + timeout
        while true {
            if let final, ShardPlace(final) == ShardPlace(pointer) { return [] }
            try await keepDistance()
            let answer = try await read(from: pointer, limit: limit)
            if !answer.messages.isEmpty { return answer.messages }
            if final != nil { return [] }
            // An answer may be empty though there is more: then nothing is said about the end of the shard.
            if ContinuousClock.now >= deadline {
                if answer.millisBehind > 0 {
                    if timeout > .zero && ContinuousClock.now < deadline + Self.patience { continue }
                    throw StreamSourceError(
                        "\(name) is \(answer.millisBehind) ms behind and got nothing yet", isTransient: true)
                }
                return []
            }
        }
    }

    private func keepDistance() async throws {
        if let lastRead {
            try await Task.sleep(
                until: lastRead + client.configuration.readInterval, clock: ContinuousClock())
        }
        lastRead = .now
    }

    private func read(from pointer: StreamPointer, limit: Int) async throws -> RecordsAnswer {
        do {
            return try await answer(from: pointer, limit: limit)
        } catch let fault as KinesisFault where fault.wantsIterator {
            ready = nil
            do { return try await answer(from: pointer, limit: limit) } catch let fault as KinesisFault {
                throw fault.error(of: name)
            }
        } catch let fault as KinesisFault { throw fault.error(of: name) }
    }

    private func answer(from pointer: StreamPointer, limit: Int) async throws -> RecordsAnswer {
        let iterator: String
        if let ready, ShardPlace(ready.pointer) == ShardPlace(pointer) {
            iterator = ready.iterator
        } else {
            iterator = try await client.iterator(of: shard, at: ShardPlace(pointer))
        }
        ready = nil
        let answer = try await client.records(at: iterator, limit: min(max(1, limit), 10_000))
        let end = answer.messages.last?.next ?? pointer
        (ready, final) = answer.next.map { ((end, $0), nil) } ?? (nil, end)
        reached = answer.millisBehind == 0 ? end : nil
        return answer
    }
}
#endif
