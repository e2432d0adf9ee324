#if Kafka
import CRdKafka
import VarveIngest

/// Questions to the brokers, which hold the thread up until they are answered or their time is over.
extension ClientLoop {
    func name(of partition: UInt32) -> String { "\(configuration.name)/\(partition)" }

    /// The one place where librdkafka's errors become a source's.
    func error(_ fault: KafkaFault) -> StreamSourceError {
        StreamSourceError("\(configuration.name): \(fault.text)", isTransient: !fault.isPermanent)
    }

    /// The numbers of the topic's partitions.
    ///
    /// - Parameter wasRead: Whether the caller has read the topic before, so that it is gone if it is not there.
    func partitions(wasRead: Bool = false, within limit: Duration? = nil) throws(StreamSourceError)
        -> [UInt32]
    {
        let client = try client()
        let start = now
        let deadline = start + (limit ?? configuration.requestTimeout).nanoseconds
        // Short ones first: what a connection says in the meantime may end the wait.
        var slice: UInt64 = 250_000_000
        while true {
            let left = deadline > now ? deadline - now : 0
            do throws(KafkaFault) {
                let found = try client.partitions(within: Int32(max(1, min(slice, left) / 1_000_000)))
                health.sawTopic(at: now)
                return found
            } catch {
                listen()
                if error.isMissingTopic { throw missingTopic(wasRead: wasRead) }
                if !error.isSilence { throw self.error(error) }
                // A cluster of one broker is down whenever its connection is cut: that is given a second.
                let isDown = health.outage != nil && now > start + 1_000_000_000
                if left <= slice || isDown || health.isRefused(at: now) {
                    throw health.silence(configuration.name, error, at: now)
                }
            }
            slice *= 2
        }
    }

    /// Nothing that was read of a topic that is gone says anything about one of the same name that comes later.
    private func missingTopic(wasRead: Bool) -> StreamSourceError {
        dropAll()
        let isGone = health.missedTopic(
            wasRead: wasRead, at: now, deadline: configuration.missingTopicDeadline)
        return StreamSourceError(
            "Topic \(configuration.topic) does not exist\(isGone ? " any more" : "")", isTransient: !isGone)
    }

    /// The partition must be there.
    func require(_ partition: UInt32, wasRead: Bool) throws(StreamSourceError) {
        if try partitions(wasRead: wasRead).contains(partition) { return }
        throw missing(partition)
    }

    private func missing(_ partition: UInt32) -> StreamSourceError {
        StreamSourceError(
            "Partition \(partition) does not exist in topic \(configuration.topic)", isTransient: true)
    }

    func offsets(of partition: UInt32) throws(StreamSourceError) -> OffsetRange {
        let client = try client()
        do throws(KafkaFault) {
            let (low, high) = try client.ends.watermarks(
                of: partition, within: configuration.requestMilliseconds)
            health.answered()
            return OffsetRange(name: name(of: partition), low: low, high: high)
        } catch {
            listen()
            throw error.isSilence ? health.silence(configuration.name, error, at: now) : self.error(error)
        }
    }

    func resolve(_ position: StartPosition, in partition: UInt32) throws(StreamSourceError) -> StreamPointer {
        try require(partition, wasRead: false)
        switch position {
        case .earliest: return StreamPointer(try offsets(of: partition).low)
        case .latest: return StreamPointer(try offsets(of: partition).high)
        case .pointer(let pointer):
            let range = try offsets(of: partition)
            guard pointer.high == 0, pointer.middle == 0, range.contains(pointer.low) else {
                throw range.outside(pointer)
            }
            return pointer
        case .timestamp(let milliseconds):
            let client = try client()
            do throws(KafkaFault) {
                // Negative times have meanings of their own in the protocol; nothing is older than 1970.
                let found = try client.offset(
                    at: max(0, milliseconds), in: partition, within: configuration.requestMilliseconds)
                if let found { return StreamPointer(found) }
            } catch { throw self.error(error) }
            // All records are older: what comes next is the first one that is not.
            return StreamPointer(try offsets(of: partition).high)
        }
    }

    /// Makes sure that silence is that of a stream without news, not that of a cluster or a topic that is gone:
    /// librdkafka says nothing of a topic that was deleted while it waits for its records.
    func probe(_ hand: PartitionHand) throws(StreamSourceError) {
        let now = now
        let age = min(Self.topicAge, configuration.missingTopicDeadline.nanoseconds / 2)
        if health.isWell && health.hasSeenTopic(within: age, at: now) { return }
        if !health.isWell && health.isSilent(at: now) {
            throw health.silence(
                configuration.name, KafkaFault(RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer"), at: now)
        }
        if try partitions(wasRead: true, within: .seconds(1)).contains(hand.partition) { return }
        throw missing(hand.partition)
    }

    /// How old the last sight of the topic may be, in nanoseconds, while nothing comes from it.
    private static var topicAge: UInt64 { 10_000_000_000 }

    /// Asks for the end of a partition.
    func measure(_ hand: PartitionHand) throws(StreamSourceError) {
        // librdkafka would wait for a partition that it does not know.
        if hand.update({ $0.position == nil }) { try require(hand.partition, wasRead: false) }
        let end = try offsets(of: hand.partition).high
        let now = now
        hand.update { $0.hear(end: end, at: now) }
    }
}

extension Duration {
    /// At most 584 years; 0 for what is negative.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0, seconds < 1 << 33 else { return seconds < 0 ? 0 : .max >> 1 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}
#endif
