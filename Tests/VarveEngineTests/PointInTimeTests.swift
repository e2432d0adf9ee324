import Testing
import VarveBytes
import VarveDocument
import VarveEngine
import VarveSimulation

@Suite struct `A point in time` {
    @Test func `holds what was accepted before it, refreshed or flushed or not`() throws {
        let world = try World()
        try world.put("flushed", 1)
        try world.shard.flush()
        try world.put("refreshed", 2)
        try world.shard.refresh()
        try world.put("accepted", 3)
        let pit = try world.openPointInTime()
        try world.put("later", 4)
        try world.delete("flushed")
        try world.put("accepted", 5)
        try world.shard.flush()
        try world.shard.merge(toAtMost: 1)
        let ids = ["flushed", "refreshed", "accepted", "later"]
        let then = [#"{"n":1}"#, #"{"n":2}"#, #"{"n":3}"#, nil]
        #expect(try world.look(pit, ids) == then)
        let next = try world.killed()
        #expect(try next.look(pit, ids) == then)
        #expect(try next.get("accepted") == #"{"n":5}"#)
    }

    @Test func `lives for its idle time, anew after each use`() throws {
        let world = try World()
        try world.put("a", 1)
        let pit = try world.openPointInTime()
        world.advance(seconds: 50)
        #expect(try world.look(pit, ["a"]) == [#"{"n":1}"#])
        world.advance(seconds: 50)
        #expect(world.store.pointInTimeCount == 1)
        world.advance(seconds: 15)
        #expect(world.store.pointInTimeCount == 0)
        #expect(throws: EngineError.self) { try world.look(pit, ["a"]) }
    }

    @Test func `stays while a search uses it, however long`() throws {
        let world = try World()
        try world.put("a", 1)
        let pit = try world.openPointInTime()
        let use = try world.store.beginUse(pit, keepAlive: nil)
        world.advance(seconds: 600)
        #expect(world.store.pointInTimeCount == 1)
        world.store.endUse(use.id)
        world.advance(seconds: 55)
        #expect(world.store.pointInTimeCount == 1)
        world.advance(seconds: 10)
        #expect(world.store.pointInTimeCount == 0)
    }

    @Test func `is lengthened by a use and set to anything by its owner`() throws {
        let world = try World()
        try world.put("a", 1)
        let pit = try world.openPointInTime()
        _ = try world.look(pit, ["a"], keepAlive: 300_000)
        _ = try world.look(pit, ["a"], keepAlive: 1_000)
        #expect(world.store.listPointsInTime().map(\.keepAlive) == [300_000])
        world.store.setKeepAlive(pit, to: 5_000) { _ in }
        world.simulation.scheduler.runUntilIdle()
        #expect(world.store.listPointsInTime().map(\.keepAlive) == [5_000])
        world.advance(seconds: 7)
        #expect(world.store.pointInTimeCount == 0)
    }

    @Test func `counts the time that the store was down, with a grace`() throws {
        let world = try World()
        try world.put("a", 1)
        let pit = try world.openPointInTime()
        world.simulation.clock.advance(byMilliseconds: 80_000)
        let soon = try world.killed()
        #expect(try soon.look(pit, ["a"]) == [#"{"n":1}"#])
        soon.simulation.clock.advance(byMilliseconds: 600_000)
        let late = try soon.killed()
        late.advance(seconds: 2)
        #expect(late.store.pointInTimeCount == 0)
    }

    @Test func `that is not durable costs no sync and goes with the process`() throws {
        let world = try World()
        try world.put("a", 1)
        var request = PointInTimeRequest(keepAlive: 60_000)
        request.isDurable = false
        let before = world.simulation.disk.operationCount
        let pit = try world.openPointInTime(nil, request)
        #expect(world.simulation.disk.operationCount == before)
        try world.put("a", 2)
        try world.shard.flush()
        try world.shard.merge(toAtMost: 1)
        #expect(try world.look(pit, ["a"]) == [#"{"n":1}"#])
        #expect(world.store.listPointsInTime().map(\.isDurable) == [false])
        #expect(try world.killed().store.pointInTimeCount == 0)
    }

    @Test func `over several indices is one cut`() throws {
        let world = try World()
        try world.put("a", 1)
        let other = try world.store.createIndex("zebra", mapping: ["n": .long]).shards[0]
        let shards = [world.shard, other]
        let pit = try world.openPointInTime(shards)
        let use = try world.store.beginUse(pit, keepAlive: nil)
        #expect(use.snapshots.map { $0.shard.uuid } == shards.map(\.uuid))
        #expect(use.snapshots.map { $0.snapshot.liveCount } == [1, 0])
        world.store.endUse(pit)
        try world.store.deleteIndex(named: "zebra")
        let error = #expect(throws: EngineError.self) { try world.look(pit, ["a"]) }
        #expect(error?.description.contains("was deleted") == true)
    }

    @Test func `is counted against a limit, and closing it makes room`() throws {
        let world = try World { $0.pointsInTimeMax = 2 }
        try world.put("a", 1)
        let first = try world.openPointInTime()
        _ = try world.openPointInTime()
        let error = #expect(throws: EngineError.self) { try world.openPointInTime() }
        #expect(error?.description == "points in time are at their limit of 2")
        #expect(try world.close(first))
        #expect(try !world.close(first))
        _ = try world.openPointInTime()
    }

    @Test func `asks for a keep-alive within the limits`() throws {
        let world = try World { $0.keepAliveMax = .seconds(100) }
        for (keepAlive, text) in [(100_001, "over the limit of 100000 ms"), (-1, "is negative")] {
            let error = #expect(throws: EngineError.self) {
                try world.openPointInTime(nil, PointInTimeRequest(keepAlive: Int64(keepAlive)))
            }
            #expect(error?.description.contains(text) == true)
        }
        #expect(world.store.pointInTimeCount == 0)
    }
}
