import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest

/// Letting a shard go.
extension Shard {
    /// Flushes, seals the log and stops its work. Whatever was acknowledged is durable even if this fails.
    func close() throws(EngineError) {
        var failure: EngineError?
        if self.failure == nil {
            do throws(EngineError) {
                // A log that starts with a new file is not read again at the next open.
                if hasMuchLog { try settle() } else { try flush() }
                try releaseRetired()
            } catch { failure = error }
        }
        if let log {
            do throws(LogFailure) { try log.close() } catch { failure = failure ?? EngineError(error) }
        }
        sequencer.withLock { if $0.failure == nil { $0.failure = .closed } }
        if let failure { throw failure }
    }

    /// Stops a shard whose index is deleted: nothing is flushed.
    func abandon() {
        sequencer.withLock { $0.failure = .notFound("the index was deleted") }
        try? log?.close()
        let bytes = memtableBytes
        services.budget.giveBack(bytes)
    }

    /// Removes files of ours that neither kept generation names: what a crash left behind. A name or a header
    /// that is not understood is left alone and reported.
    func removeUnnamedFiles(_ report: inout OpeningReport) {
        let named = commits.withLock { commits in
            commits.manifest.fileNames(in: layout).union(commits.previous?.fileNames(in: layout) ?? [])
        }
        for entry in (try? environment.files.list(layout.directory)) ?? [] {
            let path = layout.directory.appending(entry.name)
            if entry.kind == .directory && entry.name == "quarantine" { continue }
            guard entry.kind == .file, let name = FileName(parsing: entry.name) else {
                report.unknownFiles.append(path)
                continue
            }
            switch name {
            case .segment, .deaths, .letters:
                if !named.contains(path) { try? environment.files.unlink(path) }
            case .manifest, .wal: break
            case .identity, .lock, .catalog, .registry: report.unknownFiles.append(path)
            }
        }
    }
}
