import VarveBytes
import VarveFiles
import VarveLog

/// One copy of a generation of the registry, walked from end to end.
struct RegistryCopy {
    let path: StorePath
    /// Where the chain of whole records ends.
    let validEnd: UInt64
    /// Every byte below is known to have been synced: the first content, and what any record says.
    let provenEnd: UInt64
    /// The end of the last byte that is not zero.
    let writtenEnd: UInt64
    private let file: any OpenFile
    private let header: FileHeader
    /// Why the chain ends where it does.
    private let problem: FormatError?
    /// Where each record ends, and its checksum.
    private let ends: [UInt64]
    private let checksums: [UInt64]

    init(
        _ path: StorePath, store: UUID128, generation: UInt64, files: any FileSystem
    ) throws(StorageError) {
        self.path = path
        do throws(FileError) {
            file = try files.openFile(path, writable: false)
        } catch {
            throw .file(error)
        }
        header = try Self.readHeader(file, store: store, generation: generation)
        var ends: [UInt64] = []
        var checksums: [UInt64] = []
        var scanner = try RecordScanner(file, seed: header.seed, from: UInt64(header.length))
        while let frame = try scanner.next() {
            ends.append(scanner.offset)
            checksums.append(frame.checksum)
        }
        validEnd = scanner.offset
        problem = scanner.problem
        while try scanner.resynchronise() != nil {}
        writtenEnd = scanner.writtenEnd
        provenEnd = max(scanner.durableEnd, header.detail)
        self.ends = ends
        self.checksums = checksums
    }

    private static func readHeader(
        _ file: any OpenFile, store: UUID128, generation: UInt64
    ) throws(StorageError) -> FileHeader {
        var bytes = ByteBuffer(capacity: FileHeader.byteCount)
        do throws(FileError) {
            try bytes.append(upTo: FileHeader.byteCount) { room throws(FileError) in
                try file.read(at: 0, into: &room)
            }
        } catch {
            throw .file(error)
        }
        do throws(FormatError) {
            let header = try FileHeader(decoding: bytes.bytes, kind: .registry)
            try header.expect(owner: store, fileID: generation)
            guard header.length % 8 == 0 else {
                throw FormatError("a header length of \(header.length)", offset: 12)
            }
            return header
        } catch {
            throw .damaged(Damage(file.path, error))
        }
    }

    /// What is wrong where the chain ends.
    var damage: Damage {
        guard let problem else { return Damage(path, at: validEnd, "a record is missing") }
        return Damage(path, from: validEnd, problem)
    }

    /// Whether this copy holds everything that a shorter one holds.
    func continues(_ shorter: RegistryCopy) -> Bool {
        let count = shorter.ends.count
        guard count <= ends.count else { return false }
        return count == 0
            || (ends[count - 1], checksums[count - 1]) == (
                shorter.ends[count - 1], shorter.checksums[count - 1]
            )
    }

    /// What all records add up to. Reads the file once more.
    func readTable() throws(StorageError) -> PITTable {
        var table = PITTable()
        var scanner = try RecordScanner(file, seed: header.seed, from: UInt64(header.length))
        var start = scanner.offset
        while let frame = try scanner.next() {
            do throws(FormatError) {
                try Self.apply(scanner.payload, ofType: frame.type, to: &table)
            } catch {
                throw .damaged(Damage(path, from: start + UInt64(RecordFrame.headerBytes), error))
            }
            start = scanner.offset
        }
        return table
    }

    private static func apply(
        _ payload: RawSpan, ofType type: UInt8, to table: inout PITTable
    ) throws(FormatError) {
        guard type == RegistryRecord.base || type == RegistryRecord.changes else {
            if type >= RegistryRecord.skippable { return }
            throw FormatError("a record of the unknown type \(type)", offset: 0, isNewerFormat: true)
        }
        var changes = PITPayloadReader(payload)
        while let change = try changes.next() { table.apply(change) }
    }
}
