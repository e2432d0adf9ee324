package import VarveBytes

extension DeathsFile {
    /// Reads the deaths of one piece, rows ascending, from the piece's bytes.
    ///
    /// - Parameters:
    ///   - piece: What the manifest, or the file's table of contents, says of it.
    ///   - seed: That of the file's header.
    ///   - rowCount: Rows of the segment; a death of any other row is damage.
    package static func decode(
        _ bytes: RawSpan, _ piece: Piece, seed: ChecksumSeed, rowCount: Int
    ) throws(FormatError) -> [RowDeath] {
        let lowest = try decodeHead(bytes, piece, seed)
        let rowBytes = Int(bytes.load(UInt32.self, at: 12))
        let deathBytes: UInt64 = bytes.load(at: 32)
        let room = bytes.byteCount - pieceHeaderBytes - checksumBytes
        guard rowBytes <= room, deathBytes <= UInt64(room - rowBytes),
            room - rowBytes - Int(deathBytes) < 8
        else {
            throw FormatError("rows of \(rowBytes) and deaths of \(deathBytes) bytes in \(room)", offset: 12)
        }
        // A row and a death have a byte at least, so the count is bounded by what is there.
        guard piece.count > 0, piece.count <= rowBytes, piece.count <= Int(deathBytes) else {
            throw FormatError("\(piece.count) deaths in \(rowBytes) and \(deathBytes) bytes", offset: 8)
        }
        var deaths = try decodeRows(bytes, end: pieceHeaderBytes + rowBytes, piece.count, rowCount)
        var reader = ByteReader(bytes.slice(0, pieceHeaderBytes + rowBytes + Int(deathBytes)))
        _ = try reader.readBytes(pieceHeaderBytes + rowBytes)
        try decodeDeaths(&reader, lowest, piece.highestDeath.rawValue, into: &deaths)
        for at in reader.offset..<(bytes.byteCount - checksumBytes) where bytes.byte(at: at) != 0 {
            throw FormatError("padding is not zero", offset: at)
        }
        return deaths
    }

    /// Checks the checksum and that the piece is the one expected; returns its lowest death.
    private static func decodeHead(
        _ bytes: RawSpan, _ piece: Piece, _ seed: ChecksumSeed
    ) throws(FormatError) -> UInt64 {
        let count = bytes.byteCount
        guard UInt64(count) == piece.byteCount, count % 8 == 0, count >= pieceHeaderBytes + checksumBytes
        else {
            throw FormatError("a piece of \(count) bytes, expected \(piece.byteCount)", offset: 0)
        }
        let sum = seed.checksum(bytes.slice(0, count - checksumBytes), at: piece.offset)
        let stored: UInt64 = bytes.load(at: count - checksumBytes)
        guard sum == stored, sum == piece.checksum else {
            throw FormatError(
                "piece checksum \(stored.hex16), computed \(sum.hex16), expected \(piece.checksum.hex16)",
                offset: count - checksumBytes)
        }
        let segment: UInt64 = bytes.load(at: 0)
        let deaths: UInt32 = bytes.load(at: 8)
        let lowest: UInt64 = bytes.load(at: 16)
        let highest: UInt64 = bytes.load(at: 24)
        guard segment == piece.segment, Int(deaths) == piece.count else {
            throw FormatError("a piece of another segment or count", offset: 0)
        }
        guard lowest <= highest, highest < UInt64.max, highest == piece.highestDeath.rawValue else {
            throw FormatError("deaths from \(lowest) to \(highest)", offset: 16)
        }
        return lowest
    }

    private static func decodeRows(
        _ bytes: RawSpan, end: Int, _ count: Int, _ rowCount: Int
    ) throws(FormatError) -> [RowDeath] {
        var reader = ByteReader(bytes.slice(0, end))
        _ = try reader.readBytes(pieceHeaderBytes)
        var deaths: [RowDeath] = []
        deaths.reserveCapacity(count)
        var next: UInt64 = 0
        let limit = UInt64(min(rowCount, rowsMax))
        for _ in 0..<count {
            let at = reader.offset
            let step = try reader.readVarint()
            guard next <= limit, step < limit - next else {
                throw FormatError("a row past the segment's \(rowCount)", offset: at)
            }
            deaths.append(RowDeath(row: UInt32(next + step), death: .infinity))
            next += step + 1
        }
        try reader.expectEnd(of: "the list of rows")
        return deaths
    }

