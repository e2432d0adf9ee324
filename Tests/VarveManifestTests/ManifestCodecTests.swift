import Testing
import VarveBytes
import VarveManifest
import VarveSimulation

@Suite struct `Bytes of a manifest` {
    private let bytes = Manifest.example.encode(shard: .example).array()

    private func decode(_ bytes: [UInt8]) throws(FormatError) -> Manifest {
        try Manifest(decoding: bytes.rawSpan, shard: .example, generation: 0x2A)
    }

    @Test func `the page's example is the manifest it describes`() throws {
        let page = try FormatPage("manifest.md")
        #expect(page.examples.first == bytes, "the page should say\n\(hexDump(bytes))")
    }

    @Test func `a manifest comes back as it was`() throws {
        #expect(try decode(bytes) == .example)
        let empty = Manifest(writerEpoch: 1, committedAt: -5)
        let encoded = empty.encode(shard: .example)
        #expect(try Manifest(decoding: encoded.bytes, shard: .example, generation: 1) == empty)
    }

    @Test(arguments: 0..<40) func `any manifest comes back as it was`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let manifest = Manifest.random(&random)
        try #require(manifest.brokenRule == nil)
        let encoded = manifest.encode(shard: uuid(seed))
        #expect(
            try Manifest(decoding: encoded.bytes, shard: uuid(seed), generation: manifest.generation)
                == manifest)
    }

    @Test func `a manifest cut anywhere is refused`() {
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self, "cut at \(count)") { try decode(Array(bytes.prefix(count))) }
        }
        #expect(throws: FormatError.self) { try decode(bytes + [0]) }
    }

    @Test func `a manifest with any bit flipped is refused as damaged`() {
        withEveryBitFlip(bytes) { flipped, bit in
            do throws(FormatError) {
                _ = try decode(flipped)
                Issue.record("bit \(bit) went unnoticed")
            } catch {
                #expect(!error.isNewerFormat, "bit \(bit)")
            }
        }
    }

    @Test func `damage behind a right checksum is an error or a sound manifest, never a trap`() {
        let header = FileHeader(kind: .manifest, owner: .example, fileID: 0x2A, detail: 0x29)
        for at in 64..<(bytes.count - 16) {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF, bytes[at] ^ 1, bytes[at] ^ 0x80] {
                var forged = bytes
                forged[at] = value
                forged.reseal(header)
                guard let manifest = try? decode(forged) else { continue }
                #expect(manifest.brokenRule == nil, "byte \(at)")
            }
        }
    }

    @Test func `a manifest of another shard or generation is refused`() {
        #expect(throws: FormatError.self) {
            try Manifest(decoding: bytes.rawSpan, shard: uuid(1), generation: 0x2A)
        }
        #expect(throws: FormatError.self) {
            try Manifest(decoding: bytes.rawSpan, shard: .example, generation: 0x2B)
        }
    }

    @Test func `a thousand segments with four deaths pieces each take at most 150 KiB`() throws {
        let manifest = Manifest.large(segments: 1000)
        try #require(manifest.brokenRule == nil)
        #expect(manifest.encode(shard: .example).count <= 150 << 10)
    }

    @Test func `sections of a later minor version are carried along`() throws {
        var manifest = Manifest.example
        manifest.unknown = [UnknownSection(kind: 0x8001, bytes: [1, 2, 3])]
        let decoded = try decode(manifest.encode(shard: .example).array())
        #expect(decoded == manifest)
        #expect(decoded.successor(committedAt: 0).unknown == manifest.unknown)
    }

    @Test func `an unknown section that may not be skipped is a newer format`() {
        var manifest = Manifest.example
        manifest.unknown = [UnknownSection(kind: 8, bytes: [])]
        do throws(FormatError) {
            _ = try decode(manifest.encode(shard: .example).array())
            Issue.record("it was read")
        } catch {
            #expect(error.isNewerFormat)
        }
    }
}

extension [UInt8] {
    /// Makes the checksum of a section file right again.
    mutating func reseal(_ header: FileHeader) {
        let sum = header.seed.checksum(rawSpan.slice(0, count - 8), at: 0)
        for at in 0..<8 { self[count - 8 + at] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * at)) }
    }
}

extension Manifest {
    static func random(_ random: inout SplitMix64) -> Manifest {
        var manifest = Manifest(
            writerEpoch: random.next() >> 2, committedAt: Int64(bitPattern: random.next()))
        manifest.generation = random.next() >> 2
        manifest.previousGeneration = manifest.generation - 1
        manifest.lowestWAL = random.next() >> 40
        manifest.nextFileID = 1 << 40
        manifest.historyFloor = SequenceNumber(random.next())
        manifest.schema = (0..<random.next(below: 50)).map { UInt8($0) }
        var birth: UInt64 = 0
        var id: UInt64 = 0
        let count = random.next(below: 12)
        let high: UInt64 = 1 << 61
        manifest.flushed = count == 0 ? nil : SequenceNumber(high)
        for number in 0..<count {
            let lowest = birth + random.next() >> 10
            birth = lowest + random.next() >> 10
            id += 1 + random.next() >> 40
            var entry = SegmentEntry(
                id: id, byteCount: random.next(), rootChecksum: random.next(),
                rows: 1 + random.next(below: 1000),
                births: SequenceNumber(min(lowest, high))...SequenceNumber(min(birth, high)),
                from: SequenceNumber(random.next() >> 4), level: UInt8(random.next(below: 9)),
                flags: UInt32(random.next(below: 1000)))
            entry.tombstones = random.next(below: entry.rows + 1)
            for _ in 0..<random.next(below: 5) where entry.dead < entry.rows {
                let dead = 1 + random.next(below: entry.rows - entry.dead)
                entry.dead += dead
                entry.deaths.append(
                    DeathsPiece(
                        file: (1 << 30) + random.next() >> 40, offset: random.next() >> 1,
                        byteCount: random.next() >> 1, count: dead,
                        highestDeath: SequenceNumber(random.next() >> 4), checksum: random.next()))
            }
            birth += 1
            if number % 3 == 2 {
                entry.to = SequenceNumber(entry.from.rawValue + random.next() >> 5)
                manifest.retired.append(entry)
            } else {
                manifest.segments.append(entry)
            }
        }
        for _ in 0..<random.next(below: 4) {
            manifest.advance(
                to: SourceCheckpoint(
                    source: uuid(random.next() >> 62), partition: UInt32(random.next(below: 3)),
                    epoch: random.next(), pointer: (0..<UInt8(random.next(below: 129))).map { $0 },
                    timestamp: Int64(bitPattern: random.next())))
        }
        for _ in 0..<random.next(below: 30) {
            manifest.timeMap.record(
                SequenceNumber(random.next() >> 4), at: Int64(bitPattern: random.next()) >> 4)
        }
        return manifest
    }
}
