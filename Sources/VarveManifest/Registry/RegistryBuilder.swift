import VarveBytes
import VarveFiles
import VarveLog

/// Types of records in the registry's log. Raw values are part of the format; from 0x80 on a reader may skip
/// what it does not know.
enum RegistryRecord {
    /// What was live when the generation began.
    static let base: UInt8 = 1
    static let changes: UInt8 = 2
    static let skippable: UInt8 = 0x80
}

/// Writes a new generation of the registry under `tmp/`, and gives both copies their names once all is durable.
///
/// The header goes in last, since it says where the generation's first content ends: a file shorter than that
/// is damaged, not torn. Dropping a builder without publishing leaves files that nobody reads; `discard` removes
/// them.
struct RegistryBuilder: ~Copyable {
    private let environment: Environment
    private let generation: UInt64
    private let previous: UInt64
    private let header: FileHeader
    private var staged: [StagedFile] = []
    private var buffer = ByteBuffer()
    /// Behind the last record; before it lies what was not written yet, `buffer`.
    private var offset = UInt64(FileHeader.byteCount)
    private var chain: UInt64 = 0
    /// A copy may have its name: the generation may be the one that counts, whatever happens next.
    private(set) var mayBePublished = false

    init(
        generation: UInt64, previous: UInt64, store: UUID128, environment: Environment
    ) throws(FileError) {
        self.environment = environment
        self.generation = generation
        self.previous = previous
        header = FileHeader(kind: .registry, owner: store, fileID: generation)
        for copy in FileCopy.allCases {
            do throws(FileError) {
                staged.append(try AtomicPublish(in: environment).stage(for: path(copy)))
            } catch {
                discard()
                throw error
            }
        }
    }

    /// Adds one record with a payload of changes.
    private mutating func append(_ type: UInt8, _ payload: RawSpan) throws(FileError) {
        let frame = RecordFrame(type: type, durableEnd: 0, previous: chain)
        chain = frame.encode(payload: payload, at: offset, seed: header.seed, into: &buffer)
        offset += UInt64(RecordFrame.byteCount(payload: payload.byteCount))
        if buffer.count >= 1 << 20 { try flush() }
    }

    /// Adds records of the table from `position` on, as one record of the log; false if there are no more.
    mutating func appendBase(
        of table: PITTable, from position: inout Int, options: PITRegistryOptions
    ) throws(FileError) -> Bool {
        var writer = PITPayloadWriter(capacity: min(options.baseRecordBytes, 64 + table.encodedBytes))
        if position == 0, let heartbeat = table.heartbeat { writer.append(.heartbeat(heartbeat)) }
        while position < table.count && writer.byteCount < options.baseRecordBytes {
            writer.append(table[position])
            position += 1
        }
        let payload = writer.finish()
        try append(RegistryRecord.base, payload.bytes)
        return position < table.count
    }

    /// Adds a group of the generation before.
    mutating func append(_ group: RegistryGroup) throws(FileError) {
        let bytes = group.bytes
        try append(RegistryRecord.changes, bytes.bytes.slice(RecordFrame.headerBytes, group.payloadCount))
    }

    /// Adds all records of the table.
    mutating func appendAll(of table: PITTable, options: PITRegistryOptions) throws(PublishFailure) {
        var position = 0
        do throws(FileError) {
            while try appendBase(of: table, from: &position, options: options) {}
        } catch {
            throw .storage(.file(error))
        }
    }

    /// Writes what is buffered to both copies.
    private mutating func flush() throws(FileError) {
        for file in staged { try file.file.write(buffer.bytes, at: offset - UInt64(buffer.count)) }
        buffer.removeAll()
    }

    /// Makes durable what there is so far, so that little is left to do in `publish`.
    mutating func sync() throws(FileError) {
        try flush()
        for file in staged { try file.file.sync() }
    }

