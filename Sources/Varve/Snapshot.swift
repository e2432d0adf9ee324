import VarveBytes
import VarveDocument
import VarveEngine
import VarveFiles
public import VarveQuery

/// A lease that the parts of a snapshot share.
final class SharedLease: Sendable {
    let lease: SnapshotLease

    init(_ lease: consuming SnapshotLease) { self.lease = lease }
}

/// An index as it was at one moment: held by ownership, and given back when it goes out of scope.
///
/// Taking one costs a lock and a retain a shard, whatever the number of segments and documents.
public struct Snapshot: ~Copyable, Sendable {
    private let leases: [SharedLease]
    private let index: Index

    init(_ index: Index, leases: [SharedLease]) {
        self.index = index
        self.leases = leases
    }

    /// The newest sequence number that it sees, for each shard; nil for a shard without operations.
    public var sequenceNumbers: [SequenceNumber?] { leases.map { $0.lease.sequence } }

    public func search(
        _ query: Query = .all, sortedBy keys: SortKey..., limit: Int = 10, after hit: SearchHit? = nil,
        totalHits: TotalHitsTracking = .upTo(10_000), source: SourceFilter = .all
    ) async throws(VarveError) -> SearchResult {
        try await search(
            SearchRequest(
                query, sort: keys, size: limit, after: hit?.cursor, totalHits: totalHits, source: source))
    }

    public func search(_ request: SearchRequest) async throws(VarveError) -> SearchResult {
        // A field that came later is in none of the snapshot's documents: it finds nothing.
        try Searching.search(
            try snapshots(), fields: index.fields, request, index.store.engine.environment)
    }

    /// How many documents match.
    public func count(_ query: Query = .all) async throws(VarveError) -> Int {
        let request = SearchRequest(query, size: 0, totalHits: .exact, source: .none)
        return try await search(request).total?.value ?? 0
    }

    /// Calls `body` with the JSON of every document, once each, shard after shard in order of writing.
    ///
    /// The fastest way to read everything: blocks are decoded one after the other, nothing is sorted or copied. The
    /// bytes are valid until `body` returns. Blocks the calling thread while it reads.
    public func forEachSource(_ body: (RawSpan) -> Void) throws(VarveError) {
        for shard in try snapshots() {
            do throws(StorageError) { try shard.forEachSource(body) } catch { throw VarveError(error) }
        }
    }

    private func snapshots() throws(VarveError) -> [ShardSnapshot] {
        var found: [ShardSnapshot] = []
        for lease in leases {
            do { found.append(try lease.lease.snapshot()) } catch { throw VarveError(error) }
        }
        return found
    }
}

/// The way from the engine's snapshots into a search.
enum Searching {
    static func search(
        _ snapshots: [ShardSnapshot], fields: [FieldDefinition], _ request: SearchRequest,
        _ environment: Environment
    ) throws(VarveError) -> SearchResult {
        let shards = snapshots.map { SearchableShard(segments: $0.segments, fields: fields) }
        return try search(shards, request, environment)
    }

    static func search(
        _ shards: [SearchableShard], _ request: SearchRequest, _ environment: Environment
    ) throws(VarveError) -> SearchResult {
        let searcher = Searcher(
            SearchContext(
                now: environment.clock.wallMilliseconds, ticks: { environment.clock.monotonicNanoseconds }))
        do { return try searcher.search(request, in: shards) } catch let error as QueryError {
            throw VarveError(error)
        } catch let error as StorageError {
            throw VarveError(error)
        } catch { throw VarveError(.invalid, "\(error)", cause: error) }
    }

    /// What a filter leaves of a shard.
    static func restricted(
        _ shard: SearchableShard, to filter: Query?, _ environment: Environment
    ) throws(VarveError) -> SearchableShard {
        guard let filter else { return shard }
        let searcher = Searcher(SearchContext(now: environment.clock.wallMilliseconds))
        do { return try searcher.restricted(shard, to: filter) } catch let error as QueryError {
            throw VarveError(error)
        } catch let error as StorageError {
            throw VarveError(error)
        } catch { throw VarveError(.invalid, "\(error)", cause: error) }
    }
}
