package import VarveBytes
public import VarveDocument
package import VarveEngine
package import VarveFiles
public import VarveIngest
package import VarveManifest
public import VarveQuery

/// A store: one directory, one writer.
///
/// Opening takes the directory's lock and brings back everything that was acknowledged, whatever ended the last
/// process. Closing is explicit, and a crash is a legal way to close. All calls are safe from any task.
///
/// ```swift
/// let store = try await Store.open(at: "data")
/// let readings = try await store.createIndex("readings", mapping: ["station": .keyword, "celsius": .double])
/// try await readings.put(reading, id: "r-1")
/// try await store.close()
/// ```
public final class Store: Sendable {
    package let engine: StoreEngine
    let ingestions = Locked(StoreIngestions())

    package init(_ engine: StoreEngine) { self.engine = engine }

    /// Opens the store in this directory; makes one if the directory is missing or empty.
    ///
    /// - Parameters:
    ///   - path: A directory of the file system, absolute or relative to the current one.
    ///   - options: Durability, budgets and limits, for as long as the store is open.
    ///   - createIfMissing: Whether to make a store where there is none.
    ///   - sources: The sources that ingestion may name; what is stored with the indices is started again. One that
    ///     cannot be reached does not keep the store from opening.
    /// - Throws: `.unavailable` if another process has it open, or the disk refuses; `.corrupted` if
    ///   acknowledged data is damaged, naming the file and the byte; `.invalid` if the directory holds something
    ///   else; `.notFound` if it holds no store and none is to be made. In the last two it stays untouched.
    public static func open(
        at path: String, options: StoreOptions = StoreOptions(), createIfMissing: Bool = true,
        sources: SourceRegistry = SourceRegistry()
    ) async throws(VarveError) -> Store {
        let store = try await open(at: path, options, createIfMissing)
        await store.useSources(sources)
        return store
    }

    private static func open(
        at path: String, _ options: StoreOptions, _ createIfMissing: Bool
    ) async throws(VarveError) -> Store {
        let scheduler = ThreadScheduler()
        return try await blocking(on: scheduler) { () throws(VarveError) in
            let environment: Environment
            do throws(FileError) {
                environment = try Environment.system(root: path, create: createIfMissing)
            } catch {
                let (kind, reason) = explain(error, creating: createIfMissing)
                throw VarveError(kind, "the store at \(path) cannot be opened: \(reason)", cause: error)
            }
            do throws(VarveError) {
                return try open(in: environment, options: options, createIfMissing: createIfMissing)
            } catch {
                throw VarveError(
                    error.kind, "the store at \(path) cannot be opened: \(error.message)",
                    place: error.place, cause: error.cause)
            }
        }
    }

    /// What a failure to open the directory says to whoever named it.
    private static func explain(_ error: FileError, creating: Bool) -> (VarveError.Kind, String) {
        switch error.code {
        case .notFound where creating: (.invalid, "the directory that it would lie in does not exist")
        case .notFound: (.notFound, "there is no such directory")
        case .notRegular: (.invalid, "that is no directory")
        case .permission:
            (.unavailable, "permission denied; it must be this user's and not open to everyone's writes")
        default: (.unavailable, error.description)
        }
    }

    package static func open(
        in environment: Environment, options: StoreOptions = StoreOptions(), createIfMissing: Bool = true
    ) throws(VarveError) -> Store {
        do throws(EngineError) {
            return Store(
                try StoreEngine.open(environment, options: options, createIfMissing: createIfMissing))
        } catch { throw VarveError(error) }
    }

    /// Flushes, stops the background work and lets the directory go. Closing twice is fine.
    ///
    /// - Throws: What the last flush failed with. Everything acknowledged is durable all the same.
    public func close() async throws(VarveError) {
        await endIngestions()
        try await run { engine throws(EngineError) in try engine.close() }
    }

    // MARK: Indices

    /// Makes an index. It is durable when this returns.
    ///
    /// - Throws: `.conflict` if the name is taken, `.invalid` if it breaks the rules for names.
    @discardableResult
    public func createIndex(
        _ name: String, mapping: Mapping = [:], shards: Int = 1
    ) async throws(VarveError) -> Index {
        try await createIndex(name, mapping: mapping, shards: shards, settings: [])
    }

    /// - Parameter settings: Kept with the index for whoever made it; they mean nothing here.
    package func createIndex(
        _ name: String, mapping: Mapping, shards: Int, settings: [(key: String, value: String)],
        aliases: [(name: String, member: AliasMember)] = []
    ) async throws(VarveError) -> Index {
        try await run { engine throws(EngineError) in
            Index(
                self,
                try engine.createIndex(
                    name, mapping: mapping, shardCount: shards, settings: settings, aliases: aliases))
        }
    }

    /// The index of this name.
    ///
    /// - Throws: `.notFound` if there is none.
    public func index(_ name: String) throws(VarveError) -> Index {
        do throws(EngineError) { return Index(self, try engine.index(named: name)) } catch {
            throw VarveError(error)
        }
    }

    /// All indices, by name.
    public var indices: [Index] { engine.indices.map { Index(self, $0) } }

    /// Deletes an index and frees its data at once. Points in time over it stay listed, without that index.
    public func deleteIndex(_ name: String) async throws(VarveError) {
        if let index = try? index(name) { await endIngestions(of: [index]) }
        try await run { engine throws(EngineError) in try engine.deleteIndex(named: name) }
    }

