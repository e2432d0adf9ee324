package import VarveBytes

/// A deaths file, `dels-<id>`: for each segment that a flush or merge touched, the rows that died.
///
/// Written once, with the segment of the same publish, and never changed; the manifest names every piece by its
/// place. Deaths are facts about history and not a bitmap: readers at S ignore those above S, and pieces of one
/// segment add up. The format page is `docs/formats/deaths.md`.
///
/// ```
/// header (64) | piece | ... | piece | table of contents | footer (56)
/// ```
package enum DeathsFile {
    /// One segment's part: where it lies in the file, and what it holds at most.
    package struct Piece: Equatable, Sendable {
        package var segment: UInt64
        package var offset: UInt64
        package var byteCount: UInt64
        /// How many rows died.
        package var count: Int
        package var highestDeath: SequenceNumber
        package var checksum: UInt64

        package init(
            segment: UInt64, offset: UInt64, byteCount: UInt64, count: Int, highestDeath: SequenceNumber,
            checksum: UInt64
        ) {
            self.segment = segment
            self.offset = offset
            self.byteCount = byteCount
            self.count = count
            self.highestDeath = highestDeath
            self.checksum = checksum
        }
    }

    /// What a piece has before its rows, and the checksum after its deaths.
    static let pieceHeaderBytes = 40
    static let checksumBytes = 8
    static let entryBytes = 48
    static let footerBytes = 56
    /// "VARVED", CR LF, from the end.
    static let reversedMagic: UInt64 = 0x5641_5256_4544_0D0A
    /// Rows of a segment, 2^31 - 1.
    static let rowsMax = Int(Int32.max)
    /// A file, 1 TiB.
    static let fileBytesMax: UInt64 = 1 << 40
    /// Pieces of a file: segments of a shard.
    static let piecesMax = 65_536

    /// Appends a whole file to `buffer`, which must be empty, and returns where its pieces lie.
    ///
    /// - Parameter deaths: By segment, ids ascending; a set without deaths gets no piece.
    package static func encode(
        _ deaths: [(segment: UInt64, deaths: DeathSet)], owner: UUID128, fileID: UInt64,
        into buffer: inout ByteBuffer
    ) -> [Piece] {
        precondition(buffer.isEmpty, "offsets are those of the file")
        precondition(deaths.count <= piecesMax, "more pieces than a shard has segments")
        precondition(
            zip(deaths, deaths.dropFirst()).allSatisfy { $0.segment < $1.segment }, "segments ascend")
        let held = deaths.filter { !$0.deaths.isEmpty }
        let header = FileHeader(kind: .deaths, owner: owner, fileID: fileID, detail: UInt64(held.count))
        header.encode(into: &buffer)
        let pieces = held.map { encode($0.deaths, of: $0.segment, header.seed, into: &buffer) }
        encodeEnd(pieces, header, into: &buffer)
        return pieces
    }

    private static func encode(
        _ set: DeathSet, of segment: UInt64, _ seed: ChecksumSeed, into buffer: inout ByteBuffer
    ) -> Piece {
        let deaths = set.all
        let start = buffer.count
        let lowest = deaths.reduce(UInt64.max) { min($0, $1.death.rawValue) }
        let highest = deaths.reduce(UInt64(0)) { max($0, $1.death.rawValue) }
        precondition(highest < UInt64.max && deaths[deaths.count - 1].row < UInt32(rowsMax), "not a death")
        buffer.append(segment)
        buffer.append(UInt32(deaths.count))
        buffer.append(UInt32(0))
        buffer.append(lowest)
        buffer.append(highest)
        buffer.append(UInt64(0))
        let rowsStart = buffer.count
        var next: UInt32 = 0
        for death in deaths {
            buffer.appendVarint(UInt64(death.row - next))
            next = death.row + 1
        }
        buffer.overwrite(UInt32(buffer.count - rowsStart), at: start + 12)
        let deathsStart = buffer.count
        for death in deaths { buffer.appendVarint(death.death.rawValue - lowest) }
        buffer.overwrite(UInt64(buffer.count - deathsStart), at: start + 32)
        buffer.pad(to: 8)
        let sum = seed.checksum(buffer.bytes.slice(start, buffer.count - start), at: UInt64(start))
        buffer.append(sum)
        return Piece(
            segment: segment, offset: UInt64(start), byteCount: UInt64(buffer.count - start),
            count: deaths.count, highestDeath: SequenceNumber(highest), checksum: sum)
    }

    /// The table of contents, and the footer that holds its checksum.
    private static func encodeEnd(_ pieces: [Piece], _ header: FileHeader, into buffer: inout ByteBuffer) {
        let start = buffer.count
        for piece in pieces {
            buffer.append(piece.segment)
            buffer.append(piece.offset)
            buffer.append(piece.byteCount)
            buffer.append(UInt64(piece.count))
            buffer.append(piece.highestDeath.rawValue)
            buffer.append(piece.checksum)
        }
        let length = buffer.count - start
        let sum = header.seed.checksum(buffer.bytes.slice(start, length), at: UInt64(start))
        let footer = buffer.count
        buffer.append(UInt64(start))
        buffer.append(UInt64(length))
        buffer.append(UInt64(footer + footerBytes))
        buffer.append(header.fileID)
        buffer.append(sum)
        buffer.append(header.seed.checksum(buffer.bytes.slice(footer, 40), at: UInt64(footer)))
        buffer.append(reversedMagic)
    }
}
