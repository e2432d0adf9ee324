#if Kafka
import VarveIngest

/// What lies between the thread that reads a partition and whoever asks for its messages: a pure value.
///
/// Invariants: messages leave in the order in which they came; a failure is told once, behind all that came before it;
/// nothing is answered for another pointer than where the last answer ended, but for what was handed out last, so that
/// whoever could take only a part of it asks for the rest at no cost.
struct HandOver {
    enum Answer {
        /// - Parameter makesRoom: Whether reading had stopped for want of room and can go on.
        case messages([Message], makesRoom: Bool)
        case nothing
        /// The partition is not being read, or not from this pointer.
        case elsewhere
        case failed(StreamSourceError)
    }

    private struct Batch {
        var messages: [Message]
        /// What they take; 0 for those that were handed out before, which whoever took them holds.
        var bytes: Int
        var taken = 0

        /// Behind the last message that fits into so many messages and bytes.
        func end(messages limit: Int, bytes room: Int) -> Int {
            let end = min(messages.count, taken + limit)
            if bytes > 0 && bytes <= room { return end }
            var left = room
            for at in taken..<end {
                left -= messages[at].payload.count + (messages[at].key?.count ?? 0)
                if left < 0 { return at }
            }
            return end
        }
    }

    /// Reading stops while this much waits; one read may go beyond it by what a record is larger than those before it.
    let bytesMax: Int
    /// Where the next answer begins; nil while the partition is not read.
    private(set) var position: StreamPointer?
    /// Behind the last message that came in.
    private var tail = StreamPointer(0)
    /// Whether there is nothing behind `tail` that could be read.
    private(set) var isAtEnd = false
    /// The end as last heard of, and when, in nanoseconds of the monotonic clock.
    private var heard: (end: UInt64, at: UInt64)?
    private var batches: [Batch] = []
    /// What waits.
    private(set) var bytes = 0
    /// What was handed out last, and for which pointer.
    private var recent: (from: StreamPointer, messages: [Message])?
    private var failure: (error: StreamSourceError, closes: Bool)?
    /// Why nothing is answered any more.
    private var ending: StreamSourceError?

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Bytes that may still come in.
    var room: Int { max(0, bytesMax - bytes) }
    var hasRoom: Bool { position != nil && failure == nil && ending == nil && room > 0 }
    /// Whether asking now would get anything but `.nothing`.
    var hasAnswer: Bool { !batches.isEmpty || failure != nil || ending != nil || position == nil }

    // MARK: The thread that reads

    /// Reading begins anew at a pointer; nothing from before is handed out any more.
    mutating func restart(at pointer: StreamPointer) {
        position = pointer
        tail = pointer
        isAtEnd = false
        batches = []
        bytes = 0
        recent = nil
        failure = nil
    }

    /// Nothing is read any more, nor handed out.
    mutating func stop() {
        restart(at: StreamPointer(0))
        position = nil
    }

    mutating func add(_ messages: [Message], bytes added: Int) {
        guard position != nil, let last = messages.last else { return }
        tail = last.next
        isAtEnd = false
        bytes += added
        // Trickling records share a batch, so that a long queue of them stays short.
        if let end = batches.indices.last, batches[end].messages.count + messages.count <= 256 {
            batches[end].messages.append(contentsOf: messages)
            batches[end].bytes += added
        } else {
            batches.append(Batch(messages: messages, bytes: added))
        }
    }

    /// Nothing that could be read lies behind what came in.
    mutating func reachEnd() { isAtEnd = true }

    mutating func hear(end: UInt64, at now: UInt64) { heard = (end, now) }

    /// - Parameter closes: Whether the partition is no longer read; else it goes on behind the failure.
    mutating func fail(_ error: StreamSourceError, closes: Bool) {
        if failure?.closes == true || position == nil { return }
        failure = (error, closes)
    }

    /// Nothing is answered from now on but this.
    mutating func end(_ reason: StreamSourceError) {
        stop()
        ending = ending ?? reason
    }

    // MARK: Who asks

    /// - Parameters:
    ///   - limit: At most this many messages.
    ///   - limitBytes: And no more bytes of them, but for one message that is larger.
    mutating func take(from pointer: StreamPointer, limit: Int, bytes limitBytes: Int = .max) -> Answer {
        if let ending { return .failed(ending) }
        guard position == pointer || rewind(to: pointer) else { return .elsewhere }
        if !batches.isEmpty {
            let wasFull = !hasRoom
            let messages = collect(max(1, limit), bytes: limitBytes)
            recent = (pointer, messages)
            position = messages.last?.next
            return .messages(messages, makesRoom: wasFull && hasRoom)
        }
        guard let failed = failure else { return .nothing }
        failure = nil
        if failed.closes { position = nil }
        return .failed(failed.error)
    }

    /// The end, for lag: nil if what is known of it is older than `age` nanoseconds.
    func end(at now: UInt64, age: UInt64) -> StreamPointer? {
        if position != nil && isAtEnd { return tail }
        guard let heard, now < heard.at &+ age else { return nil }
        return lastEnd
    }

    /// The end as far as it is known, however old that is.
    var lastEnd: StreamPointer? {
        if position != nil && isAtEnd { return tail }
        guard let heard else { return nil }
        return position == nil ? StreamPointer(heard.end) : max(tail, StreamPointer(heard.end))
    }

    /// Messages from the front: one, and as many more as are within both limits.
    private mutating func collect(_ limit: Int, bytes limitBytes: Int) -> [Message] {
        var messages: [Message] = []
        var left = limitBytes
        var whole = 0
        while whole < batches.count && messages.count < limit {
            let batch = batches[whole]
            var end = batch.end(messages: limit - messages.count, bytes: left)
            if messages.isEmpty { end = max(end, batch.taken + 1) }
            let taken = batch.messages[batch.taken..<end]
            if messages.isEmpty && taken.count == batch.messages.count {
                messages = batch.messages
            } else {
                messages.append(contentsOf: taken)
            }
            guard end == batch.messages.count else {
                batches[whole].taken = end
                break
            }
            left -= taken.reduce(0) { $0 + $1.payload.count + ($1.key?.count ?? 0) }
            bytes -= batch.bytes
            whole += 1
        }
        batches.removeFirst(whole)
        return messages
    }

    /// Puts back what was handed out last, from `pointer` on.
    private mutating func rewind(to pointer: StreamPointer) -> Bool {
        guard position != nil, let recent else { return false }
        let messages = recent.messages
        let at = pointer == recent.from ? 0 : messages.firstIndex { $0.pointer >= pointer } ?? messages.count
        guard at < messages.count else { return false }
        guard at == 0 || messages[at].pointer == pointer || messages[at - 1].next == pointer else {
            return false
        }
        guard at > 0 || pointer == recent.from || messages[0].pointer == pointer else { return false }
        // Its bytes are no longer counted: they were given away, and are held by whoever took them.
        batches.insert(Batch(messages: messages, bytes: 0, taken: at), at: 0)
        position = pointer
        self.recent = nil
        return true
    }
}
#endif
