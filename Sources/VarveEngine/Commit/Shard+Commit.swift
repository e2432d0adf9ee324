import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest
import VarveSegment

/// The one way to a new manifest generation, shared by flush, merge and the release of retired segments.
///
/// Order, each line durable before the next starts: segment and deaths file written under `tmp/` and synced; both
/// linked into the shard's directory; the directory synced; the manifest written, synced, linked, its directory
/// synced; only then published in memory. A file is unlinked when neither of the two kept generations names it.
extension Shard {
    /// A segment that was written and linked, but that no manifest names yet.
    struct WrittenSegment {
        var entry: SegmentEntry
        let reader: SegmentReader
        /// By input, where its rows went.
        let mappings: [RowMapping]
    }

    /// Writes a segment from views, links it and opens it; nil if no row is kept.
    func writeSegment(
        _ inputs: [MergeInput], id: UInt64, level: Int, mergeLevel: UInt8, from: SequenceNumber
    ) throws(StorageError) -> WrittenSegment? {
        let path = layout.segment(id)
        let staged: StagedFile
        do throws(FileError) {
            staged = try AtomicPublish(in: environment).stage(for: path)
        } catch { throw .file(error) }
        defer { staged.discard() }
        let options = SegmentBuildOptions(sources: SourceBlockOptions(level: level))
        guard
            let built = try SegmentBuilder.build(
                inputs: inputs, id: id, owner: uuid, into: staged.file, options: options)
        else { return nil }
        do throws(FileError) {
            try staged.file.sync()
            try staged.link()
        } catch { throw .file(error) }
        let entry = SegmentEntry(
            id: id, byteCount: built.byteCount, rootChecksum: built.rootChecksum, rows: built.rowCount,
            tombstones: built.tombstoneCount, births: built.births, from: from, level: mergeLevel)
        let reader = try SegmentReader.open(
            files: environment.files, path: path, owner: uuid, id: id, byteCount: built.byteCount,
            rootChecksum: built.rootChecksum, cache: services.cache)
        return WrittenSegment(entry: entry, reader: reader, mappings: built.mappings)
    }

    /// Writes one deaths file with a piece for each of these segments and enters the pieces into `entries`.
    ///
    /// A segment whose list of pieces is full gets all its deaths as one piece instead.
    /// - Parameter deaths: By segment id its whole death set, and the number up to which pieces hold it already.
    func writeDeaths(
        _ entries: inout [SegmentEntry], deaths: [UInt64: (set: DeathSet, above: SequenceNumber?)],
        through flushed: SequenceNumber, _ commits: inout CommitState
    ) throws(StorageError) {
        var parts: [(segment: UInt64, deaths: DeathSet)] = []
        for at in entries.indices {
            guard let (set, above) = deaths[entries[at].id] else { continue }
            let known = set.restricted(toDeathsAtOrBelow: flushed)
            let fresh = above.map { DeathSet(known.deaths(above: $0)) } ?? known
            if fresh.isEmpty { continue }
            let isFull = entries[at].deaths.count == SegmentEntry.deathsPiecesMax
            if isFull { entries[at].deaths = [] }
            entries[at].dead = known.count
            parts.append((entries[at].id, isFull ? known : fresh))
        }
        if parts.isEmpty { return }
        // Pieces stand in order of ids; after a merge, segments in order of birth do not.
        parts.sort { $0.segment < $1.segment }
        let id = commits.takeFileID()
        var bytes = ByteBuffer(capacity: 4096)
        let pieces = DeathsFile.encode(parts, owner: uuid, fileID: id, into: &bytes)
        do throws(FileError) {
            try AtomicPublish(in: environment).publish(layout.deaths(id), bytes: bytes.bytes)
        } catch {
            commits.garbage.append(layout.deaths(id))
            throw .file(error)
        }
        for piece in pieces {
            guard let at = entries.firstIndex(where: { $0.id == piece.segment }) else { continue }
            entries[at].deaths.append(
                DeathsPiece(
                    file: id, offset: piece.offset, byteCount: piece.byteCount, count: piece.count,
                    highestDeath: piece.highestDeath, checksum: piece.checksum))
        }
    }

    func syncDirectory() throws(StorageError) {
        do throws(FileError) { try environment.files.syncDirectory(layout.directory) } catch {
            throw .file(error)
        }
    }

    /// Publishes a generation and removes what the generation before the last one alone named.
    func publish(_ next: Manifest, _ commits: inout CommitState) throws(EngineError) {
        do throws(PublishFailure) {
            try manifests.publish(next)
        } catch {
            let failure: EngineError
            switch error {
            case .storage(let storage): failure = .poisoned(storage)
            case .fenced, .invalid: failure = EngineError(error)
            }
            // Whether the generation stands is unknown: numbering over it would be a guess.
            poison(failure)
            throw failure
        }
        let dropped = commits.previous
        commits.previous = commits.manifest
        commits.manifest = next
        if let log, let previous = commits.previous { log.removeFiles(below: previous.lowestWAL) }
        if let dropped {
            let kept = next.fileNames(in: layout).union(commits.previous?.fileNames(in: layout) ?? [])
            commits.garbage += dropped.fileNames(in: layout).subtracting(kept).sorted()
        }
        commits.garbage.removeAll { path in
            do throws(FileError) {
                try environment.files.unlink(path)
                return true
            } catch { return error.code == .notFound }
        }
    }

    /// The next generation with what every commit brings up to date.
    func successor(_ commits: CommitState) -> Manifest {
        var next = commits.manifest.successor(committedAt: environment.clock.wallMilliseconds)
        next.nextFileID = commits.nextFileID + Manifest.fileIDReserve
        let pins = publication.withLock { $0.pins }
        next.retired.removeAll { !pins.holds(from: $0.from, to: $0.to) }
        return next
    }

    /// Gives up retired segments that no pin needs any more and removes their files: two generations, since the
    /// last two are always kept whole.
    package func releaseRetired() throws(EngineError) {
        let outcome: Result<Void, EngineError> = commits.withLock { commits in
            do throws(EngineError) {
                for _ in 0..<2 {
                    let next = successor(commits)
                    let isReleased = next.retired.count == commits.manifest.retired.count
                    let isForgotten = commits.previous?.retired.count ?? 0 == commits.manifest.retired.count
                    if isReleased && isForgotten { break }
                    try publish(next, &commits)
                }
                let retired = Set(commits.manifest.retired.map(\.id))
                structure.withLock { _ in
                    let state = self.state
                    let kept = state.retired.filter { view in
                        view.segment.map { retired.contains($0.id) } ?? false
                    }
                    guard kept.count < state.retired.count else { return }
                    let next = ShardState(views: state.views, retired: kept, visible: state.visible)
                    publication.withLock { $0.state = next }
                }
                return .success(())
            } catch { return .failure(error) }
        }
        try outcome.get()
    }
}

extension Manifest {
    /// The segment, deaths and letters files that this generation names.
    func fileNames(in layout: ShardLayout) -> Set<StorePath> {
        var names: Set<StorePath> = []
        if let letters { names.insert(layout.letters(letters.file)) }
        for entry in segments + retired {
            names.insert(layout.segment(entry.id))
            for piece in entry.deaths { names.insert(layout.deaths(piece.file)) }
        }
        return names
    }
}
