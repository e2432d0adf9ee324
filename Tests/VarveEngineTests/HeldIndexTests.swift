import Testing
import VarveBytes
import VarveDocument
import VarveEngine
import VarveManifest
import VarveSimulation

@Suite struct `Indices that are deleted or closed under points in time` {
    private func opened(_ world: World, _ policy: DeletionPolicy) throws -> PointInTimeID {
        var request = PointInTimeRequest(keepAlive: 3_600_000)
        request.policy = policy
        request.labels = [.init("team", "search")]
        let done = Locked<PointInTimeID?>(nil)
        world.store.openPointInTime([world.shard], request) { outcome in
            done.withLock { $0 = try? outcome.get() }
        }
        world.simulation.scheduler.runUntilIdle()
        return try #require(done.withLock { $0 })
    }

    @Test func `a kept index is there after a crash, and goes with its point in time`() throws {
        let world = try World()
        try world.write { try $0.index(id: Array("a".utf8).rawSpan, source: Array(#"{"n":1}"#.utf8).rawSpan) }
        let id = try opened(world, .keep)
        try world.store.deleteIndex(named: "readings")
        #expect(world.store.indices.isEmpty)
        let next = try world.unpowered()
        #expect(next.store.heldCount == 1)
        let use = try next.store.beginUse(id, keepAlive: nil)
        #expect(use.snapshots.map(\.snapshot.liveCount) == [1])
        next.store.endUse(id)
        next.store.closePointInTime(id) { _ in }
        next.simulation.scheduler.runUntilIdle()
        next.store.releaseHeld()
        #expect(next.store.heldCount == 0)
        #expect(try next.unpowered().store.heldCount == 0)
    }

    @Test func `the name of a deleted index is known after a crash`() throws {
        let world = try World()
        let id = try opened(world, .fail)
        let uuid = world.shard.index
        try world.store.deleteIndex(named: "readings")
        let next = try world.unpowered()
        #expect(next.store.deletedName(ofIndex: uuid) == "readings")
        #expect(throws: EngineError.self) { try next.store.beginUse(id, keepAlive: nil) }
        #expect(next.store.storeSettings.isEmpty)
    }

    @Test func `a closed index is lost to its points in time, crash or not`() throws {
        let world = try World()
        let id = try opened(world, .fail)
        try world.store.setState(ofIndices: ["readings"], to: .closed)
        // The power goes between closing and giving back: the next open does it.
        let next = try world.unpowered()
        next.simulation.scheduler.runUntilIdle()
        #expect(next.store.indices[0].state == .closed)
        try next.store.setState(ofIndices: ["readings"], to: .open)
        let last = try next.unpowered()
        let summary = try #require(last.store.pointInTime(id))
        #expect(summary.attributes.lost.map(\.reason) == [.closed])
        #expect(summary.attributes.labels == [.init("team", "search")])
        #expect(try last.store.beginUse(id, keepAlive: nil).snapshots.isEmpty)
    }
}
