import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest

/// The log that a shard is opened with, and the way from one durability to another.
///
/// A manifest names the lowest log file that its shard needs, or 0: it has no log. A store may be opened with any
/// durability whatever it was written with, so there are four cases; in each of them nothing that was acknowledged
/// is lost, and either of the two generations that are kept opens the shard.
extension ShardOpening {
    struct OpenedLog {
        /// Nil if the shard has none from now on.
        var writer: LogWriter?
        /// Nil if there was no log to read.
        var report: LogRecoveryReport?
        /// The writer's log begins here.
        var isNew = false
        /// What was read from a log that the shard has no more.
        var retiring: LogWriter?
    }

    func openLog(
        _ layout: ShardLayout, _ uuid: UUID128, _ manifest: Manifest, _ replay: inout Replay,
        _ report: inout OpeningReport
    ) throws(EngineError) -> OpenedLog {
        if manifest.lowestWAL > 0 {
            let (writer, found) = try recoverLog(layout, uuid, manifest, &replay, &report)
            return services.options.hasLog
                ? OpenedLog(writer: writer, report: found) : OpenedLog(report: found, retiring: writer)
        }
        guard services.options.hasLog else { return OpenedLog() }
        do throws(StorageError) {
            let writer = try LogWriter.create(
                in: layout.directory, owner: uuid, epoch: manifest.writerEpoch + 1,
                first: SequenceNumber(replay.next(after: nil)), environment: services.environment,
                options: services.options.log)
            return OpenedLog(writer: writer, isNew: true)
        } catch { throw .storage(error) }
    }

    private func recoverLog(
        _ layout: ShardLayout, _ uuid: UUID128, _ manifest: Manifest, _ replay: inout Replay,
        _ report: inout OpeningReport
    ) throws(EngineError) -> (LogWriter, LogRecoveryReport) {
        do {
            let (writer, found) = try LogRecovery.recover(
                in: layout.directory, owner: uuid, epoch: manifest.writerEpoch + 1,
                lowestFile: manifest.lowestWAL, environment: services.environment,
                options: services.options.log
            ) { record in try replay.apply(record, in: layout) }
            if case .torn(_, let dropped) = found.verdict { report.tornBytes += Int(dropped) }
            report.replayedBytes += Int(found.payloadBytes)
            return (writer, found)
        } catch let error as StorageError {
            throw .storage(error)
        } catch let error as EngineError {
            throw error
        } catch { throw .invalid("the log could not be recovered: \(error)") }
    }

    /// Commits two generations that agree about the log, where that is news, and removes the files of a log that
    /// neither names.
    func changeDurability(of shard: Shard, _ log: OpenedLog) throws(EngineError) {
        guard log.isNew || log.retiring != nil else { return }
        for _ in 0..<2 {
            shard.activity.withLock { $0.mustCommit = true }
            try shard.flush()
        }
        // Its records are in segments by now; how it ends does not matter.
        try? log.retiring?.close()
        let lowest = shard.commits.withLock { $0.manifest.lowestWAL }
        for entry in (try? services.environment.files.list(shard.layout.directory)) ?? [] {
            guard case .wal(let id) = FileName(parsing: entry.name), lowest == 0 || id < lowest else {
                continue
            }
            try? services.environment.files.unlink(shard.layout.wal(id))
        }
    }
}
