#if Kafka
import VarveFiles
import VarveIngest

/// One partition of a topic as a source.
///
/// Opened by the first `poll`. Asking for another pointer than the one behind the last answer moves it, which costs a
/// request; asking again for a part of the last answer does not.
final class KafkaPartition: StreamSource {
    let name: String
    private let client: KafkaClient
    private let hand: PartitionHand
    private let messagesMax: Int
    /// How old what is known of the end may be, for lag.
    private static let endAge: UInt64 = 1_000_000_000

    init(_ partition: UInt32, of configuration: KafkaConfiguration, _ client: KafkaClient) {
        name = "\(configuration.name)/\(partition)"
        self.client = client
        messagesMax = configuration.messagesPerPollMax ?? .max
        hand = PartitionHand(partition: partition, bytesMax: configuration.handOverBytes)
    }

    deinit { client.tell { [hand] in $0.release(hand) } }

    func resolve(_ position: StartPosition) async throws -> StreamPointer {
        let partition = hand.partition
        return try await client.ask { try $0.resolve(position, in: partition) }
    }

    func poll(from pointer: StreamPointer, limit: Int, timeout: Duration) async throws -> [Message] {
        try await poll(from: pointer, limit: limit, bytes: .max, timeout: timeout)
    }

    func poll(
        from pointer: StreamPointer, limit: Int, bytes: Int, timeout: Duration
    ) async throws -> [Message] {
        guard pointer.high == 0, pointer.middle == 0, pointer.low <= UInt64(Int64.max) else {
            throw StreamSourceError("\(pointer) is no offset of \(name)")
        }
        let deadline = SystemClock().monotonicNanoseconds &+ timeout.nanoseconds
        let limit = min(limit, messagesMax)
        while true {
            switch hand.update({ $0.take(from: pointer, limit: limit, bytes: bytes) }) {
            case .messages(let messages, let makesRoom):
                if makesRoom { client.wake() }
                return messages
            case .failed(let error): throw error
            case .elsewhere: try await client.ask { [hand] in try $0.move(hand, to: pointer) }
            case .nothing:
                if SystemClock().monotonicNanoseconds >= deadline {
                    try await client.ask { [hand] in try $0.probe(hand) }
                    return []
                }
                await hand.wait(until: deadline) { client.wake() }
                try Task.checkCancellation()
            }
        }
    }

    func end() async throws -> StreamPointer? {
        let now = SystemClock().monotonicNanoseconds
        if let known = hand.update({ $0.end(at: now, age: Self.endAge) }) { return known }
        do { try await client.ask { [hand] in try $0.measure(hand) } } catch is StreamSourceError {
            // That the brokers do not answer is for `poll` to tell; what was last heard stands.
        }
        return hand.update { $0.lastEnd }
    }

    func start() async throws -> StreamPointer? { try await resolve(.earliest) }

    /// What is ready and has not been taken yet.
    var waitingBytes: Int { hand.update { $0.bytes } }

    func describe(_ pointer: StreamPointer) -> String { "offset \(pointer)" }

    /// Compaction, marks of transactions and aborted ones leave holes that held nothing for anybody.
    var arePointersDense: Bool { false }
}
#endif
