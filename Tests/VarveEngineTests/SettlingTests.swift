import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveManifest
import VarveSegment
import VarveSimulation

@testable import VarveEngine

@Suite struct `A shard that was flushed and stands still` {
    private let simulation = Simulation(seed: 1)
    private let store: StoreEngine
    private let shard: Shard

    init() throws {
        store = try StoreEngine.open(simulation.environment, options: Self.options)
        shard = try store.createIndex("readings", mapping: [:]).shards[0]
        for number in 0..<400 { try Self.put("\(number)", in: shard) }
        simulation.scheduler.runUntilIdle()
    }

    private static var options: StoreOptions {
        var options = StoreOptions()
        options.logFileBytes = 2 << 20
        options.reserveBytes = 0
        return options
    }

    private static func put(_ id: String, in shard: Shard) throws {
        let source = "{\"note\":\"\(String(repeating: "x", count: 8_000))\"}"
        var builder = BatchBuilder(schema: shard.schema)
        try builder.index(id: Array(id.utf8).rawSpan, source: Array(source.utf8).rawSpan)
        var results: [OperationResult] = []
        _ = try shard.apply(builder.finish(at: 0), into: &results)
    }

    private func advance(bySeconds seconds: UInt64) {
        simulation.scheduler.advance(to: simulation.clock.monotonicNanoseconds + seconds * 1_000_000_000)
    }

    private var logFiles: [StorePath] {
        simulation.disk.paths.filter { path in
            path.parent == shard.layout.directory && path.name.hasPrefix("wal-")
        }
    }

    private var logBytes: Int { logFiles.reduce(0) { $0 + (simulation.disk.bytes(of: $1)?.count ?? 0) } }

    @Test func `keeps one small file of its log`() throws {
        try shard.flush()
        #expect(logBytes >= 4 << 20)
        advance(bySeconds: 4)
        #expect(logBytes >= 4 << 20)
        advance(bySeconds: 3)
        #expect(logFiles.count == 1)
        #expect(logBytes == 1 << 20)
        try Self.put("more", in: shard)
        try store.close()
    }

    @Test func `settles once`() throws {
        try shard.flush()
        advance(bySeconds: 7)
        let operations = simulation.disk.operationCount
        advance(bySeconds: 3_600)
        #expect(simulation.disk.operationCount == operations)
        try store.close()
    }

    @Test func `keeps its log while more is written`() throws {
        try shard.flush()
        try Self.put("more", in: shard)
        advance(bySeconds: 60)
        #expect(logBytes >= 4 << 20)
        try store.close()
    }

    @Test func `opens by either of the two generations that are kept`() throws {
        try shard.flush()
        advance(bySeconds: 7)
        try Self.put("more", in: shard)
        simulation.scheduler.runUntilIdle()
        for isDamaged in [false, true] {
            let disk = simulation.disk.afterKill()
            let manifests = disk.paths.filter {
                $0.name.hasPrefix("manifest-") && $0.parent == shard.layout.directory
            }
            #expect(manifests.count == 2)
            let newest = try #require(manifests.max { $0.name < $1.name })
            if isDamaged { disk.flipBit(0, ofByte: 80, in: newest) }
            let world = simulation.restarted(on: disk)
            let reopened = try StoreEngine.open(world.environment, options: Self.options)
            let found = reopened.indices[0].shards[0].state
            #expect(found.views.reduce(0) { $0 + $1.view.rowCount } == 401)
            try reopened.close()
        }
        try store.close()
    }
}
