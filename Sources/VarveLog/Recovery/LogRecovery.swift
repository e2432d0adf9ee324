package import VarveBytes
package import VarveFiles

/// Opens a log that a writer left behind, in order or not. Page: `docs/formats/wal.md`, "Recovery".
package enum LogRecovery {
    /// Reads a log without changing a byte.
    ///
    /// - Parameters:
    ///   - lowestFile: Files below this id are not needed and not looked at.
    ///   - replay: Called for each record with a meaning to the owner, in order. What it was called for counts
    ///     only if this function returns.
    package static func read(
        in directory: StorePath, owner: UUID128, lowestFile: UInt64, files: any FileSystem,
        options: LogOptions = LogOptions(), replay: (RecoveredRecord) throws -> Void
    ) throws -> LogRecoveryReport {
        let logFiles = LogFiles(files, in: directory, owner: owner, options: options)
        var reader = try LogReader(logFiles, lowest: lowestFile)
        try reader.read(replay)
        return reader.report
    }

    /// Reads a log and makes it ready to be written again, in a new file.
    ///
    /// Durability: every record handed to `replay` is durable when this returns. If power fails before, the next
    /// recovery finds the same records. Numbers that may have been seen and are lost are not used again. Throws
    /// `StorageError.damaged` if acknowledged records are missing or damaged; nothing was changed then.
    package static func recover(
        in directory: StorePath, owner: UUID128, epoch: UInt64, lowestFile: UInt64,
        environment: Environment, options: LogOptions, replay: (RecoveredRecord) throws -> Void
    ) throws -> (LogWriter, LogRecoveryReport) {
        let logFiles = LogFiles(environment.files, in: directory, owner: owner, options: options)
        var reader = try LogReader(logFiles, lowest: lowestFile)
        try reader.read(replay)
        var report = reader.report
        guard epoch >= report.epoch else {
            throw StorageError.damaged(
                Damage(directory, at: 0, "the log is of writer epoch \(report.epoch), opened as \(epoch)"))
        }
        if !report.wasClosed { report.gap = try gap(from: report.next, directory) }
        let id = reader.chain.highestID + 1
        let tail: LogTail
        do throws(FileError) {
            tail = try restart(id, reader, &report, epoch, logFiles, options)
        } catch {
            throw StorageError.file(error)
        }
        report.failures = remove(report.unneeded, logFiles)
        let writer = LogWriter(
            tail: tail, older: reader.survivingExtents, nextFileID: id + 1, epoch: epoch, logFiles: logFiles,
            environment: environment, options: options)
        return (writer, report)
    }

    /// Writes the new file: its link ends the old one where its durable part does, and the rest follows anew.
    private static func restart(
        _ id: UInt64, _ reader: LogReader, _ report: inout LogRecoveryReport, _ epoch: UInt64,
        _ logFiles: LogFiles, _ options: LogOptions
    ) throws(FileError) -> LogTail {
        if reader.proven == nil {
            report.unneeded = (report.unneeded + report.files.suffix(1)).sorted()
        }
        // The names that the new file builds on may be in the cache alone, if an earlier open was cut short.
        try logFiles.files.syncDirectory(logFiles.directory)
        let tail = try logFiles.start(
            id, next: reader.proven?.next ?? reader.lastFileFirst, link: reader.newLink(epoch: epoch),
            bytes: options.openingBytes
        ) { (tail: inout LogTail) throws(FileError) in
            for record in reader.unproven { try copy(record, to: &tail, &report) }
            if let gap = report.gap {
                tail.encode(gapTo: gap.upperBound)
                tail.presumeDurable()
                tail.encodeWatermark()
            }
        }
        return tail
    }

    /// Operations that were accepted and not durable may have been seen: their numbers are not used again.
    private static func gap(
        from next: SequenceNumber, _ directory: StorePath
    ) throws(StorageError) -> Range<SequenceNumber> {
        let (end, overflow) = next.rawValue.addingReportingOverflow(
            UInt64(LogOptions.undurableOperationsLimit))
        guard !overflow, end < UInt64.max else {
            throw .damaged(Damage(directory, at: 0, "the log has used up its numbers at \(next)"))
        }
        return next..<SequenceNumber(end)
    }

    private static func copy(
        _ record: LogReader.Unproven, to tail: inout LogTail, _ report: inout LogRecoveryReport
    ) throws(FileError) {
        let frame = record.frame
        switch RecordType(rawValue: frame.type) {
        case .link, .watermark, .seal: return
        case .gap: tail.encode(gapTo: record.next)
        case .batch, .checkpoint, .sourceReset, .schema, nil:
            tail.encode(
                frame.type, frame.flags, Int(frame.operationCount), SequenceNumber(frame.first),
                record.payload)
        }
        report.copiedBytes += UInt64(frame.byteCount)
        tail.presumeDurable()
        if tail.bufferedBytes >= LogWriter.flushBytes { try tail.flush() }
    }

    private static func remove(_ ids: [UInt64], _ logFiles: LogFiles) -> [FileError] {
        var failures: [FileError] = []
        for id in ids {
            do throws(FileError) { try logFiles.files.unlink(logFiles.path(id)) } catch {
                if error.code != .notFound { failures.append(error) }
            }
        }
        return failures
    }
}

extension LogReader {
    /// Where the new file ties on. A last file that is not known to hold a record durably is replaced: what it
    /// holds is copied, its link among it, which may be gone after a power loss.
    func newLink(epoch: UInt64) -> LinkRecord {
        let last = chain.files[chain.files.count - 1]
        guard let proven else {
            var link = last.link
            link.epoch = epoch
            return link
        }
        return LinkRecord(
            predecessor: last.id, end: proven.end, lastChecksum: proven.checksum, epoch: epoch)
    }

    /// The old files that the log still consists of.
    var survivingExtents: [LogFileExtent] {
        guard let proven else { return extents }
        let last = LogFileExtent(
            id: chain.files[chain.files.count - 1].id, byteCount: proven.end, highest: proven.highest)
        return extents + [last]
    }
}
