import Testing
import VarveBytes
import VarveSimulation

@testable import VarveManifest

extension PITRecord {
    /// The point in time of the page's example.
    static var example: PITRecord {
        let checkpoint = SourceCheckpoint(
            source: uuid(5), partition: 3, epoch: 1, pointer: Array("41200".utf8), timestamp: 0)
        return PITRecord(
            id: .example, createdAt: 1_773_480_413_000, keepAlive: 300_000, lastAccess: 1_773_480_413_000,
            label: "nightly", owner: "etl", flags: 1,
            pins: [
                PITPin(
                    target: PITTarget(index: uuid(1), shard: uuid(2)), sequenceNumber: 290_114,
                    checkpoints: [checkpoint])
            ])
    }

    static func random(_ random: inout SplitMix64) -> PITRecord {
        let pins = (0..<random.next(below: 4)).map { number in
            let checkpoints = (0..<random.next(below: 3)).map { partition in
                SourceCheckpoint(
                    source: uuid(1), partition: UInt32(partition), epoch: 1,
                    pointer: (0..<UInt8(random.next(below: 20))).map { $0 }, timestamp: 5)
            }
            return PITPin(
                target: PITTarget(index: uuid(random.next() >> 62), shard: uuid(UInt64(number))),
                sequenceNumber: random.chance(1, in: 5) ? nil : SequenceNumber(random.next() >> 30),
                checkpoints: checkpoints)
        }
        return PITRecord(
            id: UUID128(high: random.next(), low: random.next()), createdAt: Int64(random.next() >> 22),
            keepAlive: random.chance(1, in: 9) ? forever : Int64(random.next() >> 40),
            lastAccess: Int64(random.next() >> 22),
            label: random.chance(1, in: 2) ? "" : "a label of \(random.next())",
            owner: ["", "etl", "ops"][random.next(below: 3)], flags: UInt32(random.next() >> 50), pins: pins)
    }
}

@Suite struct `Changes of the registry` {
    private func decode(_ bytes: [UInt8]) throws(FormatError) -> [PITChange] {
        try PITChange.decodeAll(bytes.rawSpan)
    }

    private func encode(_ changes: [PITChange]) -> [UInt8] {
        var writer = PITPayloadWriter()
        for change in changes { writer.append(change) }
        let buffer = writer.finish()
        return buffer.array()
    }

    private let example: [PITChange] = [
        .create(.example), .touch(id: .example, keepAlive: 600_000, lastAccess: 1_773_480_500_000),
        .delete(id: uuid(4)), .heartbeat(1_773_480_500_500),
    ]

    @Test func `the page's example holds the changes it describes`() throws {
        let page = try FormatPage("pit-registry.md")
        let bytes = encode(example)
        #expect(page.examples.last == bytes, "the page should say\n\(hexDump(bytes))")
    }

    @Test func `a record says what it was made of`() {
        let record = PITRecord.example
        #expect(record.label == "nightly")
        #expect(record.owner == "etl")
        #expect(record.pins.map(\.sequenceNumber) == [290_114])
        #expect(record.pins[0].checkpoints[0].pointer == Array("41200".utf8))
        #expect(record.pins[0].target == PITTarget(index: uuid(1), shard: uuid(2)))
    }

