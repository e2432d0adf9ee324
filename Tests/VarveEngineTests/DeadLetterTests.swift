import Testing
import VarveBytes
import VarveDocument
import VarveEngine
import VarveFiles
import VarveManifest
import VarveSimulation

@Suite struct `Dead letters of a shard` {
    private static let source = UUID128(high: 1, low: 2)

    private func letter(_ number: Int, payload: String = "{broken") -> DeadLetter {
        DeadLetter(
            source: Self.source, partition: 0, pointer: [UInt8(number & 255)], stage: .mapping, attempts: 1,
            timestamp: 0, place: "line \(number)", placeID: "\(number)", errorType: "parse_exception",
            reason: "no JSON", key: nil, isTombstone: false, payload: Array(payload.utf8)[...])
    }

    private func checkpoint(_ messages: Int) -> SourceCheckpoint {
        SourceCheckpoint(
            source: Self.source, partition: 0, epoch: 0,
            pointer: withUnsafeBytesOf(UInt64(messages)), timestamp: 0)
    }

    private func withUnsafeBytesOf(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }

    /// Batches of nine documents and a letter, each with its position in the same record.
    private func ingest(_ batches: Range<Int>, into world: World) throws {
        for batch in batches {
            var builder = BatchBuilder(schema: world.shard.schema)
            for message in 0..<10 {
                if message == batch % 10 {
                    try builder.appendLetter(letter(batch))
                } else {
                    let id = Array("\(batch)-\(message)".utf8)
                    try builder.index(id: id.rawSpan, source: Array(#"{"n":1}"#.utf8).rawSpan)
                }
            }
            let next = checkpoint(10 * (batch + 1))
            let before = batch == 0 ? nil : checkpoint(10 * batch)
            var results: [OperationResult] = []
            let draft = builder.finish(at: 0, checkpoint: next)
            let ticket = try world.shard.apply(
                draft, checkpoint: next, after: .exactly(before), into: &results)
            try world.settle(ticket)
            if batch == 40 || batch == 70 { try world.shard.flush() }
        }
    }

    /// How many batches a world has, documents, letters and position alike.
    private func batches(in world: World) throws -> Int {
        try world.shard.refresh()
        let page = world.shard.letters(after: nil, limit: .max)
        let stored = world.shard.checkpoint(source: Self.source, partition: 0)?.pointer
        let messages = stored.map { bytes in
            bytes.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
        }
        let count = Int(messages ?? 0) / 10
        #expect(page.letters.count == count)
        #expect(try world.visible() == 9 * count)
        for (at, stored) in page.letters.enumerated() {
            #expect(try DeadLetter(decoding: stored.body.rawSpan) == letter(at))
        }
        return count
    }

    @Test func `of a thousand messages, nine hundred documents and a hundred letters survive every crash`()
        throws
    {
        let disk = try World().simulation.disk.copy()
        disk.keepHistory(true)
        let simulation = Simulation(seed: 3).restarted(on: disk)
        let world = try World(simulation, World.options)
        try ingest(0..<100, into: world)
        #expect(try batches(in: world) == 100)
        var seen: Set<Int> = []
        for operation in stride(from: 0, through: disk.operationCount, by: 1) {
            let stopped = disk.state(afterOperation: operation)
            for survivor in stopped.crashStates(limit: 2, seed: UInt64(operation)) {
                let next = try World(simulation.restarted(on: survivor), World.options)
                let count = try batches(in: next)
                if seen.insert(count).inserted, count % 20 == 0 {
                    try ingest(count..<100, into: next)
                    #expect(try batches(in: next) == 100)
                }
                try next.store.close()
            }
        }
        #expect(seen.count == 101)
    }

    @Test func `trying one again applies it and lets go of it in one record`() throws {
        let world = try World()
        try ingest(0..<3, into: world)
        let number = world.shard.letters(after: nil, limit: 2).letters[1].number
        for isFlushed in [false, true] {
            if isFlushed { try world.shard.flush() }
            let disk = world.simulation.disk.copy()
            disk.keepHistory(true)
            let simulation = world.simulation.restarted(on: disk)
            let again = try World(simulation, World.options)
            let ticket = try again.write { builder in
                try builder.index(id: Array("again".utf8).rawSpan, source: Array(#"{"n":2}"#.utf8).rawSpan)
                try builder.removeLetters([number])
            }.ticket
            try again.settle(ticket)
            #expect(again.shard.letter(number) == nil)
            for operation in 0...disk.operationCount {
                for survivor in disk.state(afterOperation: operation).crashStates(limit: 3) {
                    let next = try World(simulation.restarted(on: survivor), World.options)
                    #expect((try next.get("again") == nil) == (next.shard.letter(number) != nil))
                    #expect(next.shard.letter(number + 1) == nil)
                    try next.store.close()
                }
            }
        }
    }

    @Test func `the oldest make room, and are counted across a restart`() throws {
        let world = try World()
        world.shard.limitLetters(to: LetterLimits(bytes: 10_000))
        for number in 0..<50 {
            let payload = String(repeating: "x", count: 800)
            try world.settle(
                try world.write { try $0.appendLetter(letter(number, payload: payload)) }.ticket)
        }
        let page = world.shard.letters(after: nil, limit: .max)
        #expect(page.byteCount <= 10_000 && page.byteCount > 8_000)
        #expect(Int(page.evicted) + page.letters.count == 50)
        let next = try world.reopened()
        let again = next.shard.letters(after: nil, limit: .max)
        #expect(again.letters == page.letters && again.evicted == page.evicted)
        next.simulation.clock.advance(byMilliseconds: 60_000)
        next.shard.limitLetters(to: LetterLimits(bytes: 10_000, ageMilliseconds: 59_000))
        #expect(next.shard.letters(after: nil, limit: .max).evicted == 50)
    }

    @Test func `pages go on where the last one ended`() throws {
        let world = try World()
        try ingest(0..<7, into: world)
        var found: [UInt64] = []
        while true {
            let page = world.shard.letters(after: found.last, limit: 3)
            #expect(page.count == 7)
            if page.letters.isEmpty { break }
            found += page.letters.map(\.number)
        }
        #expect(found.count == 7 && found == found.sorted())
    }

    @Test func `a damaged file is an error that names it`() throws {
        let world = try World()
        try ingest(0..<2, into: world)
        try world.store.close()
        let disk = world.simulation.disk
        let path = try #require(disk.paths.first { $0.name.hasPrefix("ltrs-") })
        disk.flipBit(3, ofByte: 90, in: path)
        #expect {
            _ = try World(world.simulation.restarted(on: disk), World.options)
        } throws: { "\($0)".contains(path.name) }
    }

    @Test func `what comes behind another place than the shard's is refused`() throws {
        let world = try World()
        try ingest(0..<2, into: world)
        for before in [nil, checkpoint(10), checkpoint(30)] {
            var builder = BatchBuilder(schema: world.shard.schema)
            try builder.index(id: Array("x".utf8).rawSpan, source: Array("{}".utf8).rawSpan)
            let draft = builder.finish(at: 0, checkpoint: checkpoint(40))
            var results: [OperationResult] = []
            var refusal: EngineError?
            do throws(EngineError) {
                _ = try world.shard.apply(
                    draft, checkpoint: checkpoint(40), after: .exactly(before), into: &results)
            } catch { refusal = error }
            #expect(refusal?.description.contains("moved by another reader") == true)
        }
        #expect(try batches(in: world.reopened()) == 2)
    }
}

@Suite struct `Resets of several shards` {
    private static let source = UUID128(high: 5, low: 6)

    private func checkpoint(_ pointer: UInt8, epoch: UInt64, partition: UInt32) -> SourceCheckpoint {
        SourceCheckpoint(
            source: Self.source, partition: partition, epoch: epoch, pointer: [pointer], timestamp: 0)
    }

    private func pointers(_ store: StoreEngine) throws -> [UInt8?] {
        try store.index(named: "wide").shards.map { shard in
            shard.checkpoint(source: Self.source, partition: UInt32(shard.number))?.pointer.first
        }
    }

    @Test(arguments: [StoreOptions.Durability.request, .none])
    func `a crash at every step leaves all old or all new`(_ durability: StoreOptions.Durability) throws {
        var options = World.options
        options.durability = durability
        let first = try World { $0 = options }
        let wide = try first.store.createIndex("wide", mapping: ["n": .long], shardCount: 3)
        for shard in wide.shards {
            var builder = BatchBuilder(schema: shard.schema)
            try builder.index(id: Array("a".utf8).rawSpan, source: Array("{}".utf8).rawSpan)
            let old = checkpoint(1, epoch: 0, partition: UInt32(shard.number))
            let draft = builder.finish(at: 0, checkpoint: old)
            var results: [OperationResult] = []
            _ = try shard.apply(draft, checkpoint: old, into: &results)
            try shard.flush()
        }
        try first.store.close()
        let disk = first.simulation.disk.copy()
        disk.keepHistory(true)
        let simulation = first.simulation.restarted(on: disk)
        let world = try World(simulation, options)
        let begun = disk.operationCount
        let index = try world.store.index(named: "wide")
        try world.store.resetSources(
            of: index, (0..<3).map { ($0, checkpoint(9, epoch: 1, partition: UInt32($0))) })
        #expect(try pointers(world.store) == [9, 9, 9])
        var seen: Set<[UInt8?]> = []
        for operation in begun...disk.operationCount {
            for survivor in disk.state(afterOperation: operation).crashStates(limit: 4, seed: 7) {
                let next = try World(simulation.restarted(on: survivor), options)
                let found = try pointers(next.store)
                #expect(found == [1, 1, 1] || found == [9, 9, 9], "operation \(operation)")
                seen.insert(found)
                #expect(try next.store.index(named: "wide").setting("varve.reset") == nil)
                // What it completed is durable: the next crash finds the same.
                let last = try next.unpowered()
                #expect(try pointers(last.store) == found)
            }
        }
        #expect(seen.count == 2)
        #expect(try pointers(world.reopened().store) == [9, 9, 9])
    }

    @Test func `a shard that cannot be written leaves the others as they were`() throws {
        let world = try World()
        let wide = try world.store.createIndex("wide", mapping: ["n": .long], shardCount: 2)
        let old = wide.shards.map { $0.checkpoints }
        world.simulation.disk.setFaults(
            .failing(call: 1, of: [.write], at: { $0.text.contains("/1/") }, with: .io, .fromThenOn))
        var builder = BatchBuilder(schema: wide.shards[1].schema)
        try builder.index(id: Array("a".utf8).rawSpan, source: Array("{}".utf8).rawSpan)
        var results: [OperationResult] = []
        _ = try wide.shards[1].apply(builder.finish(at: 0), into: &results)
        #expect(throws: EngineError.self) {
            try world.store.resetSources(
                of: wide, (0..<2).map { ($0, checkpoint(9, epoch: 1, partition: UInt32($0))) })
        }
        #expect(wide.shards[0].checkpoints == old[0])
        world.simulation.disk.setFaults(.none)
        #expect(try pointers(world.killed().store) == [nil, nil])
    }
}
