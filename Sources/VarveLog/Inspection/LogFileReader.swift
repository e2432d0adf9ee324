package import VarveBytes
package import VarveFiles

/// Shows what one WAL file holds, whole or damaged: for `varve-inspect` and for people.
///
/// It never changes a byte and takes nothing on trust: behind damage it goes on at the next record whose
/// checksum holds. Beside a live writer it may find a record that is half written at the end.
package enum LogFileReader {
    /// Visits everything in the file in the order of its offsets.
    ///
    /// - Parameters:
    ///   - owner: The shard's uuid, needed where the header is damaged; without both nothing can be verified.
    ///   - visit: Gets each entry. Its payload, if it has one, is the record's whole and verified one.
    package static func read(
        _ path: StorePath, in files: any FileSystem, owner: UUID128? = nil,
        visit: (LogFileEntry) throws -> Void
    ) throws -> LogFileSummary {
        let file: any OpenFile
        do throws(FileError) { file = try files.openFile(path, writable: false) } catch {
            throw StorageError.file(error)
        }
        let (header, problem) = try header(of: file, owner: owner)
        var scanner = try RecordScanner(file, seed: header.seed, from: header.recordsStart)
        var summary = LogFileSummary(header: header, headerProblem: problem, size: scanner.size)
        var validEnd: ByteOffset?
        while true {
            if let frame = try scanner.next() {
                try visit(
                    .record(
                        ScannedRecord(
                            frame, scanner.place, validEnd == nil ? .ok : .afterDamage,
                            scanner.copyPayload())))
                if validEnd == nil { summary.note(frame, scanner.payload) }
                continue
            }
            validEnd = validEnd ?? scanner.offset
            guard try passDamage(&scanner, visit) else { break }
        }
        summary.verdict = TailVerdict(
            validEnd: validEnd ?? header.recordsStart, durableEnd: scanner.durableEnd,
            writtenEnd: scanner.writtenEnd)
        return summary
    }

    private static func header(
        of file: any OpenFile, owner: UUID128?
    ) throws -> (FileHeader, problem: String?) {
        if let header = try LogFileHead.readHeader(file) {
            if let owner, header.owner != owner {
                return (header, "the file belongs to \(header.owner), expected \(owner)")
            }
            return (header, nil)
        }
        guard let owner, let id = LogFiles.id(of: file.path.name) else {
            throw StorageError.damaged(Damage(file.path, at: 0, "the header is damaged"))
        }
        return (FileHeader(kind: .wal, owner: owner, fileID: id), "the header is damaged")
    }

    /// Says what lies between the end of the chain and the next whole record, and shows that; false if there is
    /// none.
    private static func passDamage(
        _ scanner: inout RecordScanner, _ visit: (LogFileEntry) throws -> Void
    ) throws -> Bool {
        let start = scanner.offset
        let damaged = scanner.damaged
        let rule = scanner.problem?.rule ?? "zeros where a record should begin"
        let frame = try scanner.resynchronise()
        let end = frame == nil ? scanner.writtenEnd : scanner.place.lowerBound
        if let damaged, end > start {
            let recordEnd = min(start + ByteOffset(damaged.byteCount), scanner.size)
            try visit(.record(ScannedRecord(damaged, start..<recordEnd, .damaged(rule), nil)))
            if end > recordEnd { try visit(.unreadable(recordEnd..<end, rule: "no record begins here")) }
        } else if end > start {
            try visit(.unreadable(start..<end, rule: rule))
        }
        guard let frame else { return false }
        try visit(.record(ScannedRecord(frame, scanner.place, .afterDamage, scanner.copyPayload())))
        return true
    }
}

/// What the reader meets in a file.
package enum LogFileEntry: Sendable {
    case record(ScannedRecord)
    /// Bytes that are no record, and why the first of them are none.
    case unreadable(Range<ByteOffset>, rule: String)
}

/// A record as it stands in its file.
package struct ScannedRecord: Sendable {
    package enum Verdict: Equatable, Sendable {
        case ok
        /// Whole, but the chain is broken before it.
        case afterDamage
        /// The header is whole and the rest is not, for this reason.
        case damaged(String)
    }

    package let offset: ByteOffset
    /// Bytes in the file, padding included.
    package let byteCount: Int
    /// Nil if this release does not know the type.
    package let type: RecordType?
    package let frame: RecordFrame
    package let verdict: Verdict
    /// Nil if there is none, or it is damaged.
    package let payload: SharedBytes?

    fileprivate init(
        _ frame: RecordFrame, _ place: Range<ByteOffset>, _ verdict: Verdict, _ payload: SharedBytes?
    ) {
        offset = place.lowerBound
        byteCount = place.count
        type = RecordType(rawValue: frame.type)
        self.frame = frame
        self.verdict = verdict
        self.payload = payload
    }

    /// The numbers of the record's operations; nil if it has none.
    package var numbers: ClosedRange<SequenceNumber>? {
        let (end, overflow) = frame.first.addingReportingOverflow(UInt64(frame.operationCount))
        guard frame.operationCount > 0, !overflow else { return nil }
        return SequenceNumber(frame.first)...SequenceNumber(end - 1)
    }
}

/// What one file is as a whole.
package struct LogFileSummary: Sendable, Equatable {
    /// The header, or what it should be if it is damaged.
    package let header: FileHeader
    package let headerProblem: String?
    package let size: ByteCount
    /// Nil if the file is not started: it was only prepared.
    package var link: LinkRecord?
    package var seal: SealRecord?
    package var operations: UInt64 = 0
    package var verdict = TailVerdict.clean(end: 0)

    fileprivate init(header: FileHeader, headerProblem: String?, size: ByteCount) {
        self.header = header
        self.headerProblem = headerProblem
        self.size = size
    }

    fileprivate mutating func note(_ frame: RecordFrame, _ payload: RawSpan) {
        operations += UInt64(frame.operationCount)
        switch RecordType(rawValue: frame.type) {
        case .link: link = try? LinkRecord(decoding: payload)
        case .seal: seal = try? SealRecord(decoding: payload)
        default: break
        }
    }
}
