package import VarveBytes
public import VarveDocument
package import VarveEngine
import VarveManifest
public import VarveQuery

/// A named set of documents with a mapping.
public struct Index: Sendable {
    public let store: Store
    package let engine: IndexEngine

    init(_ store: Store, _ engine: IndexEngine) {
        self.store = store
        self.engine = engine
    }

    public var name: String { engine.name }
    public var shardCount: Int { engine.shards.count }
    /// The mapping with the fields that documents have added to it.
    public var fields: [FieldDefinition] { engine.schema.snapshot.fields }

    /// Names the index for good, whatever index has its name later.
    package var uuid: UUID128 { engine.uuid }
    /// The number of the shard that an id belongs to.
    package func shardNumber(of id: String) -> Int {
        let bytes = Array(id.utf8)
        return engine.shard(for: bytes.rawSpan).number
    }
    /// Milliseconds since 1970.
    package var createdAt: Int64 { engine.createdAt }
    package var settings: [(key: String, value: String)] { engine.settings }
    package func setting(_ key: String) -> String? { engine.entry.setting(key) }
    package var isOpen: Bool { engine.state == .open }

    /// Throws if it is closed: then it is neither read nor written.
    package func checkOpen() throws(VarveError) {
        if !isOpen { throw VarveError(.unavailable, "index [\(name)] is closed") }
    }

    /// What points in time hold of it, and held.
    package var contextCounts: (open: Int, closed: ContextStatistics.Counts) {
        store.engine.contextCounts(of: engine.uuid)
    }

    /// Each shard in numbers, as searches see it now.
    package func shardFacts() throws(VarveError) -> [ShardFacts] {
        var facts: [ShardFacts] = []
        for shard in engine.shards {
            do throws(EngineError) { facts.append(try shard.facts()) } catch { throw VarveError(error) }
        }
        return facts
    }

    /// The number of the shard that documents with this routing value belong to.
    package func shardNumber(routing: String) -> Int {
        let bytes = Array(routing.utf8)
        return engine.shard(for: bytes.rawSpan).number
    }
    /// The mapping in the shape in which it was given, with the fields that documents have added.
    public var mapping: Mapping { engine.schema.snapshot.mapping }

    /// Adds fields to the mapping. It is durable when this returns.
    ///
    /// - Throws: `.invalid` if it would change what is mapped already; nothing is changed then.
    public func extendMapping(_ mapping: Mapping) async throws(VarveError) {
        let name = self.name
        try await store.run { engine throws(EngineError) in
            try engine.extendMapping(ofIndex: name, with: mapping)
        }
    }

    /// How many documents the last refresh made visible.
    public func count() throws(VarveError) -> Int {
        try snapshots().reduce(0) { $0 + $1.liveCount }
    }

    /// Makes everything acknowledged so far visible to searches. Touches no disk but to look up replaced documents.
    public func refresh() async throws(VarveError) {
        try each { shard throws(EngineError) in _ = try shard.refresh() }
    }

    /// Writes everything into segments, so that the log in front of them can go. Durability does not need it.
    public func flush() async throws(VarveError) {
        let shards = engine.shards
        try await store.run { _ throws(EngineError) in for shard in shards { try shard.flush() } }
    }

    /// Flushes, then merges each shard into at most this many segments. Takes time and disk; reads and writes go on.
    public func merge(toAtMost segments: Int = 1) async throws(VarveError) {
        guard segments >= 1 else { throw VarveError(.invalid, "merging to \(segments) segments; at least 1") }
        let shards = engine.shards
        try await store.run { _ throws(EngineError) in
            for shard in shards {
                try shard.flush()
                try shard.merge(toAtMost: segments)
                try shard.releaseRetired()
            }
        }
    }

    private func each(_ body: (Shard) throws(EngineError) -> Void) throws(VarveError) {
        do throws(EngineError) { for shard in engine.shards { try body(shard) } } catch {
            throw VarveError(error)
        }
    }

    /// One snapshot a shard, as the last refresh left it.
    func snapshots() throws(VarveError) -> [ShardSnapshot] {
        try checkOpen()
        var found: [ShardSnapshot] = []
        for shard in engine.shards {
            do { found.append(try shard.lease().snapshot()) } catch { throw VarveError(error) }
        }
        return found
    }
}

// MARK: - Searching

extension Index {
    /// Documents that match, as the last refresh saw them.
    ///
    /// - Parameters:
    ///   - query: What has to match.
    ///   - keys: The order; without any, the order of writing.
    ///   - limit: Hits wanted, at most 10,000.
    ///   - hit: The last hit of the page before; the new page starts right behind it.
    ///   - totalHits: How far to count all that match.
    ///   - source: Which fields of the documents to return.
    public func search(
        _ query: Query = .all, sortedBy keys: SortKey..., limit: Int = 10, after hit: SearchHit? = nil,
        totalHits: TotalHitsTracking = .upTo(10_000), source: SourceFilter = .all
    ) async throws(VarveError) -> SearchResult {
        try await search(
            SearchRequest(
                query, sort: keys, size: limit, after: hit?.cursor, totalHits: totalHits, source: source))
    }

    /// Documents that match, as the last refresh saw them.
    public func search(_ request: SearchRequest) async throws(VarveError) -> SearchResult {
        try Searching.search(try snapshots(), fields: fields, request, store.engine.environment)
    }

    /// How many visible documents match.
    public func count(_ query: Query) async throws(VarveError) -> Int {
        let request = SearchRequest(query, size: 0, totalHits: .exact, source: .none)
        return try await search(request).total?.value ?? 0
    }

    /// Runs `body` with a snapshot that stays as it is until `body` ends, whatever is written meanwhile.
    public func withSnapshot<Answer>(
        _ body: (borrowing Snapshot) async throws -> Answer
    ) async throws -> Answer {
        try await body(snapshot())
    }

    /// A snapshot that stays as it is until it is dropped. Costs a lock and a retain a shard; touches no disk.
    public func snapshot() -> Snapshot {
        Snapshot(self, leases: engine.shards.map { SharedLease($0.lease()) })
    }

    /// Opens a point in time over this index. See `Store.openPointInTime(over:keepAlive:label:durable:)`.
    public func openPointInTime(
        keepAlive: Duration, label: String = "", durable: Bool = true
    ) async throws(VarveError) -> PointInTime {
        try await store.openPointInTime(over: [self], keepAlive: keepAlive, label: label, durable: durable)
    }
}