    private static func decodeDeaths(
        _ reader: inout ByteReader, _ lowest: UInt64, _ highest: UInt64, into deaths: inout [RowDeath]
    ) throws(FormatError) {
        var least = UInt64.max
        var most: UInt64 = 0
        for at in deaths.indices {
            let step = try reader.readVarint()
            guard step <= highest - lowest else {
                throw FormatError("a death above the highest, \(highest)", offset: reader.offset)
            }
            deaths[at].death = SequenceNumber(lowest + step)
            least = min(least, step)
            most = max(most, step)
        }
        try reader.expectEnd(of: "the list of deaths")
        guard least == 0, most == highest - lowest else {
            throw FormatError("no death is the lowest, or none the highest", offset: 16)
        }
    }

    /// Reads and checks the footer and the table of contents.
    ///
    /// - Parameters:
    ///   - end: The last `byteCount - offset` bytes of the file.
    ///   - offset: Where in the file they begin; at most at the table of contents.
    static func decodeEnd(
        _ end: RawSpan, from offset: Int, header: FileHeader
    ) throws(FormatError) -> [Piece] {
        let table = try decodeFooter(end, fileBytes: offset + end.byteCount, header)
        guard table.start >= offset else {
            throw FormatError("the table of contents is elsewhere", offset: 0)
        }
        let bytes = end.slice(table.start - offset, table.count)
        guard header.seed.checksum(bytes, at: UInt64(table.start)) == table.checksum else {
            throw FormatError("table of contents does not match its checksum", offset: table.start - offset)
        }
        var pieces: [Piece] = []
        pieces.reserveCapacity(table.count / entryBytes)
        var next = UInt64(header.length)
        for at in stride(from: 0, to: table.count, by: entryBytes) {
            let count: UInt64 = bytes.load(at: at + 24)
            let piece = Piece(
                segment: bytes.load(at: at), offset: bytes.load(at: at + 8),
                byteCount: bytes.load(at: at + 16), count: Int(truncatingIfNeeded: count),
                highestDeath: SequenceNumber(bytes.load(UInt64.self, at: at + 32)),
                checksum: bytes.load(at: at + 40))
            guard piece.offset == next, piece.byteCount >= UInt64(pieceHeaderBytes + checksumBytes),
                piece.byteCount % 8 == 0, piece.byteCount <= UInt64(table.start) - next,
                count > 0, count <= UInt64(rowsMax)
            else {
                throw FormatError(
                    "piece \(pieces.count) has no proper place", offset: table.start - offset + at)
            }
            if let last = pieces.last, last.segment >= piece.segment {
                throw FormatError("segments do not ascend", offset: table.start - offset + at)
            }
            pieces.append(piece)
            next += piece.byteCount
        }
        guard next == UInt64(table.start), UInt64(pieces.count) == header.detail else {
            throw FormatError("pieces do not fill the file", offset: table.start - offset)
        }
        return pieces
    }

    private struct Table {
        var start: Int
        var count: Int
        var checksum: UInt64
    }

    /// Where the table of contents lies in the file.
    private static func decodeFooter(
        _ end: RawSpan, fileBytes: Int, _ header: FileHeader
    ) throws(FormatError) -> Table {
        guard end.byteCount >= footerBytes, fileBytes >= header.length + footerBytes else {
            throw FormatError("a file of \(fileBytes) bytes has no room for a footer", offset: 0)
        }
        let at = end.byteCount - footerBytes
        let footer = end.slice(at, footerBytes)
        guard footer.load(UInt64.self, at: 48) == reversedMagic else {
            throw FormatError("the file does not end in a footer", offset: at + 48)
        }
        let sum = header.seed.checksum(footer.slice(0, 40), at: UInt64(fileBytes - footerBytes))
        guard footer.load(UInt64.self, at: 40) == sum else {
            throw FormatError("footer does not match its checksum", offset: at)
        }
        let start: UInt64 = footer.load(at: 0)
        let count: UInt64 = footer.load(at: 8)
        let room = UInt64(fileBytes - footerBytes)
        guard start >= UInt64(header.length), start <= room, count == room - start,
            count % UInt64(entryBytes) == 0, count <= UInt64(piecesMax * entryBytes)
        else {
            throw FormatError("a table of contents of \(count) bytes at \(start)", offset: at)
        }
        guard footer.load(UInt64.self, at: 16) == UInt64(fileBytes) else {
            throw FormatError("the file has \(fileBytes) bytes, its footer says otherwise", offset: at + 16)
        }
        guard footer.load(UInt64.self, at: 24) == header.fileID else {
            throw FormatError("the footer is of another file", offset: at + 24)
        }
        return Table(start: Int(start), count: Int(count), checksum: footer.load(at: 32))
    }
}
