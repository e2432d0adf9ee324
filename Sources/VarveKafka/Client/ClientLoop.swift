#if Kafka
import VarveBytes
import VarveFiles
import VarveIngest

/// What the thread of a client does: commands first, then news of the client, then the records of every partition
/// whose hand-over has room.
///
/// It sleeps until it is woken: by a command, by somebody who made room, or by librdkafka, which tells when something
/// comes into an empty queue. Questions to the broker hold it up, for at most the time limit of a request; librdkafka
/// goes on fetching meanwhile.
final class ClientLoop: @unchecked Sendable {
    // Unchecked: made by one thread, then reached by the steps of the client's thread alone.
    let configuration: KafkaConfiguration
    private let inbox: Inbox
    private let clock = SystemClock()
    /// Nil once closed.
    private var handle: KafkaHandle?
    private var readers: [UInt32: PartitionReader] = [:]
    /// Made when it is first needed.
    private var nudge: FetchNudge?
    var health = ClusterHealth()

    init(
        _ configuration: KafkaConfiguration, _ inbox: Inbox, wake: @escaping @Sendable () -> Void
    ) throws(StreamSourceError) {
        self.configuration = configuration
        self.inbox = inbox
        do throws(KafkaFault) {
            handle = try KafkaHandle(
                topic: configuration.topic, properties: configuration.clientProperties, wake: wake)
        } catch { throw StreamSourceError("\(configuration.name): \(error.text)") }
    }

    deinit { shutDown() }

    var now: UInt64 { clock.monotonicNanoseconds }

    // MARK: The thread

    func step() -> StepOutcome {
        let (commands, isStopping) = inbox.take()
        if isStopping { shutDown() }
        for command in commands { command(self) }
        guard handle != nil else {
            inbox.ended.signal()
            return .done
        }
        listen()
        let isBusy = readAll()
        let now = now
        // Woken for whatever happens; this is for what might be missed.
        var next = now + 1_000_000_000
        for reader in readers.values {
            if let deadline = reader.hand.expire(at: now) { next = min(next, deadline) }
        }
        return isBusy ? .again : .idleUntil(next)
    }

    private func shutDown() {
        guard let handle else { return }
        let closed = StreamSourceError("\(configuration.name) is closed")
        for reader in readers.values {
            reader.hand.update { $0.end(closed) }
            try? handle.close(reader.queue)
        }
        readers = [:]
        nudge?.stop()
        handle.close()
        self.handle = nil
    }

    func client() throws(StreamSourceError) -> KafkaHandle {
        guard let handle else { throw StreamSourceError("\(configuration.name) is closed") }
        return handle
    }

    /// Takes note of what happened to the client as a whole.
    func listen() {
        while let event = handle?.nextEvent() {
            switch event {
            case .fault(let fault):
                health.note(fault, at: now)
                guard fault.isRefusal else { continue }
                for reader in readers.values { fail(reader.hand, error(fault)) }
            case .strayed(let partition):
                guard let hand = readers[partition]?.hand else { continue }
                fail(hand, StreamSourceError("\(name(of: partition)) lost its place", isTransient: true))
            }
        }
    }

    // MARK: Partitions

    /// Has a partition read from a pointer on, for this hand-over and no other one.
    func move(_ hand: PartitionHand, to pointer: StreamPointer) throws(StreamSourceError) {
        if let reader = readers[hand.partition], reader.hand === hand {
            try turn(reader, to: pointer)
        } else {
            try require(hand.partition, wasRead: pointer.low > 0)
            if let other = readers[hand.partition]?.hand {
                drop(hand.partition)
                let taken = StreamSourceError("\(name(of: hand.partition)) is read by another source now")
                other.update { $0.end(taken) }
            }
            let queue = try open(hand.partition, at: PartitionReader.start(of: pointer))
            readers[hand.partition] = PartitionReader(hand, queue, at: pointer)
        }
        hand.update { $0.restart(at: pointer) }
    }

    private func open(_ partition: UInt32, at offset: UInt64) throws(StreamSourceError) -> PartitionQueue {
        let client = try client()
        do throws(KafkaFault) { return try client.open(partition, at: offset) } catch {
            throw self.error(error)
        }
    }

