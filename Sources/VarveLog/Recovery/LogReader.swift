import VarveBytes
import VarveFiles

/// Reads a log from its first needed record to its last, hands each to the owner, and keeps what has to be
/// written again: the records that are not known to be durable.
struct LogReader {
    /// A record that is in the log and perhaps only in the system's cache.
    struct Unproven {
        let frame: RecordFrame
        let payload: SharedBytes?
        let end: ByteOffset
        let next: SequenceNumber
        let highest: SequenceNumber?
    }

    /// Where the durable part of the last file ends.
    struct Proven {
        let end: ByteOffset
        let checksum: UInt64
        let next: SequenceNumber
        let highest: SequenceNumber
    }

    private let logFiles: LogFiles
    let chain: LogChain
    private(set) var report = LogRecoveryReport()
    /// The files before the last.
    private(set) var extents: [LogFileExtent] = []
    /// Of the last file: records behind `proven`, in order.
    private(set) var unproven: [Unproven] = []
    /// Of the last file; nil if no record of the owner's or gap in it is known to be durable.
    private(set) var proven: Proven?
    /// The number of the last file's first operation.
    private(set) var lastFileFirst = SequenceNumber(0)

    // Of the file being read.
    private var counts = SealRecord(operations: 0, records: 0, endsLog: false)
    private var highest: SequenceNumber?
    private var seal: SealRecord?
    private var next = SequenceNumber(0)

    init(_ logFiles: LogFiles, lowest: UInt64) throws(StorageError) {
        self.logFiles = logFiles
        chain = try LogChain(logFiles, lowest: lowest)
        report.files = chain.files.map(\.id)
        report.unneeded = chain.unneeded
        report.epoch = chain.files[chain.files.count - 1].link.epoch
    }

    /// Reads everything. Throws what `replay` throws, or why the log cannot be trusted.
    mutating func read(_ replay: (RecoveredRecord) throws -> Void) throws {
        for (at, file) in chain.files.enumerated() { try read(file, isFirst: at == 0, replay) }
        report.next = next
    }

    private mutating func read(
        _ file: LogChain.File, isFirst: Bool, _ replay: (RecoveredRecord) throws -> Void
    ) throws {
        let path = logFiles.path(file.id)
        var scanner = try RecordScanner(
            try logFiles.open(file.id), seed: file.header.seed, from: file.header.recordsStart)
        scanner.advise()
        counts = SealRecord(operations: 0, records: 0, endsLog: false)
        highest = nil
        seal = nil
        while file.end.map({ scanner.offset < $0.end }) ?? true {
            let offset = scanner.offset
            guard let frame = try scanner.next() else { break }
            if counts.records == 0 {
                if isFirst { next = SequenceNumber(frame.first) }
                lastFileFirst = next
            }
            do throws(FormatError) { try check(frame, scanner.payload) } catch {
                throw StorageError.damaged(Damage(path, from: offset, error))
            }
            let payload = frame.type == RecordType.watermark.rawValue ? nil : scanner.copyPayload()
            counts.records += 1
            counts.operations += UInt64(frame.operationCount)
            try hand(frame, payload, file.id, offset, replay)
            if file.end == nil { keep(frame, payload, end: scanner.offset, durableEnd: scanner.durableEnd) }
        }
        if let end = file.end {
            try expect(end, path, scanner)
            extents.append(LogFileExtent(id: file.id, byteCount: end.end, highest: highest))
        } else {
            try judge(&scanner, path)
        }
    }

    // MARK: One record

    /// What must hold of a whole record where it stands. Sets `next` to the number after it.
    private mutating func check(_ frame: RecordFrame, _ payload: RawSpan) throws(FormatError) {
        if seal != nil { throw FormatError("a record behind the seal", offset: 0) }
        guard frame.first == next.rawValue else {
            throw FormatError("a record with number \(frame.first), expected \(next)", offset: 16)
        }
        guard let type = RecordType(rawValue: frame.type) else {
            guard frame.type >= RecordType.skippable else {
                throw FormatError(
                    "records of type \(frame.type) are unknown", offset: 12, isNewerFormat: true)
            }
            return try use(UInt64(frame.operationCount))
        }
        guard frame.flags == (type == .batch ? RecordFlags.atomic : 0) else {
            throw FormatError(
                "flags \(frame.flags) in a record of type \(type)", offset: 13, isNewerFormat: true)
        }
        guard (frame.operationCount > 0) == (type == .batch) else {
            throw FormatError("\(frame.operationCount) operations in a record of type \(type)", offset: 14)
        }
        guard (type == .link) == (counts.records == 0) else {
            throw FormatError("a link stands first in its file, and only there", offset: 12)
        }
        try take(type, frame, payload)
    }

