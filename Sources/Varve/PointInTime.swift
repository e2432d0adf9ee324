package import VarveBytes
import VarveDocument
package import VarveEngine
import VarveManifest
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
        if !use.lost.isEmpty {
            throw VarveError(
                .expired, "point in time \(id) has lost \(use.lost.count) shards: an index was closed")
        }
        return try Searching.search(
            try shards(of: use, Self.refuseFilter), request, store.engine.environment)
    }

    /// Starts a use, which `endReading` ends: what it holds may be read until then.
    ///
    /// - Parameter readFilter: Reads the filter of an alias, as it was frozen: a query as JSON.
    package func beginReading(
        keepAlive: Duration?, _ readFilter: ([UInt8]) throws(VarveError) -> Query
    ) throws(VarveError) -> PointInTimeReading {
        let use = try begin(keepAlive: keepAlive)
        do throws(VarveError) {
            let names = Names(store.engine)
            return PointInTimeReading(
                shards: try shards(of: use, readFilter),
                indices: use.snapshots.map { names.name(of: $0.shard.index) },
                lost: use.lost.map { (names.name(of: $0.index), store.engine.shard($0.shard)?.number ?? 0) })
        } catch {
            endReading()
            throw error
        }
    }

    /// The segments of each shard that it holds, as they were; none if it is not open, or an index was deleted.
    package var segments: [(index: String, shard: Int, facts: ShardFacts)] {
        guard let use = try? store.engine.peek(name) else { return [] }
        let names = Names(store.engine)
        return use.snapshots.map {
            (names.name(of: $0.shard.index), $0.shard.number, $0.shard.facts(of: $0.snapshot))
        }
    }

    package func endReading() { store.engine.endUse(name) }

    /// What is known of it without using it; nil if it is not open.
    public var info: PointInTimeInfo? {
        store.engine.pointInTime(name).map { PointInTimeInfo($0, store.engine) }
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

    /// Keeps it until it is closed, whatever the limit of keep-alives. Durable when it returns.
    package func keepForever() async throws(VarveError) {
        let outcome = await withCheckedContinuation { continuation in
            store.engine.setKeepAlive(name, to: PITRecord.forever) { continuation.resume(returning: $0) }
        }
        do throws(EngineError) { try outcome.get() } catch { throw VarveError(error) }
    }

    /// Replaces its labels. Durable when it returns.
    package func setLabels(_ labels: [PointInTimeAttributes.Label]) async throws(VarveError) {
        let outcome = await withCheckedContinuation { continuation in
            store.engine.setLabels(name, to: labels) { continuation.resume(returning: $0) }
        }
        do throws(EngineError) { try outcome.get() } catch { throw VarveError(error) }
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

    private static func refuseFilter(_ json: [UInt8]) throws(VarveError) -> Query {
        throw VarveError(.invalid, "this point in time was opened through an alias with a filter")
    }

    /// Shards with what the filters, frozen when it was opened, let through.
    private func shards(
        of use: PointInTimeUse, _ readFilter: ([UInt8]) throws(VarveError) -> Query
    ) throws(VarveError) -> [SearchableShard] {
        var shards: [SearchableShard] = []
        for (shard, snapshot) in use.snapshots {
            var whole = SearchableShard(
                segments: snapshot.segments, fields: shard.schema.snapshot.fields)
            whole.isFrozen = true
            var filter: Query?
            if let frozen = use.filters.first(where: { $0.index == shard.index }) {
                filter = try readFilter(frozen.query)
            }
            shards.append(try Searching.restricted(whole, to: filter, store.engine.environment))
            shard.count { $0.queries += 1 }
        }
        return shards
    }
}

/// Names of indices by uuid, those among them that were deleted.
private struct Names {
    private let engine: StoreEngine
    private let open: [UUID128: String]

    init(_ engine: StoreEngine) {
        self.engine = engine
        open = Dictionary(engine.indices.map { ($0.uuid, $0.name) }) { first, _ in first }
    }

    func name(of index: UUID128) -> String {
        open[index] ?? engine.index(index)?.name ?? engine.deletedName(ofIndex: index) ?? "_na_"
    }
}

/// What is known of an open point in time without using it.
public struct PointInTimeInfo: Sendable {
    /// One shard that it holds.
    public struct Pin: Sendable {
        /// Nil if the index was deleted.
        public let index: String?
        public let shard: Int?
        /// What the index was called, if it was deleted.
        package let deletedIndex: String?
        /// The newest operation that it sees; nil if there was none.
        public let sequenceNumber: SequenceNumber?
        /// It is not searched: it never was held, or its index was closed.
        public let isLost: Bool
        /// How far each stream is contained in it.
        public let positions: [StreamPosition]
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
    package let labels: [PointInTimeAttributes.Label]
    package let policy: DeletionPolicy
    /// The indices that are filtered.
    package let filters: [PointInTimeAttributes.Filter]
    /// It ends only when it is closed.
    package var isEndless: Bool { keepAlive >= .milliseconds(PITRecord.forever) }

    init(_ summary: PointInTimeSummary, _ engine: StoreEngine) {
        id = summary.id.description
        label = summary.label
        createdAt = summary.createdAt
        keepAlive = .milliseconds(summary.keepAlive)
        expiresIn = .milliseconds(summary.expiresIn)
        isDurable = summary.isDurable
        labels = summary.attributes.labels
        filters = summary.attributes.filters
        policy = summary.policy
        var names: [UUID128: String] = [:]
        for index in engine.indices { names[index.uuid] = index.name }
        pins = summary.pins.enumerated().map { place, pin in
            Pin(
                index: names[pin.index] ?? engine.index(pin.index)?.name,
                shard: engine.shard(pin.shard)?.number,
                deletedIndex: engine.deletedName(ofIndex: pin.index), sequenceNumber: pin.sequence,
                isLost: summary.attributes.isLost(place),
                positions: pin.checkpoints.compactMap { StreamPosition($0) })
        }
    }
}
