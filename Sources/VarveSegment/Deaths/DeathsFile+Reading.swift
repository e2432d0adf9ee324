package import VarveBytes
package import VarveFiles

extension DeathsFile {
    /// Reads the deaths of one piece, rows ascending.
    ///
    /// Reads the piece and nothing else of the file, and checks it against the checksum that the manifest has.
    /// - Parameter rowCount: Rows of the segment; a death of any other row is damage.
    package static func read(
        _ piece: Piece, of file: any OpenFile, owner: UUID128, fileID: UInt64, rowCount: Int
    ) throws(StorageError) -> [RowDeath] {
        let size = try fileSize(file)
        guard piece.offset <= size, piece.byteCount <= size - piece.offset else {
            throw .damaged(
                Damage(file.path, at: size, "a piece up to \(piece.offset) + \(piece.byteCount) is cut off"))
        }
        var bytes = ByteBuffer(capacity: Int(piece.byteCount))
        try read(Int(piece.byteCount), at: piece.offset, of: file, into: &bytes)
        let seed = ChecksumSeed(owner: owner, file: fileID, kind: .deaths)
        do throws(FormatError) {
            return try decode(bytes.bytes, piece, seed: seed, rowCount: rowCount)
        } catch {
            throw .damaged(Damage(file.path, from: piece.offset, error))
        }
    }

    /// The pieces of a file, from its table of contents. Checks header, footer and table, and no piece.
    package static func pieces(
        of file: any OpenFile, owner: UUID128, fileID: UInt64
    ) throws(StorageError) -> [Piece] {
        let size = try fileSize(file)
        guard size <= fileBytesMax else {
            throw .damaged(Damage(file.path, at: size, "a deaths file of \(size) bytes"))
        }
        var head = ByteBuffer(capacity: FileHeader.byteCount)
        try read(min(FileHeader.byteCount, Int(size)), at: 0, of: file, into: &head)
        let header: FileHeader
        do throws(FormatError) {
            header = try FileHeader(decoding: head.bytes, kind: .deaths)
            try header.expect(owner: owner, fileID: fileID)
            guard header.detail <= UInt64(piecesMax) else {
                throw FormatError("\(header.detail) pieces in one file", offset: 48)
            }
        } catch {
            throw .damaged(Damage(file.path, error))
        }
        let endBytes = min(Int(size), Int(header.detail) * entryBytes + footerBytes)
        let start = Int(size) - endBytes
        var end = ByteBuffer(capacity: endBytes)
        try read(endBytes, at: UInt64(start), of: file, into: &end)
        do throws(FormatError) {
            return try decodeEnd(end.bytes, from: start, header: header)
        } catch {
            throw .damaged(Damage(file.path, from: UInt64(start), error))
        }
    }

    /// Checks every byte of a file and returns its pieces.
    package static func verify(
        _ file: any OpenFile, owner: UUID128, fileID: UInt64
    ) throws(StorageError) -> [Piece] {
        let pieces = try pieces(of: file, owner: owner, fileID: fileID)
        for piece in pieces {
            _ = try read(piece, of: file, owner: owner, fileID: fileID, rowCount: rowsMax)
        }
        return pieces
    }

    private static func fileSize(_ file: any OpenFile) throws(StorageError) -> UInt64 {
        do throws(FileError) { return try file.size() } catch { throw .file(error) }
    }

    private static func read(
        _ count: Int, at offset: UInt64, of file: any OpenFile, into buffer: inout ByteBuffer
    ) throws(StorageError) {
        do throws(FileError) {
            try buffer.append(upTo: count) { room throws(FileError) in
                try file.read(at: offset, into: &room)
            }
        } catch {
            throw .file(error)
        }
        guard buffer.count == count else {
            throw .damaged(Damage(file.path, at: offset + UInt64(buffer.count), "the file ends too early"))
        }
    }
}
