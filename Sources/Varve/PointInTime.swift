package import VarveBytes
import VarveDocument
import VarveEngine
public import VarveQuery

/// A point in time: a named, durable, frozen view of one or several indices.
///
/// Unlike a snapshot it is held by name: it has an id and a keep-alive, and it outlives this process, a killed
/// process and power loss. The keep-alive is idle time: it starts anew at the end of every use.
public struct PointInTime: Sendable {
    public let store: Store
    package let name: PointInTimeID

    package init(_ store: Store, _ name: PointInTimeID) {
        self.store = store
        self.name = name
    }

    /// 40 characters that name it, also for another process after this one.
    public var id: String { name.description }

    /// Documents that match, as they were when it was opened: the same answer whenever it is asked.
    ///
    /// - Throws: `.expired` if its idle time is over or it was closed.
    public func search(
        _ query: Query = .all, sortedBy keys: SortKey..., limit: Int = 10, after hit: SearchHit? = nil,
        totalHits: TotalHitsTracking = .upTo(10_000), source: SourceFilter = .all, keepAlive: Duration? = nil
    ) async throws(VarveError) -> SearchResult {
        try await search(
            SearchRequest(
                query, sort: keys, size: limit, after: hit?.cursor, totalHits: totalHits, source: source),
            keepAlive: keepAlive)
    }

    /// Documents that match, as they were when the point in time was opened.
    ///
    /// - Parameters:
    ///   - request: What to find, in which order.
    ///   - keepAlive: A longer keep-alive from now on; a shorter one changes nothing.
    public func search(
        _ request: SearchRequest, keepAlive: Duration? = nil
    ) async throws(VarveError) -> SearchResult {
        let use = try begin(keepAlive: keepAlive)
        defer { store.engine.endUse(name) }
        return try Searching.search(shards(of: use), request, store.engine.environment)
    }

    /// A search, and for each shard of it the index it belongs to: what `SearchHit.shard` counts through.
    package func searchNamingIndices(
        _ request: SearchRequest, keepAlive: Duration?
    ) async throws(VarveError) -> (result: SearchResult, indices: [Index]) {
        let use = try begin(keepAlive: keepAlive)
        defer { store.engine.endUse(name) }
        let result = try Searching.search(shards(of: use), request, store.engine.environment)
        return (result, indices(of: use.snapshots.map(\.shard)))
    }

    /// What is known of it without using it; nil if it is not open.
    public var info: PointInTimeInfo? {
        store.engine.pointInTime(name).map { PointInTimeInfo($0, store.engine) }
    }

    private func indices(of shards: [Shard]) -> [Index] {
        let all = store.engine.indices
        return shards.compactMap { shard in
            all.first { $0.uuid == shard.index }.map { Index(store, $0) }
        }
    }

    /// How many documents match.
    public func count(_ query: Query = .all) async throws(VarveError) -> Int {
        let request = SearchRequest(query, size: 0, totalHits: .exact, source: .none)
        return try await search(request).total?.value ?? 0
    }

    /// The document of an id as it was; nil if there was none.
    public func get(_ id: String) async throws(VarveError) -> Document? {
        let use = try begin(keepAlive: nil)
        defer { store.engine.endUse(name) }
        let bytes = Array(id.utf8)
        for (shard, snapshot) in use.snapshots {
            do throws(EngineError) {
                if let found = try shard.get(id: bytes.rawSpan, in: snapshot) { return Document(id, found) }
            } catch { throw VarveError(error) }
        }
        return nil
    }

    /// Sets the keep-alive, also to a shorter one, and starts the idle time anew. Durable when it returns.
    public func extend(keepAlive: Duration) async throws(VarveError) {
        let milliseconds = keepAlive.wholeMilliseconds
        let outcome = await withCheckedContinuation { continuation in
            store.engine.setKeepAlive(name, to: milliseconds) { continuation.resume(returning: $0) }
        }
        do throws(EngineError) { try outcome.get() } catch { throw VarveError(error) }
    }

    /// Closes it; false if it was closed already. Once this returns it never comes back, crash or not.
    @discardableResult
    public func close() async throws(VarveError) -> Bool {
        let outcome = await withCheckedContinuation { continuation in
            store.engine.closePointInTime(name) { continuation.resume(returning: $0) }
        }
        do throws(EngineError) { return try outcome.get() } catch { throw VarveError(error) }
    }

    private func begin(keepAlive: Duration?) throws(VarveError) -> PointInTimeUse {
        do throws(EngineError) {
            return try store.engine.beginUse(name, keepAlive: keepAlive?.wholeMilliseconds)
        } catch {
            guard case .notFound(let text) = error else { throw VarveError(error) }
            throw VarveError(.expired, text)
        }
    }

    private func shards(of use: PointInTimeUse) -> [SearchableShard] {
        use.snapshots.map {
            SearchableShard(segments: $0.snapshot.segments, fields: $0.shard.schema.snapshot.fields)
        }
    }
}

/// What is known of an open point in time without using it.
public struct PointInTimeInfo: Sendable {
    /// One shard that it holds.
    public struct Pin: Sendable {
        /// Nil if the index was deleted.
        public let index: String?
        public let shard: Int?
        /// What the index was called, if it was deleted and this process knows.
        package let deletedIndex: String?
        /// The newest operation that it sees; nil if there was none.
        public let sequenceNumber: SequenceNumber?
    }
    public let id: String
    public let label: String
    /// Milliseconds since 1970.
    public let createdAt: Int64
    public let keepAlive: Duration
    /// Time until it goes if nobody uses it.
    public let expiresIn: Duration
    public let isDurable: Bool
    public let pins: [Pin]

    init(_ summary: PointInTimeSummary, _ engine: StoreEngine) {
        id = summary.id.description
        label = summary.label
        createdAt = summary.createdAt
        keepAlive = .milliseconds(summary.keepAlive)
        expiresIn = .milliseconds(summary.expiresIn)
        isDurable = summary.isDurable
        let names = engine.indices
        pins = summary.pins.map { pin in
            Pin(
                index: names.first { $0.uuid == pin.index }?.name, shard: engine.shard(pin.shard)?.number,
                deletedIndex: engine.deletedName(ofIndex: pin.index),
                sequenceNumber: pin.sequence)
        }
    }
}
