import Testing
import VarveBytes
import VarveDocument
import VarveEngine
import VarveSimulation

@Suite struct `A write` {
    @Test func `is got at once and found after a refresh`() throws {
        let world = try World()
        try world.put("a", 1)
        #expect(try world.get("a") == #"{"n":1}"#)
        #expect(try world.visible() == 0)
        try world.shard.refresh()
        #expect(try world.visible() == 1)
        try world.delete("a")
        #expect(try world.get("a") == nil)
        #expect(try world.visible() == 1)
        try world.shard.refresh()
        #expect(try world.visible() == 0)
    }

    @Test func `says what it did and to which version`() throws {
        let world = try World()
        #expect(try world.put("a", 1).outcome == .created)
        #expect(try world.put("a", 2).outcome == .updated)
        try world.shard.flush()
        #expect(try world.put("a", 3).version == 3)
        #expect(try world.delete("a").outcome == .deleted)
        #expect(try world.delete("a").outcome == .absent)
        let again = try world.put("a", 4)
        #expect(again.outcome == .created)
        #expect(again.version == 6)
    }

    @Test func `with a condition goes ahead only if it holds`() throws {
        let world = try World()
        let first = try world.put("a", 1)
        var unchanged = OperationOptions(.ifSequenceNumber)
        unchanged.ifSequenceNumber = first.sequence.rawValue
        let second = try world.put("a", 2, unchanged)
        #expect(second.outcome == .updated)
        #expect(
            try world.put("a", 3, unchanged).outcome
                == .conflict(.sequence(current: second.sequence, given: first.sequence)))
        #expect(try world.get("a") == #"{"n":2}"#)
        #expect(try world.version("a") == 2)
        try world.delete("a")
        unchanged.ifSequenceNumber = second.sequence.rawValue
        guard case .conflict = try world.put("a", 3, unchanged).outcome else {
            Issue.record("there is no document to be unchanged")
            return
        }
        // The same number names the same write in every later life of the store.
        let kept = try world.put("b", 1)
        let next = try world.killed()
        unchanged.ifSequenceNumber = kept.sequence.rawValue
        #expect(try next.put("b", 2, unchanged).outcome == .updated)
    }

    @Test func `with a version of its own needs a higher one`() throws {
        let world = try World()
        #expect(try world.put("a", 1, OperationOptions(.external, version: 10)).version == 10)
        #expect(
            try world.put("a", 2, OperationOptions(.external, version: 10)).outcome
                == .conflict(.version(current: 10, given: 10, allowsEqual: false)))
        #expect(
            try world.put("a", 3, OperationOptions(.externalOrEqual, version: 10)).outcome == .updated)
        #expect(try world.delete("a", OperationOptions(.external, version: 12)).outcome == .deleted)
        // A delete is remembered, also across a merge and a crash.
        try world.shard.flush()
        try world.shard.merge(toAtMost: 1)
        let next = try world.killed()
        #expect(
            try next.put("a", 4, OperationOptions(.external, version: 11)).outcome
                == .conflict(.version(current: 12, given: 11, allowsEqual: false)))
    }

    @Test func `that creates refuses what is there, wherever it is`() throws {
        let world = try World()
        func create(_ id: String) throws -> OperationResult.Outcome {
            try world.write {
                try $0.create(
                    id: Array(id.utf8).rawSpan, source: Array("{}".utf8).rawSpan,
                    options: OperationOptions(.resolved))
            }.results[0].outcome
        }
        let first = try world.put("a", 1)
        #expect(try create("a") == .conflict(.exists(version: 1, sequence: first.sequence)))
        try world.shard.refresh()
        #expect(try create("a") == .conflict(.exists(version: 1, sequence: first.sequence)))
        try world.shard.flush()
        #expect(try create("a") == .conflict(.exists(version: 1, sequence: first.sequence)))
        try world.delete("a")
        #expect(try create("a") == .created)
    }

    @Test func `of several is one record: what conflicts in it leaves a number and no more`() throws {
        let world = try World()
        try world.put("a", 1)
        let options = OperationOptions(.resolved)
        let (results, ticket) = try world.write { batch in
            try batch.index(
                id: Array("b".utf8).rawSpan, source: Array("{}".utf8).rawSpan, options: options)
            try batch.create(
                id: Array("a".utf8).rawSpan, source: Array("{}".utf8).rawSpan, options: options)
            try batch.index(
                id: Array("b".utf8).rawSpan, source: Array(#"{"n":9}"#.utf8).rawSpan, options: options)
        }
        try world.settle(ticket)
        #expect(results.map(\.sequence.rawValue) == [1, 0, 3])
        #expect(results[2].version == 2)
        let next = try world.killed()
        #expect(try next.get("b") == #"{"n":9}"#)
        #expect(try next.version("a") == 1)
        #expect(try next.put("c", 1).sequence > results[2].sequence)
    }
}
