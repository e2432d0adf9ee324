import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

@Suite struct `Log under threads` {
    /// What the appenders share.
    private final class Tally: Sendable {
        let next = Locked<UInt64>(0)
        let answered = Locked<[UInt64]>([])
        let accepted = Locked(0)
    }

    @Test func `64 threads append to a real disk and each record is acknowledged once and found`()
        async throws
    {
        let root = try TemporaryRoot()
        let environment = Environment(
            files: root.files, clock: SystemClock(), random: SystemRandom(), scheduler: ThreadScheduler())
        try LogWorld.prepare(root.files)
        var options = LogOptions()
        options.fileBytes = 256 << 10
        options.openingFileBytes = 64 << 10
        let log = try LogWriter.create(
            in: LogWorld.directory, owner: LogWorld.owner, epoch: 1, environment: environment,
            options: options)
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    for _ in 0..<50 {
                        let (first, ticket) = try tally.next.withLock { next in
                            let ticket = try log.append(batch: next, operations: 2, bytes: 300)
                            next += 2
                            return (next - 2, ticket)
                        }
                        try await withCheckedThrowingContinuation { waiter in
                            log.whenAcknowledged(ticket) {
                                waiter.resume(with: $0.mapError { $0 as any Error })
                            }
                        }
                        tally.answered.withLock { $0.append(first) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(tally.answered.withLock { $0.sorted() } == (0..<3200).map { 2 * $0 })
        #expect(log.durableSequenceNumber == SequenceNumber(rawValue: 6399))
        try log.close()
        var found: [UInt64] = []
        let report = try LogRecovery.read(
            in: LogWorld.directory, owner: LogWorld.owner, lowestFile: 1, files: root.files
        ) { record in
            #expect(record.payload?.bytes.copyBytes() == pattern(record.first.rawValue, 300))
            found.append(record.first.rawValue)
        }
        #expect(found == (0..<3200).map { 2 * $0 } && report.wasClosed && report.files.count > 3)
    }

    @Test func `closing while others append leaves nobody waiting`() async throws {
        let root = try TemporaryRoot()
        let environment = Environment(
            files: root.files, clock: SystemClock(), random: SystemRandom(), scheduler: ThreadScheduler())
        try LogWorld.prepare(root.files)
        let log = try LogWriter.create(
            in: LogWorld.directory, owner: LogWorld.owner, epoch: 1, environment: environment,
            options: LogOptions())
        let tally = Tally()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    while true {
                        let ticket = tally.next.withLock { next -> LogTicket? in
                            let ticket = try? log.append(batch: next)
                            if ticket != nil { next += 1 }
                            return ticket
                        }
                        guard let ticket else { return }
                        tally.accepted.withLock { $0 += 1 }
                        await withCheckedContinuation { waiter in
                            log.whenAcknowledged(ticket) { _ in waiter.resume() }
                        }
                        tally.answered.withLock { $0.append(ticket.number) }
                    }
                }
            }
            try? log.waitForRoom(operations: 1, payloadBytes: 1)
            while tally.answered.withLock({ $0.count }) < 100 { await Task.yield() }
            try? log.close()
        }
        let answered = tally.answered.withLock { $0.sorted() }
        #expect(answered == (1...UInt64(tally.accepted.withLock { $0 })).map { $0 })
    }
}