    /// Completes both copies and makes them the registry. Durable when this returns.
    mutating func publish(preallocating extra: UInt64) throws(PublishFailure) -> RegistryTail {
        var complete = header
        complete.detail = offset
        var head = ByteBuffer(capacity: FileHeader.byteCount)
        complete.encode(into: &head)
        let end = RegistryTail.allocation(behind: offset, extra)
        buffer.append(repeating: 0, count: Int(end - offset))
        do throws(FileError) {
            for file in staged {
                try file.file.write(buffer.bytes, at: end - UInt64(buffer.count))
                try file.file.write(head.bytes, at: 0)
                try file.file.sync()
            }
        } catch {
            throw .storage(.file(error))
        }
        buffer.removeAll()
        mayBePublished = true
        for file in staged { try file.linkUnfenced() }
        var files: [any OpenFile] = []
        do throws(FileError) {
            try environment.files.syncDirectory(.root)
            for copy in FileCopy.allCases {
                files.append(try environment.files.openFile(path(copy), writable: true))
            }
        } catch {
            throw .storage(.file(error))
        }
        try checkFence()
        return RegistryTail(
            generation: generation, files: files, seed: header.seed, offset: offset, chain: chain,
            allocatedEnd: end)
    }

    private func path(_ copy: FileCopy) -> StorePath {
        StoreLayout.path(.registry(generation: generation, copy: copy))
    }

    private func checkFence() throws(PublishFailure) {
        let newest: UInt64?
        do throws(StorageError) {
            newest = try RegistryReader.generations(in: environment.files).last
        } catch {
            throw .storage(error)
        }
        guard newest == generation else {
            throw .fenced(found: StoreLayout.path(.registry(generation: newest ?? 0, copy: .a)))
        }
    }

    /// Removes the temporary names, and, after a publish, generations older than the last two.
    func discard() {
        for file in staged { file.discard() }
    }

    func removeOlderGenerations() {
        let files = environment.files
        guard let generations = try? RegistryReader.generations(in: files) else { return }
        for old in generations where old < generation && old != previous {
            for copy in FileCopy.allCases {
                try? files.unlink(StoreLayout.path(.registry(generation: old, copy: copy)))
            }
        }
    }
}

/// The end of the registry's log: both copies, and what the next record follows.
struct RegistryTail: Sendable {
    let generation: UInt64
    /// Copy a, copy b.
    let files: [any OpenFile]
    let seed: ChecksumSeed
    /// Behind the last record.
    private(set) var offset: UInt64
    private(set) var chain: UInt64
    /// Everything below is synced in both copies.
    private(set) var durableEnd: UInt64
    /// Zeros lie from `offset` up to here.
    private(set) var allocatedEnd: UInt64

    init(
        generation: UInt64, files: [any OpenFile], seed: ChecksumSeed, offset: UInt64, chain: UInt64,
        allocatedEnd: UInt64
    ) {
        self.generation = generation
        self.files = files
        self.seed = seed
        self.offset = offset
        self.chain = chain
        durableEnd = offset
        self.allocatedEnd = allocatedEnd
    }

    /// Frames a payload as the next record, to be written at `offset` as it was before the call. The bytes
    /// include zeros when the file has to grow.
    mutating func frame(_ payload: RawSpan, preallocating extra: UInt64) -> SharedBytes {
        let frame = RecordFrame(type: RegistryRecord.changes, durableEnd: durableEnd, previous: chain)
        var bytes = ByteBuffer(capacity: RecordFrame.byteCount(payload: payload.byteCount))
        chain = frame.encode(payload: payload, at: offset, seed: seed, into: &bytes)
        offset += UInt64(bytes.count)
        if offset > allocatedEnd {
            allocatedEnd = Self.allocation(behind: offset, extra)
            bytes.append(repeating: 0, count: Int(allocatedEnd - offset))
        }
        return SharedBytes(bytes)
    }

    /// How far zeros are written when the content ends at `offset`: whole pages, or nothing.
    static func allocation(behind offset: UInt64, _ extra: UInt64) -> UInt64 {
        extra == 0 ? offset : (offset + extra + 4095) / 4096 * 4096
    }

    mutating func becameDurable() { durableEnd = offset }
}
