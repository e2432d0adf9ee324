import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveSimulation

@testable import VarveEngine

@Suite struct `The flush interval` {
    @Test func `begins when the store is opened, however long the machine has been up`() throws {
        let simulation = Simulation(seed: 1)
        simulation.clock.advance(byMilliseconds: 86_400_000)
        var options = StoreOptions()
        options.flushInterval = .seconds(600)
        options.reserveBytes = 0
        let store = try StoreEngine.open(simulation.environment, options: options)
        let shard = try store.createIndex("readings", mapping: [:]).shards[0]
        var builder = BatchBuilder(schema: shard.schema)
        try builder.index(id: Array("a".utf8).rawSpan, source: Array("{}".utf8).rawSpan)
        var results: [OperationResult] = []
        _ = try shard.apply(builder.finish(at: 0), into: &results)
        let opened = simulation.clock.monotonicNanoseconds
        simulation.scheduler.advance(to: opened + 590_000_000_000)
        #expect(shard.state.views.allSatisfy { $0.segment == nil })
        simulation.scheduler.advance(to: opened + 610_000_000_000)
        #expect(shard.state.views.contains { $0.segment != nil })
        try store.close()
    }
}
