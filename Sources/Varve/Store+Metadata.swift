package import VarveEngine
import VarveFiles
package import VarveManifest

/// What the catalog says beside the indices themselves, and changing it. Each change is durable when its call
/// returns.
extension Store {
    package var aliases: [String: [AliasMember]] { engine.aliases }

    /// Settings of the whole store.
    package var settings: [(key: String, value: String)] { engine.storeSettings }

    /// A number that nobody guesses.
    package var randomNumber: UInt64 { engine.environment.random.next() }

    package func changeSettings(_ changes: [(key: String, value: String?)]) async throws(VarveError) {
        try await run { engine throws(EngineError) in try engine.changeStoreSettings(changes) }
    }

    package func changeSettings(
        of indices: [Index], _ changes: [(key: String, value: String?)]
    ) async throws(VarveError) {
        let names = indices.map(\.name)
        try await run { engine throws(EngineError) in
            try engine.changeSettings(ofIndices: names, changes)
        }
    }

    /// Opens indices that are closed.
    package func reopen(_ indices: [Index]) async throws(VarveError) {
        let names = indices.map(\.name)
        try await run { engine throws(EngineError) in try engine.setState(ofIndices: names, to: .open) }
        for index in indices { _ = try? await index.startStoredIngestion() }
    }

    /// Closes indices: they are flushed, and neither read nor written until they are opened again. Points in time
    /// lose what they hold of them, for good.
    package func closeIndices(_ indices: [Index]) async throws(VarveError) {
        let names = indices.map(\.name)
        let shards = indices.flatMap(\.engine.shards)
        await endIngestions(of: indices)
        try await run { engine throws(EngineError) in
            try engine.setState(ofIndices: names, to: .closed)
            for shard in shards { try shard.flush() }
        }
        let uuids = Set(indices.map(\.uuid))
        let outcome = await withCheckedContinuation { continuation in
            engine.losePins(ofIndices: uuids) { continuation.resume(returning: $0) }
        }
        do throws(EngineError) { try outcome.get() } catch { throw VarveError(error) }
    }

    /// One change of aliases, and of the indices to be deleted with it: all of it or nothing.
    package func changeAliases(
        removing indices: [Index] = [],
        _ body: @escaping @Sendable (inout [String: [AliasMember]]) throws(EngineError) -> Void
    ) async throws(VarveError) {
        let engines = indices.map(\.engine)
        await endIngestions(of: indices)
        try await run { engine throws(EngineError) in
            try engine.changeCatalog { (draft) throws(EngineError) in
                try body(&draft.aliases)
                for index in engines { try draft.remove(index) }
            }
        }
    }

    /// The limits of points in time.
    package var pointInTimeCounts: (open: Int, created: Int, expired: Int) { engine.pointInTimeCounts }

    package var limits: PointInTimeLimits {
        get { engine.limits.withLock { $0 } }
        set { engine.limits.withLock { $0 = newValue } }
    }
}
