import Testing
import VarveBytes
import VarveManifest

@Suite struct `Rules of a manifest` {
    private func rule(_ change: (inout Manifest) -> Void) -> String? {
        var manifest = Manifest.example
        change(&manifest)
        return manifest.brokenRule
    }

    @Test func `the example breaks none`() {
        #expect(Manifest.example.brokenRule == nil)
        #expect(Manifest(writerEpoch: 1, committedAt: 0).brokenRule == nil)
    }

    @Test func `generations go up`() {
        #expect(rule { $0.generation = 0x29 } != nil)
        #expect(rule { $0.generation = 0 } != nil)
        #expect(rule { $0.generation = 1 << 62 } != nil)
    }

    @Test func `nothing lies above the flushed number`() {
        #expect(rule { $0.flushed = nil } != nil)
        #expect(rule { $0.flushed = 499 } != nil)
        #expect(rule { $0.segments[0].deaths[0].highestDeath = 501 } != nil)
        #expect(rule { $0.segments[1].from = 501 } != nil)
        #expect(rule { $0.flushed = .infinity } != nil)
    }

    @Test func `current segments have no end and do not overlap`() {
        #expect(rule { $0.segments[0].to = 400 } != nil)
        #expect(rule { $0.segments[0].highestBirth = 301 } != nil)
        #expect(rule { $0.segments.swapAt(0, 1) } != nil)
        #expect(rule { $0.retired[0].to = .infinity } != nil)
        #expect(rule { $0.retired[0].to = 118 } != nil)
    }

    @Test func `rows, tombstones and deaths add up`() {
        #expect(rule { $0.segments[0].rows = 0 } != nil)
        #expect(rule { $0.segments[0].tombstones = 301 } != nil)
        #expect(rule { $0.segments[0].tombstones = -1 } != nil)
        #expect(rule { $0.segments[0].dead = 4 } != nil)
        #expect(rule { $0.segments[0].deaths[0].count = 301 } != nil)
        #expect(rule { $0.segments[0].deaths[0].count = 0 } != nil)
        #expect(rule { $0.segments[0].deaths = Array(repeating: $0.segments[0].deaths[0], count: 5) } != nil)
        #expect(rule { $0.segments[0].deaths[0].offset = .max } != nil)
    }

    @Test func `file ids are unique and reserved`() {
        #expect(rule { $0.segments[0].id = 0 } != nil)
        #expect(rule { $0.segments[0].id = 0x1B } != nil)
        #expect(rule { $0.segments[0].id = 2048 } != nil)
        #expect(rule { $0.segments[0].deaths[0].file = 0x21 } != nil)
        #expect(rule { $0.segments[0].deaths[0].file = 0 } != nil)
        #expect(rule { $0.segments[0].deaths[0].file = 2048 } != nil)
        #expect(rule { $0.nextFileID = 1 << 62 } != nil)
    }

    @Test func `a successor follows its predecessor`() {
        let next = Manifest.example.successor(committedAt: 9)
        #expect(next.generation == 0x2B)
        #expect(next.previousGeneration == 0x2A)
        #expect(next.committedAt == 9)
        #expect(next.brokenRule == nil)
    }

    @Test func `checkpoints are one for each partition, in order`() {
        var manifest = Manifest(writerEpoch: 1, committedAt: 0)
        func checkpoint(_ source: UInt64, _ partition: UInt32, _ epoch: UInt64) -> SourceCheckpoint {
            SourceCheckpoint(
                source: uuid(source), partition: partition, epoch: epoch, pointer: [], timestamp: 0)
        }
        for (source, partition) in [(2, 1), (1, 5), (2, 0), (1, 5), (2, 1)] as [(UInt64, UInt32)] {
            manifest.advance(to: checkpoint(source, partition, manifest.checkpoints.isEmpty ? 1 : 2))
        }
        #expect(manifest.checkpoints == [checkpoint(1, 5, 2), checkpoint(2, 0, 2), checkpoint(2, 1, 2)])
        manifest.removeCheckpoints(of: uuid(2))
        #expect(manifest.checkpoints == [checkpoint(1, 5, 2)])
    }
}

@Suite struct `Time map` {
    @Test func `it answers with the last sample at or before a time`() {
        var map = TimeMap()
        map.record(10, at: 1000)
        map.record(20, at: 2000)
        #expect(map.sequenceNumber(at: 999) == nil)
        #expect(map.sequenceNumber(at: 1000) == 10)
        #expect(map.sequenceNumber(at: 1999) == 10)
        #expect(map.sequenceNumber(at: 9999) == 20)
        #expect(map.milliseconds(of: 5) == 1000)
        #expect(map.milliseconds(of: 11) == 2000)
        #expect(map.milliseconds(of: 21) == nil)
    }

    @Test func `a clock that stands or goes back moves only the number`() {
        var map = TimeMap()
        map.record(10, at: 1000)
        map.record(15, at: 1000)
        map.record(20, at: 500)
        map.record(19, at: 3000)
        #expect(map.numbers == [20])
        #expect(map.times == [1000])
    }

    @Test func `it keeps the recent past whole and thins out what is old`() {
        var map = TimeMap()
        for number in 1...100_000 as ClosedRange<UInt64> {
            map.record(SequenceNumber(number), at: Int64(number) * 10)
        }
        #expect(map.count <= TimeMap.samplesMax)
        #expect(map.numbers.suffix(2000) == Array((98_001...100_000) as ClosedRange<UInt64>)[...])
        #expect(map.numbers.first == 1)
        let steps = zip(map.numbers, map.numbers.dropFirst()).map { $1 - $0 }
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 >= $1 })
    }
}