    /// Documents of several indices that match, as the last refresh of each saw them.
    ///
    /// A hit's `shard` counts through the shards of the first index, then those of the second, and so on.
    public func search(
        _ request: SearchRequest, in indices: [Index]
    ) async throws(VarveError) -> SearchResult {
        var shards: [SearchableShard] = []
        for index in indices {
            let fields = index.fields
            for snapshot in try index.snapshots() {
                shards.append(SearchableShard(segments: snapshot.segments, fields: fields))
            }
        }
        return try Searching.search(shards, request, engine.environment)
    }

    // MARK: Facts

    /// 128 bits that name the store for good.
    package var uuid: UUID128 { engine.uuid }
    package var keepAliveMax: Duration { .milliseconds(engine.limits.withLock { $0.keepAliveMax }) }
    package var wallMilliseconds: Int64 { engine.environment.clock.wallMilliseconds }

    // MARK: Points in time

    /// Opens a point in time over one or several indices: one consistent cut through all of them.
    ///
    /// It sees everything acknowledged before the call, never changes, and outlives this process: it is durable
    /// when this returns, without a flush. It goes when nobody has used it for `keepAlive`.
    public func openPointInTime(
        over indices: [Index], keepAlive: Duration, label: String = "", durable: Bool = true
    ) async throws(VarveError) -> PointInTime {
        if indices.isEmpty { throw VarveError(.invalid, "a point in time needs at least one index") }
        return try await openPointInTime(
            over: indices, keepAlive: keepAlive, label: label, durable: durable, refreshes: true)
    }

    /// - Parameter refreshes: False leaves out what the last refresh did not see, if there is only one shard.
    package func openPointInTime(
        over indices: [Index], keepAlive: Duration, label: String, durable: Bool, refreshes: Bool
    ) async throws(VarveError) -> PointInTime {
        var request = PointInTimeRequest(keepAlive: keepAlive.wholeMilliseconds)
        request.refreshes = refreshes
        request.label = label
        request.isDurable = durable
        return try await openPointInTime(over: indices.map { SearchTarget($0) }, request)
    }

    /// Opens one over what each target shows of its index; the filters are the request's.
    package func openPointInTime(
        over targets: [SearchTarget], _ request: PointInTimeRequest
    ) async throws(VarveError) -> PointInTime {
        var shards: [Shard] = []
        for target in targets {
            try target.index.checkOpen()
            shards += target.shardNumbers.map { target.index.engine.shards[$0] }
        }
        let outcome = await withCheckedContinuation { [shards] continuation in
            engine.openPointInTime(shards, request) { continuation.resume(returning: $0) }
        }
        do throws(EngineError) { return PointInTime(self, try outcome.get()) } catch {
            throw VarveError(error)
        }
    }

    /// The open point in time of this id.
    ///
    /// - Throws: `.invalid` if the text is no id of this store, `.notFound` if none is open under it.
    public func pointInTime(id text: String) throws(VarveError) -> PointInTime {
        let id = try parse(text)
        guard engine.listPointsInTime().contains(where: { $0.id == id }) else {
            throw VarveError(
                .notFound, "no point in time \(text) is open: it expired, was deleted, or never was")
        }
        return PointInTime(self, id)
    }

    /// All open points in time, oldest first.
    public var pointsInTime: [PointInTimeInfo] {
        engine.listPointsInTime().map { PointInTimeInfo($0, engine) }
    }

    /// Closes a point in time; false if none is open under this id. Once this returns it never comes back.
    @discardableResult
    public func closePointInTime(id text: String) async throws(VarveError) -> Bool {
        try await PointInTime(self, try parse(text)).close()
    }

    package func parse(_ text: String) throws(VarveError) -> PointInTimeID {
        do throws(PointInTimeID.ParseError) {
            return try PointInTimeID(parsing: text, store: engine.uuid)
        } catch {
            let reason = error == .foreign ? "it belongs to another store" : "it is malformed"
            throw VarveError(.invalid, "\(text.prefix(80)) is no id of a point in time: \(reason)")
        }
    }

    // MARK: Running what blocks

    /// Runs engine work that may wait for the disk on a thread of ours, never on the shared pool.
    func run<Answer: Sendable>(
        _ body: @escaping @Sendable (StoreEngine) throws(EngineError) -> Answer
    ) async throws(VarveError) -> Answer {
        let engine = self.engine
        return try await blocking(on: engine.environment.scheduler) { () throws(VarveError) in
            do throws(EngineError) { return try body(engine) } catch { throw VarveError(error) }
        }
    }
}

/// Runs a blocking body as one piece of scheduled work and awaits its end.
func blocking<Answer: Sendable>(
    on scheduler: any Scheduler, _ body: @escaping @Sendable () throws(VarveError) -> Answer
) async throws(VarveError) -> Answer {
    let held = Locked<(any ScheduledWork)?>(nil)
    let outcome: Result<Answer, VarveError> = await withCheckedContinuation { continuation in
        let work = scheduler.schedule("varve.call") {
            do throws(VarveError) { continuation.resume(returning: .success(try body())) } catch {
                continuation.resume(returning: .failure(error))
            }
            return .done
        }
        held.withLock { $0 = work }
        work.wake()
    }
    held.withLock { $0 = nil }
    return try outcome.get()
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000_000_000
    }
}
