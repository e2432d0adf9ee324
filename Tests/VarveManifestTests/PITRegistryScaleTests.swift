import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

@Suite struct `Registry on the system's disk` {
    private func environment(_ root: TemporaryRoot) throws -> Environment {
        let environment = Environment(
            files: root.files, clock: SystemClock(), random: SystemRandom(), scheduler: ThreadScheduler())
        try root.files.createDirectory("tmp")
        return environment
    }

    @Test func `many threads share syncs, and all that was acknowledged is there afterwards`() throws {
        let root = try TemporaryRoot()
        let environment = try environment(root)
        var options = PITRegistryOptions()
        options.generationBytesMin = 16 << 10
        let log = try PITRegistryLog.create(store: .example, environment: environment, options: options)
        let threads = 8
        let each: UInt64 = 150
        let ended = (0..<threads).map { _ in Event() }
        let failures = Locked(0)
        let clients = (0..<threads).map { thread in
            environment.scheduler.schedule("client") {
                for number in 0..<each {
                    let id = UInt64(thread) * 1000 + number
                    do {
                        try log.waitUntilDurable(try log.append([.create(RegistryFixture.record(id))]))
                        if number % 2 == 0 {
                            try log.waitUntilDurable(try log.append([.delete(id: uuid(id))]))
                        }
                    } catch {
                        failures.withLock { $0 += 1 }
                    }
                }
                ended[thread].signal()
                return .done
            }
        }
        for client in clients { client.wake() }
        for event in ended { event.blockUntilSet() }
        for client in clients { client.stop() }
        try log.close()
        #expect(failures.withLock { $0 } == 0)
        #expect(log.count == threads * Int(each) / 2)
        let found = try #require(try PITRegistryLog.read(store: .example, files: root.files))
        #expect(Set(found.records.map(\.id)) == Set(log.records.map(\.id)))
        #expect(found.report.damage.isEmpty)
        #expect(found.report.generation == log.generation)
    }

    @Test func `a hundred thousand points in time are kept and loaded`() throws {
        let root = try TemporaryRoot()
        let environment = try environment(root)
        let log = try PITRegistryLog.create(store: .example, environment: environment)
        let count: UInt64 = 100_000
        var last: PITTicket?
        for start in stride(from: 0, to: count, by: 1000) {
            last = try log.append((start..<start + 1000).map { .create(RegistryFixture.record($0)) })
        }
        try log.waitUntilDurable(try #require(last))
        try log.close()
        #expect(log.byteCount < 8 << 20)
        let reopened = try #require(try PITRegistryLog.open(store: .example, environment: environment))
        #expect(reopened.log.count == Int(count))
        #expect(reopened.log.find(uuid(77_777)) == RegistryFixture.record(77_777))
        for start in stride(from: 0, to: count, by: 1000) {
            last = try reopened.log.append((start..<start + 1000).map { .delete(id: uuid($0)) })
        }
        try reopened.log.waitUntilDurable(try #require(last))
        #expect(reopened.log.count == 0)
        try reopened.log.close()
    }
}
