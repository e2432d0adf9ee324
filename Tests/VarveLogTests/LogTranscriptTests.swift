import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

/// The order of writes and syncs, for review: it is the proof that nothing is acknowledged too early.
@Suite struct `Log transcript` {
    private func traced() throws -> (world: LogWorld, tracing: TracingFileSystem) {
        let disk = SimulatedDisk()
        try LogWorld.prepare(disk)
        let tracing = TracingFileSystem(disk)
        return (try LogWorld(disk, files: tracing), tracing)
    }

    private func expect(_ lines: [String], _ golden: String, _ step: String) {
        let short = lines.map { line in
            line.split(separator: " ").map { word in
                word.hasPrefix("shard/wal-") || word.hasPrefix("tmp/wal-")
                    ? word.prefix { $0 != "/" } + "/" + String(word.suffix(1)) : word
            }.joined(separator: " ")
        }
        #expect(short.joined(separator: "\n") == golden, "\(step)")
    }

    @Test func `a log that goes idle gives up the large file that was prepared`() throws {
        let (world, tracing) = try traced()
        world.options.openingFileBytes = 8 << 10
        let log = try world.create()
        try log.append(batch: 0)
        world.scheduler.runUntilIdle()
        #expect(try world.disk.openFile(LogWorld.path(2), writable: false).size() == 16 << 10)
        _ = tracing.takeLines()
        try log.rotate(isIdle: true)
        expect(
            tracing.takeLines(),
            """
            unlink shard/2
            create shard/3
            write shard/3 0+8192
            sync shard/3
            sync-directory shard
            write shard/1 232+72
            sync-data shard/1
            write shard/3 64+80
            sync-data shard/3
            """, "rotating to a small file")
        try log.close()
    }

    @Test func `creating, appending, rotating, closing and opening touch the disk in this order`() throws {
        let (world, tracing) = try traced()
        let log = try world.create()
        expect(
            tracing.takeLines(),
            """
            create tmp/1
            write tmp/1 0+64
            write tmp/1 64+80
            write tmp/1 144+16240
            sync tmp/1
            link shard/1 from tmp/1
            sync-directory shard
            unlink tmp/1
            """, "create: whole under tmp/, then named")

        try log.append(batch: 0)
        try log.append(batch: 1)
        world.scheduler.runUntilIdle()
        expect(
            tracing.takeLines(),
            """
            write shard/1 144+176
            sync-data shard/1
            create shard/2
            write shard/2 0+16384
            sync shard/2
            sync-directory shard
            """, "a group, and the next file ahead of need")

        world.scheduler.advance(byMilliseconds: 200)
        expect(
            tracing.takeLines(),
            """
            write shard/1 320+48
            sync-data shard/1
            """, "an idle log")

        try log.append(batch: 2)
        try log.rotate()
        expect(
            tracing.takeLines(),
            """
            write shard/1 368+88
            write shard/1 456+72
            sync-data shard/1
            write shard/2 64+80
            sync-data shard/2
            """, "rotating: the seal is durable before the link, and that before anything behind it")

        try log.append(batch: 3)
        try log.waitUntilDurable(log.lastTicket)
        world.scheduler.runUntilIdle()
        log.removeFiles(below: 2)
        try log.close()
        expect(
            tracing.takeLines(),
            """
            write shard/2 144+88
            sync-data shard/2
            create shard/3
            write shard/3 0+16384
            sync shard/3
            sync-directory shard
            unlink shard/1
            write shard/2 232+72
            sync-data shard/2
            truncate shard/2 to 304
            unlink shard/3
            """, "closing")

        let reopened = try world.recover(lowest: 2).writer
        expect(
            tracing.takeLines(),
            """
            sync-directory shard
            create tmp/3
            write tmp/3 0+64
            write tmp/3 64+80
            write tmp/3 144+16240
            sync tmp/3
            link shard/3 from tmp/3
            sync-directory shard
            unlink tmp/3
            """, "opening a closed log")

        try reopened.append(batch: 4)
        try reopened.append(batch: 5)
        try reopened.waitUntilDurable(reopened.lastTicket)
        _ = tracing.takeLines()
        _ = try LogWorld(world.disk, files: tracing).recover(lowest: 2)
        expect(
            tracing.takeLines(),
            """
            sync-directory shard
            create tmp/4
            write tmp/4 0+64
            write tmp/4 64+360
            write tmp/4 424+15960
            sync tmp/4
            link shard/4 from tmp/4
            sync-directory shard
            unlink tmp/4
            unlink shard/3
            """, "opening a killed log: what is not known to be durable is written anew, with a gap behind it"
        )
    }
}
