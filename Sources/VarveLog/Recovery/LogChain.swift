import VarveBytes
import VarveFiles

/// The files of a log in the order in which their link records tie them, found from the last one back.
///
/// A file is *started* by a whole link record. The highest started file is the log's last; which file it follows
/// is for its link to say, whatever else lies in the directory: ids may be missing, and a file between two that
/// are tied was replaced before anything in it was acknowledged. Files above the last are prepared ones, unless
/// they hold a record: then a link is damaged.
struct LogChain {
    struct File {
        let id: UInt64
        let header: FileHeader
        let link: LinkRecord
        /// Where it ends, and the checksum of its last record, as its successor says; nil for the last file.
        let end: LinkRecord?
    }

    /// Ascending; never empty.
    let files: [File]
    /// Ids of files in the directory that are not part of the log.
    let unneeded: [UInt64]
    let highestID: UInt64

    /// - Parameter lowest: The log is needed from the file with this id on.
    init(_ logFiles: LogFiles, lowest: UInt64) throws(StorageError) {
        let ids: [UInt64]
        do throws(FileError) { ids = try logFiles.list() } catch { throw .file(error) }
        let candidates = ids.filter { $0 >= lowest }
        guard let last = try Self.last(of: candidates, logFiles), let highest = ids.last else {
            throw .damaged(
                Damage(logFiles.directory, at: 0, "no file from wal-\(lowest.hex16) on begins a log"))
        }
        let files = try Self.tied(to: last, among: candidates, lowest: lowest, logFiles)
        self.files = files
        highestID = highest
        unneeded = ids.filter { id in !files.contains { $0.id == id } }
    }

    private static func last(of ids: [UInt64], _ logFiles: LogFiles) throws(StorageError) -> File? {
        for id in ids.reversed() {
            let head = try LogFileHead(id, logFiles)
            if let link = head.link { return File(id: id, header: head.header, link: link, end: nil) }
            try head.expectNoRecord()
        }
        return nil
    }

    private static func tied(
        to last: File, among ids: [UInt64], lowest: UInt64, _ logFiles: LogFiles
    ) throws(StorageError) -> [File] {
        var files = [last]
        while let link = files.last?.link, link.predecessor >= lowest, link.predecessor != 0 {
            let id = link.predecessor
            let path = logFiles.path(id)
            guard id < files[files.count - 1].id else {
                throw .damaged(Damage(path, at: 0, "the file is followed by one with a lower id"))
            }
            guard ids.contains(id) else {
                throw .damaged(Damage(path, at: 0, "the file is missing, and a later one follows it"))
            }
            let head = try LogFileHead(id, logFiles)
            guard let ownLink = head.link else {
                throw .damaged(
                    Damage(path, at: head.header.recordsStart, "no link record, and a later file follows"))
            }
            guard ownLink.epoch <= link.epoch else {
                throw .damaged(
                    Damage(path, at: 0, "writer epoch \(ownLink.epoch) is followed by \(link.epoch)"))
            }
            files.append(File(id: id, header: head.header, link: ownLink, end: link))
        }
        return files.reversed()
    }
}

/// The beginning of a WAL file: its header, and its link record if it is started.
struct LogFileHead {
    let file: any OpenFile
    /// The file's header, or the one it should have if it is not whole.
    let header: FileHeader
    /// Nil if the file is not started.
    let link: LinkRecord?

    init(_ id: UInt64, _ logFiles: LogFiles) throws(StorageError) {
        let path = logFiles.path(id)
        do throws(FileError) { file = try logFiles.files.openFile(path, writable: false) } catch {
            throw .file(error)
        }
        let expected = FileHeader(kind: .wal, owner: logFiles.owner, fileID: id)
        guard let header = try Self.readHeader(file) else {
            header = expected
            link = nil
            return
        }
        do throws(FormatError) { try header.expect(owner: logFiles.owner, fileID: id) } catch {
            throw .damaged(Damage(path, error))
        }
        self.header = header
        link = try Self.readLink(file, header)
    }

    /// Nil if there is no whole header.
    static func readHeader(_ file: any OpenFile) throws(StorageError) -> FileHeader? {
        var bytes = ByteBuffer(capacity: FileHeader.byteCount)
        do throws(FileError) {
            try bytes.append(upTo: FileHeader.byteCount) {
                (room: inout MutableRawSpan) throws(FileError) -> Int in try file.read(at: 0, into: &room)
            }
        } catch {
            throw .file(error)
        }
        do throws(FormatError) {
            let header = try FileHeader(decoding: bytes.bytes, kind: .wal)
            guard [0, 512, 4096].contains(header.detail), header.length % 8 == 0 else {
                throw FormatError(
                    "groups padded to \(header.detail) bytes behind a header of \(header.length)", offset: 48,
                    isNewerFormat: true)
            }
            return header
        } catch {
            if error.isNewerFormat { throw .damaged(Damage(file.path, error)) }
            return nil
        }
    }

    private static func readLink(_ file: any OpenFile, _ header: FileHeader) throws(StorageError)
        -> LinkRecord?
    {
        var scanner = try RecordScanner(
            file, seed: header.seed, from: header.recordsStart, chunkBytes: 4096)
        guard let frame = try scanner.next() else { return nil }
        do throws(FormatError) {
            guard frame.type == RecordType.link.rawValue else {
                throw FormatError("a first record of type \(frame.type), expected a link", offset: 12)
            }
            return try LinkRecord(decoding: scanner.payload)
        } catch {
            throw .damaged(Damage(file.path, from: header.recordsStart, error))
        }
    }

    /// A file that is not started was only prepared, and holds no record; one that does has lost its beginning.
    func expectNoRecord() throws(StorageError) {
        var scanner = try RecordScanner(file, seed: header.seed, from: ByteOffset(FileHeader.byteCount))
        guard let frame = try scanner.resynchronise() else { return }
        throw .damaged(
            Damage(
                file.path, at: scanner.offset - ByteOffset(frame.byteCount),
                "a record in a file whose link record or header is damaged"))
    }
}
