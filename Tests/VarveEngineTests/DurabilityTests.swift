import Testing
import VarveBytes
import VarveFiles
import VarveSimulation

@testable import VarveEngine

@Suite struct `Durability` {
    @Test func `request: what was acknowledged survives the power`() throws {
        let world = try World()
        for number in 0..<20 { try world.put("k\(number)", number) }
        let next = try world.unpowered()
        for number in 0..<20 { #expect(try next.get("k\(number)") == #"{"n":\#(number)}"#) }
    }

    @Test func `async: a kill takes nothing, the power takes an end of bounded length`() throws {
        let world = try World { $0.durability = .async(syncInterval: .seconds(5)) }
        for number in 0..<20 {
            try world.put("k\(number)", number)
            world.advance(seconds: 1)
        }
        let next = try world.unpowered()
        let kept = try (0..<20).filter { try next.get("k\($0)") != nil }
        #expect(kept == Array(0..<kept.count))
        #expect(kept.count >= 14)
        let other = try World { $0.durability = .async(syncInterval: .seconds(5)) }
        for number in 0..<5 { try other.put("k\(number)", number) }
        let after = try other.killed()
        for number in 0..<5 { #expect(try after.get("k\(number)") != nil) }
    }

    @Test func `none: a crash leaves the last flush, pointer and all`() throws {
        let world = try World { $0.durability = .none }
        try world.put("flushed", 1)
        try world.shard.flush()
        try world.put("lost", 2)
        let next = try world.killed()
        #expect(try next.get("flushed") == #"{"n":1}"#)
        #expect(try next.get("lost") == nil)
        #expect(try next.put("again", 3).sequence.rawValue >= 2)
    }

    @Test func `is another one after every opening, and nothing is lost in between`() throws {
        let modes: [StoreOptions.Durability] = [.request, .none, .async(syncInterval: .seconds(1)), .none]
        var world = try World()
        var highest = SequenceNumber(0)
        for round in 0..<12 {
            let mode = modes[(round + 1) % modes.count]
            highest = max(highest, try world.put("before-\(round)", round).sequence)
            // What `none` has acknowledged is not on the disk before a flush.
            if world.options.durability == .none { try world.shard.flush() }
            world =
                round % 3 == 2
                ? try world.reopened { $0.durability = mode } : try world.killed { $0.durability = mode }
            for past in 0...round {
                #expect(
                    try world.get("before-\(past)") == #"{"n":\#(past)}"#, "\(past) after \(round) to \(mode)"
                )
            }
            #expect(try world.put("after-\(round)", round).sequence > highest)
        }
    }

    @Test func `closing flushes, and opening again finds nothing to recover`() throws {
        let world = try World()
        for number in 0..<50 { try world.put("k\(number)", number) }
        let next = try world.reopened()
        for number in 0..<50 { #expect(try next.get("k\(number)") != nil) }
        #expect(next.shard.state.views.allSatisfy { $0.segment != nil })
    }
}

@Suite struct `A disk that fails` {
    @Test func `a failed sync poisons writes, and reads go on`() throws {
        let world = try World()
        try world.put("before", 1)
        world.simulation.disk.setFaults(.failing(call: 1, of: [.syncData], with: .io))
        let refused = #expect(throws: EngineError.self) { try world.put("during", 2) }
        #expect(refused?.description.contains("writes are refused until the store is opened again") == true)
        let after = #expect(throws: EngineError.self) { try world.put("after", 3) }
        guard case .poisoned = after else {
            Issue.record("\(String(describing: after))")
            return
        }
        #expect(try world.get("before") == #"{"n":1}"#)
        world.simulation.disk.setFaults(.none)
        let next = try world.killed()
        #expect(try next.get("before") == #"{"n":1}"#)
        #expect(try next.get("after") == nil)
        try next.put("again", 4)
    }

    @Test func `a full disk refuses writes while the reserve is touched, and takes them again`() throws {
        let world = try World { $0.reserveBytes = 1 << 20 }
        try world.put("before", 1)
        world.simulation.disk.setCapacity(bytes: 1 << 20)
        world.advance(seconds: 2)
        let refused = #expect(throws: EngineError.self) { try world.put("during", 2) }
        guard case .rejected(let text) = refused else {
            Issue.record("\(String(describing: refused))")
            return
        }
        #expect(text.hasSuffix("under the reserve of 1048576: writes are refused until there is more"))
        #expect(try world.get("before") == #"{"n":1}"#)
        #expect(try world.get("during") == nil)
        // What makes room goes on.
        try world.shard.flush()
        world.simulation.disk.setCapacity(bytes: .max)
        world.advance(seconds: 2)
        try world.put("after", 3)
        let next = try world.killed()
        #expect(try next.get("after") == #"{"n":3}"#)
        #expect(try next.get("during") == nil)
    }

    @Test func `a flush that finds no space leaves all as it was, and the next one works`() throws {
        let world = try World()
        for number in 0..<100 { try world.put("k\(number)", number) }
        world.simulation.disk.setFaults(
            .failing(call: 1, of: [.write], at: { $0.name.contains("seg") }, with: .noSpace))
        #expect(throws: EngineError.self) { try world.shard.flush() }
        #expect(try world.get("k7") == #"{"n":7}"#)
        world.simulation.disk.setFaults(.none)
        try world.put("more", 1)
        try world.shard.flush()
        let next = try world.unpowered()
        for number in 0..<100 { #expect(try next.get("k\(number)") != nil) }
        #expect(try next.get("more") != nil)
    }

    @Test func `a disk that may only be read opens nothing for writing, and says so`() throws {
        let world = try World()
        try world.put("a", 1)
        try world.store.close()
        let disk = world.simulation.disk
        disk.setFaults(
            .failing(
                call: 1, of: [.createFile, .write, .link, .unlink], with: .other(30), .fromThenOn))
        let error = #expect(throws: EngineError.self) {
            try StoreEngine.open(world.simulation.restarted(on: disk).environment, options: World.options)
        }
        #expect(error?.description.contains("create") == true, "\(error?.description ?? "")")
        disk.setFaults(.none)
        let next = try StoreEngine.open(
            world.simulation.restarted(on: disk).environment, options: World.options)
        #expect(try next.indices[0].shards[0].get(id: Array("a".utf8).rawSpan) != nil)
        try next.close()
    }
}

@Suite struct `A second opening of a store` {
    @Test func `is refused while the first is open`() throws {
        let world = try World()
        let error = #expect(throws: EngineError.self) {
            try StoreEngine.open(world.simulation.environment, options: World.options)
        }
        #expect(error?.description == "it is open in another process or handle")
        try world.put("a", 1)
        _ = try world.reopened()
    }
}