    @Test(arguments: 0..<30) func `any changes come back as they were`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let changes = (0..<random.next(below: 40)).map { _ -> PITChange in
            switch random.next(below: 4) {
            case 0: .delete(id: uuid(random.next()))
            case 1:
                .touch(
                    id: uuid(1), keepAlive: Int64(random.next() >> 1),
                    lastAccess: Int64(bitPattern: random.next()))
            case 2: .heartbeat(Int64(bitPattern: random.next()))
            default: .create(.random(&random))
            }
        }
        #expect(try decode(encode(changes)) == changes)
    }

    @Test func `lists of shards stand once in a payload`() throws {
        var records: [PITChange] = []
        for number in 0..<100 as Range<UInt64> {
            let target = PITTarget(index: uuid(1), shard: uuid(number % 2))
            records.append(
                .create(
                    PITRecord(
                        id: uuid(number), createdAt: 0, keepAlive: 0, lastAccess: 0,
                        pins: [PITPin(target: target, sequenceNumber: 3)])))
        }
        let bytes = encode(records)
        #expect(bytes.count < 100 * 30 + 80)
        #expect(try decode(bytes) == records)
    }

    @Test func `damaged changes are refused or read, never a trap`() {
        let bytes = encode(example)
        for count in 0..<bytes.count { _ = try? decode(Array(bytes.prefix(count))) }
        withEveryBitFlip(bytes) { flipped, _ in _ = try? decode(flipped) }
        var random = SplitMix64(seed: 11)
        for _ in 0..<20_000 {
            var forged = bytes
            for _ in 0..<1 + random.next(below: 4) {
                forged[random.next(below: forged.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let changes = try? decode(forged) else { continue }
            for case .create(let record) in changes { _ = (record.label, record.owner, record.pins) }
        }
    }

    @Test func `a kind of change that is not known is a newer format`() {
        do throws(FormatError) {
            _ = try decode([9])
            Issue.record("it was read")
        } catch {
            #expect(error.isNewerFormat)
        }
    }
}

@Suite struct `Table of points in time` {
    @Test(arguments: 0..<8) func `it holds what a dictionary would`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = PITTable()
        var model: [UUID128: PITRecord] = [:]
        var ids: [UUID128] = []
        for _ in 0..<4000 {
            let known = ids.isEmpty ? nil : ids[random.next(below: ids.count)]
            switch random.next(below: 5) {
            case 0, 1:
                let record = PITRecord.random(&random)
                table.apply(.create(record))
                model[record.id] = record
                ids.append(record.id)
            case 2:
                guard let known, model.count > 40 else { continue }
                table.apply(.delete(id: known))
                model[known] = nil
            case 3:
                guard let known else { continue }
                table.apply(.touch(id: known, keepAlive: 7, lastAccess: 8))
                model[known]?.keepAlive = 7
                model[known]?.lastAccess = 8
            default:
                table.apply(.delete(id: uuid(random.next())))
                table.apply(.touch(id: uuid(random.next()), keepAlive: 1, lastAccess: 1))
            }
        }
        #expect(table.count == model.count)
        for (id, record) in model { #expect(table.find(id) == record) }
        #expect(table.records.sorted { $0.id < $1.id } == model.values.sorted { $0.id < $1.id })
        for id in model.keys { table.apply(.delete(id: id)) }
        #expect(table.count == 0)
        #expect(table.encodedBytes == 0)
    }

    @Test func `a copy does not see later changes`() {
        var table = PITTable()
        for number in 0..<2000 as Range<UInt64> {
            table.apply(
                .create(PITRecord(id: uuid(number), createdAt: 0, keepAlive: 0, lastAccess: 0, pins: [])))
        }
        let copy = table
        table.apply(.touch(id: uuid(5), keepAlive: 9, lastAccess: 9))
        table.apply(.delete(id: uuid(6)))
        #expect(copy.find(uuid(5))?.keepAlive == 0)
        #expect(copy.find(uuid(6)) != nil)
        #expect(copy.count == 2000)
    }

    @Test func `shards are shared between records`() {
        var table = PITTable()
        for number in 0..<3 as Range<UInt64> {
            let pin = PITPin(target: PITTarget(index: uuid(1), shard: uuid(2)), sequenceNumber: 1)
            table.apply(
                .create(PITRecord(id: uuid(number), createdAt: 0, keepAlive: 0, lastAccess: 0, pins: [pin])))
        }
        #expect(table.find(uuid(0))?.targets === table.find(uuid(2))?.targets)
        #expect(MemoryLayout<PITRecord>.stride <= 80)
    }

    @Test func `the heartbeat only goes up`() {
        var table = PITTable()
        for time in [5, 3, 8, 7] as [Int64] { table.apply(.heartbeat(time)) }
        #expect(table.heartbeat == 8)
    }
}