    private func turn(_ reader: PartitionReader, to pointer: StreamPointer) throws(StreamSourceError) {
        let client = try client()
        do throws(KafkaFault) {
            try client.move(
                reader.queue, to: PartitionReader.start(of: pointer),
                within: configuration.requestMilliseconds)
        } catch {
            drop(reader.hand.partition)
            reader.hand.update { $0.stop() }
            throw self.error(error)
        }
        readers[reader.hand.partition] = PartitionReader(reader.hand, reader.queue, at: pointer)
    }

    /// Stops reading for a hand-over that nobody asks any more.
    func release(_ hand: PartitionHand) {
        if readers[hand.partition]?.hand === hand { drop(hand.partition) }
    }

    /// Stops reading everything, until it is asked for again.
    func dropAll() {
        for reader in readers.values {
            drop(reader.hand.partition)
            reader.hand.update { $0.stop() }
        }
    }

    private func drop(_ partition: UInt32) {
        guard let reader = readers.removeValue(forKey: partition) else { return }
        try? handle?.close(reader.queue)
    }

    /// The partition is no longer read; the next one who asks for it opens it again.
    private func fail(_ hand: PartitionHand, _ error: StreamSourceError) {
        drop(hand.partition)
        hand.update { $0.fail(error, closes: true) }
    }

    // MARK: Records

    /// - Returns: Whether there is more to read at once.
    private func readAll() -> Bool {
        var isBusy = false
        for partition in Array(readers.keys) {
            guard var reader = readers[partition] else { continue }
            guard reader.hand.update({ $0.hasRoom }) else { continue }
            let (outcome, hasNews, mayHaveMore) = reader.read()
            let mayHaveBeenFull = reader.takeDrained(atLeast: configuration.queueBytes / 2)
            readers[partition] = reader
            if hasNews { health.answered() }
            switch outcome {
            case .fine:
                if hasNews { hear(partition, reader.hand) }
                if mayHaveBeenFull { resumeFetching(reader.hand) }
                if mayHaveMore { isBusy = true }
            case .rewritten(let offset):
                fail(
                    reader.hand,
                    StreamSourceError(
                        "\(name(of: partition)) was rewritten: offset \(offset) holds another record than the one "
                            + "that was read there; reset it to go on"))
            case .outOfRange: leaveRange(partition, reader)
            case .fault(let fault): fail(reader.hand, error(fault))
            }
        }
        return isBusy
    }

    /// Takes half of a queue to have been full before: librdkafka may have stopped fetching.
    private func resumeFetching(_ hand: PartitionHand) {
        guard let handle else { return }
        let nudge = nudge ?? FetchNudge(handle.ends)
        self.nudge = nudge
        nudge(hand)
    }

    private func hear(_ partition: UInt32, _ hand: PartitionHand) {
        guard let end = handle?.knownHigh(of: partition) else { return }
        let now = now
        hand.update { $0.hear(end: end, at: now) }
    }

    /// The offset to go on from is not there: by policy, goes on elsewhere or stops.
    private func leaveRange(_ partition: UInt32, _ reader: PartitionReader) {
        do throws(StreamSourceError) {
            let range = try offsets(of: partition)
            let now = now
            reader.hand.update { $0.hear(end: range.high, at: now) }
            if range.contains(reader.next) {
                guard reader.isUnproven else { throw range.refused(reader.next) }
                // Only the record before it is gone, as it may be.
                return try resume(reader, at: reader.next)
            }
            guard reader.next < range.low, let start = range.start(configuration.autoOffsetReset) else {
                throw range.outOfRange(reader.next)
            }
            try resume(reader, at: start)
            let lost = range.lost(from: reader.next, to: start)
            reader.hand.update { $0.fail(lost, closes: false) }
        } catch { fail(reader.hand, error) }
    }

    /// Reads on at another offset. A partition whose offset was out of range takes no seek; it is opened anew.
    private func resume(_ reader: PartitionReader, at offset: UInt64) throws(StreamSourceError) {
        let hand = reader.hand
        drop(hand.partition)
        let queue = try open(hand.partition, at: offset)
        readers[hand.partition] = PartitionReader(hand, queue, at: StreamPointer(offset))
    }
}
#endif