    private mutating func take(
        _ type: RecordType, _ frame: RecordFrame, _ payload: RawSpan
    ) throws(FormatError) {
        switch type {
        case .batch, .checkpoint, .sourceReset, .schema: try use(UInt64(frame.operationCount))
        case .gap:
            let end = try GapRecord(decoding: payload).end
            guard end > next, end < .infinity else {
                throw FormatError("a gap from \(next) to \(end)", offset: RecordFrame.headerBytes)
            }
            next = end
            highest = SequenceNumber(end.rawValue - 1)
        case .seal:
            let seal = try SealRecord(decoding: payload)
            guard seal.operations == counts.operations, seal.records == counts.records else {
                throw FormatError(
                    "a seal over \(seal.records) records, found \(counts.records)",
                    offset: RecordFrame.headerBytes)
            }
            self.seal = seal
        case .watermark, .link: break
        }
    }

    private mutating func use(_ operations: UInt64) throws(FormatError) {
        let (end, overflow) = next.rawValue.addingReportingOverflow(operations)
        guard !overflow, end < UInt64.max else {
            throw FormatError("numbers beyond the last", offset: 16)
        }
        let last = SequenceNumber(operations > 0 ? end - 1 : end)
        highest = max(highest ?? last, last)
        next = SequenceNumber(end)
    }

    private mutating func hand(
        _ frame: RecordFrame, _ payload: SharedBytes?, _ file: UInt64, _ offset: ByteOffset,
        _ replay: (RecoveredRecord) throws -> Void
    ) throws {
        guard let type = RecordType(rawValue: frame.type), type.isAppendable || type == .gap else { return }
        report.records += 1
        report.operations += UInt64(frame.operationCount)
        report.payloadBytes += UInt64(frame.payloadBytes)
        try replay(
            RecoveredRecord(
                type: type, operationCount: Int(frame.operationCount), first: SequenceNumber(frame.first),
                payload: payload, file: file, offset: offset, end: next))
    }

    // MARK: The end of a file

    private mutating func keep(
        _ frame: RecordFrame, _ payload: SharedBytes?, end: ByteOffset, durableEnd: ByteOffset
    ) {
        unproven.append(
            Unproven(frame: frame, payload: payload, end: end, next: next, highest: highest))
        prove(upTo: durableEnd)
    }

    /// Moves to `proven` what lies wholly below `durableEnd`.
    private mutating func prove(upTo durableEnd: ByteOffset) {
        let count = unproven.firstIndex { $0.end > durableEnd } ?? unproven.count
        guard count > 0 else { return }
        let last = unproven[count - 1]
        unproven.removeFirst(count)
        guard let highest = last.highest else { return }
        proven = Proven(end: last.end, checksum: last.frame.checksum, next: last.next, highest: highest)
    }

    private func expect(
        _ end: LinkRecord, _ path: StorePath, _ scanner: borrowing RecordScanner
    ) throws(StorageError) {
        if scanner.offset < end.end {
            let problem = scanner.problem?.rule ?? "zeros"
            throw .damaged(
                Damage(
                    path, at: scanner.offset,
                    "\(problem); the next file says that this one ends at \(end.end)"))
        }
        guard scanner.offset == end.end, scanner.chain == end.lastChecksum else {
            throw .damaged(
                Damage(path, at: scanner.offset, "the file does not end as its successor says"))
        }
    }

    private mutating func judge(
        _ scanner: inout RecordScanner, _ path: StorePath
    ) throws(StorageError) {
        let validEnd = scanner.offset
        let problem = scanner.problem?.rule ?? "zeros"
        while try scanner.resynchronise() != nil {}
        report.verdict = TailVerdict(
            validEnd: validEnd, durableEnd: scanner.durableEnd, writtenEnd: scanner.writtenEnd)
        if case .corrupt(let range) = report.verdict {
            throw .damaged(
                Damage(
                    path, at: range.lowerBound,
                    "\(problem); records were acknowledged up to \(range.upperBound)"))
        }
        report.wasClosed = seal?.endsLog ?? false
    }
}
