import Testing
import VarveBytes
import VarveFiles

@testable import VarveSegment

@Suite struct `A deaths file` {
    static let owner = UUID128(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)

    /// The example of the format page.
    static let example: [(segment: UInt64, deaths: DeathSet)] = [
        (
            0x3,
            DeathSet([
                RowDeath(row: 0, death: SequenceNumber(310)), RowDeath(row: 1, death: SequenceNumber(300)),
                RowDeath(row: 300, death: SequenceNumber(500)),
            ])
        ),
        (0x9, DeathSet([RowDeath(row: 5, death: SequenceNumber(401))])),
    ]

    private func encode(
        _ deaths: [(segment: UInt64, deaths: DeathSet)]
    ) -> (bytes: [UInt8], pieces: [DeathsFile.Piece]) {
        var buffer = ByteBuffer()
        let pieces = DeathsFile.encode(deaths, owner: Self.owner, fileID: 0x1f, into: &buffer)
        return (buffer.copied, pieces)
    }

    private func read(
        _ piece: DeathsFile.Piece, _ file: BytesFile, rowCount: Int = Int(Int32.max)
    ) throws(StorageError) -> DeathSet {
        DeathSet(
            try DeathsFile.read(piece, of: file, owner: Self.owner, fileID: 0x1f, rowCount: rowCount))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `gives back what was written`(seed: UInt64) throws {
        var random = TestRandom(seed: seed)
        let sets = (0..<random.below(6)).map { segment in
            let deaths = (0..<random.below(300)).map { _ in
                RowDeath(
                    row: UInt32(random.below(1 << random.below(31))),
                    death: SequenceNumber(random.next() >> UInt64(1 + random.below(60))))
            }
            return (segment: UInt64(segment * 3), deaths: DeathSet(deaths))
        }
        let (bytes, pieces) = encode(sets)
        let file = BytesFile(bytes)
        let held = sets.filter { !$0.deaths.isEmpty }
        #expect(pieces.map { $0.segment } == held.map { $0.segment })
        for (piece, set) in zip(pieces, held) {
            #expect(piece.count == set.deaths.count)
            #expect(piece.highestDeath == set.deaths.latest)
            let found = try read(piece, file)
            #expect(found == set.deaths)
        }
        let listed = try DeathsFile.verify(file, owner: Self.owner, fileID: 0x1f)
        #expect(listed == pieces)
    }

    @Test func `is the bytes of the format page`() throws {
        #expect(encode(Self.example).bytes == (try FormatPage("deaths").example))
    }

    @Test func `cut at any length is damage`() {
        let (bytes, pieces) = encode(Self.example)
        for length in 0..<bytes.count {
            let file = BytesFile(Array(bytes.prefix(length)))
            #expect(throws: StorageError.self) {
                try DeathsFile.verify(file, owner: Self.owner, fileID: 0x1f)
            }
            for piece in pieces where piece.offset + piece.byteCount > UInt64(length) {
                #expect(throws: StorageError.self) { try read(piece, file) }
            }
        }
    }

    @Test func `with any bit flipped is damage`() {
        var (bytes, pieces) = encode(Self.example)
        for bit in 0..<(bytes.count * 8) {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let file = BytesFile(bytes)
            #expect(throws: StorageError.self, "bit \(bit)") {
                try DeathsFile.verify(file, owner: Self.owner, fileID: 0x1f)
            }
            for piece in pieces {
                let range = Int(piece.offset)..<Int(piece.offset + piece.byteCount)
                if range.contains(bit / 8) {
                    #expect(throws: StorageError.self) { try read(piece, file) }
                }
            }
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test func `with bytes too many at its end is damage`() {
        let (bytes, _) = encode(Self.example)
        for more in [1, 8, 64] {
            let file = BytesFile(bytes + [UInt8](repeating: 0, count: more))
            #expect(throws: StorageError.self) {
                try DeathsFile.verify(file, owner: Self.owner, fileID: 0x1f)
            }
        }
    }

    @Test func `of another owner, file or segment is damage`() throws {
        let (bytes, pieces) = encode(Self.example)
        let file = BytesFile(bytes)
        let stranger = UUID128(high: 1, low: 2)
        for (owner, fileID) in [(stranger, 0x1f), (Self.owner, 0x20)] as [(UUID128, UInt64)] {
            #expect(throws: StorageError.self) {
                try DeathsFile.pieces(of: file, owner: owner, fileID: fileID)
            }
        }
        #expect(throws: StorageError.self) {
            try DeathsFile.read(pieces[0], of: file, owner: stranger, fileID: 0x1f, rowCount: 1000)
        }
        var wrong: [DeathsFile.Piece] = []
        for change in [
            { $0.segment += 1 }, { $0.count += 1 }, { $0.checksum ^= 1 }, { $0.byteCount += 8 },
            { $0.offset += 8 }, { $0.highestDeath = $0.highestDeath.next }, { $0.byteCount = 8 },
            { $0.offset = .max }, { $0.byteCount = .max },
        ] as [(inout DeathsFile.Piece) -> Void] {
            var piece = pieces[0]
            change(&piece)
            wrong.append(piece)
        }
        for piece in wrong { #expect(throws: StorageError.self) { try read(piece, file) } }
    }

    @Test func `naming a row that the segment has not is damage`() throws {
        let (bytes, pieces) = encode(Self.example)
        let file = BytesFile(bytes)
        #expect(throws: StorageError.self) { try read(pieces[0], file, rowCount: 300) }
        let found = try read(pieces[0], file, rowCount: 301)
        #expect(found == Self.example[0].deaths)
    }

    @Test func `that cannot be read says what the system said`() {
        let (bytes, pieces) = encode(Self.example)
        let file = BytesFile(bytes, failure: .io)
        #expect(throws: StorageError.file(FileError("read", "dels", .io))) { try read(pieces[0], file) }
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `forged with right checksums is damage or a proper list`(seed: UInt64) throws {
        var random = TestRandom(seed: seed)
        let (bytes, pieces) = encode(Self.example)
        var piece = pieces[0]
        var forged = Array(bytes[Int(piece.offset)..<Int(piece.offset + piece.byteCount)])
        for _ in 0...random.below(4) {
            let at = random.below(forged.count - 8)
            forged[at] =
                random.chance(50)
                ? UInt8(truncatingIfNeeded: random.next()) : [0, 0x7F, 0x80, 0xFF][random.below(4)]
        }
        let seed = ChecksumSeed(owner: Self.owner, file: 0x1f, kind: .deaths)
        piece.checksum = seed.checksum(forged.rawSpan.slice(0, forged.count - 8), at: piece.offset)
        for byte in 0..<8 {
            forged[forged.count - 8 + byte] = UInt8(truncatingIfNeeded: piece.checksum >> UInt64(8 * byte))
        }
        if random.chance(50) {
            piece.segment = forged.rawSpan.load(at: 0)
            piece.count = Int(forged.rawSpan.load(UInt32.self, at: 8))
            piece.highestDeath = SequenceNumber(forged.rawSpan.load(UInt64.self, at: 24))
        }
        do throws(FormatError) {
            let deaths = try DeathsFile.decode(forged.rawSpan, piece, seed: seed, rowCount: 1000)
            #expect(deaths.count == piece.count)
            #expect(zip(deaths, deaths.dropFirst()).allSatisfy { $0.row < $1.row })
            #expect(deaths.allSatisfy { $0.row < 1000 && $0.death <= piece.highestDeath })
        } catch {
            #expect(!error.rule.isEmpty)
        }
    }
}
