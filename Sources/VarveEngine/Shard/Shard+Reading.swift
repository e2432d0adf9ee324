package import VarveBytes
import VarveFiles
import VarveSegment

/// A document as a get answers it.
package struct FoundDocument: Sendable {
    package let sequence: SequenceNumber
    package let version: Int64
    /// The source, exactly as it was given.
    package let source: [UInt8]
    /// The routing value that it was written with.
    package var routing: String?
}

/// Gets by id.
extension Shard {
    /// The newest accepted version of an id, refreshed or not; nil if there is none or it was deleted.
    package func get(id: RawSpan) throws(EngineError) -> FoundDocument? {
        let found = try newest(id: id)
        count { counters in
            counters.gets += 1
            if found == nil { counters.getsMissing += 1 }
        }
        return found
    }

    /// What searches see of an id.
    package func getRefreshed(id: RawSpan) throws(EngineError) -> FoundDocument? {
        let snapshot: ShardSnapshot
        do { snapshot = try lease().snapshot() } catch { throw .storage(error) }
        return try get(id: id, in: snapshot)
    }

    private func newest(id: RawSpan) throws(EngineError) -> FoundDocument? {
        let hash = hashOfID(id)
        let answer = sequencer.withLock { sequencer in
            unpublished(id: id, hash: hash, &sequencer)
        }
        let (newest, state) = try answer.get()
        switch newest {
        case .live(let document): return document
        case .deleted: return nil
        case .unknown: return try get(id: id, hash: hash, in: state)
        }
    }

    /// The version of an id that a snapshot sees.
    package func get(id: RawSpan, in snapshot: ShardSnapshot) throws(EngineError) -> FoundDocument? {
        do {
            guard let (segment, row) = try snapshot.find(id: id) else { return nil }
            return try read(row: row, of: snapshot.segments[segment].view)
        } catch { throw .storage(error) }
    }

    private enum Unpublished: Sendable {
        case live(FoundDocument)
        case deleted
        case unknown
    }

    private func unpublished(
        id: RawSpan, hash: UInt64, _ sequencer: inout Sequencer
    ) -> Result<(Unpublished, ShardState), EngineError> {
        let state = self.state
        guard
            sequencer.active.newestRow(id: id, hash: hash) != nil
                || sequencer.freezing?.newestRow(id: id, hash: hash) != nil
        else { return .success((.unknown, state)) }
        do throws(EngineError) {
            guard let current = try currentVersion(id: id, hash: hash, &sequencer), !current.isTombstone
            else {
                return .success((.deleted, state))
            }
            var source = ByteBuffer(capacity: 512)
            var routing = ByteBuffer()
            if let row = sequencer.active.newestRow(id: id, hash: hash) {
                sequencer.active.appendSource(ofRow: row, to: &source)
                sequencer.active.appendRouting(ofRow: row, to: &routing)
            } else if let freezing = sequencer.freezing, let row = freezing.newestRow(id: id, hash: hash) {
                freezing.appendSource(ofRow: row, to: &source)
                freezing.appendRouting(ofRow: row, to: &routing)
            }
            let document = FoundDocument(
                sequence: current.sequence, version: current.version, source: source.bytes.copyBytes(),
                routing: routing.isEmpty ? nil : String(validating: routing.bytes))
            return .success((.live(document), state))
        } catch { return .failure(error) }
    }

    private func get(id: RawSpan, hash: UInt64, in state: ShardState) throws(EngineError) -> FoundDocument? {
        guard let (view, row, current) = try published(id: id, hash: hash, in: state), !current.isTombstone
        else { return nil }
        do {
            var source: [UInt8] = []
            try state.views[view].view.readSources([row]) { _, bytes in source = bytes.copyBytes() }
            var routing = RoutingReader(state.views[view].view)
            return FoundDocument(
                sequence: current.sequence, version: current.version, source: source,
                routing: try routing?.read(row: Int(row)))
        } catch { throw .storage(error) }
    }

    private func read(row: UInt32, of view: any SegmentView) throws(StorageError) -> FoundDocument {
        var births: [UInt64] = []
        var versions: [Int64] = []
        let range = Int(row)..<(Int(row) + 1)
        try view.readBirths(range, into: &births)
        try view.readVersions(range, into: &versions)
        var source: [UInt8] = []
        try view.readSources([row]) { _, bytes in source = bytes.copyBytes() }
        var routing = RoutingReader(view)
        return FoundDocument(
            sequence: SequenceNumber(births[0]), version: versions[0], source: source,
            routing: try routing?.read(row: Int(row)))
    }
}
