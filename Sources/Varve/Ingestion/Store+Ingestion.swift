import VarveBytes
package import VarveIngest

/// The ingestions that a store runs by itself.
struct StoreIngestions: Sendable {
    var sources = SourceRegistry()
    var running: [UUID128: IndexIngestion] = [:]
}

extension Store {
    package var sources: SourceRegistry { ingestions.withLock { $0.sources } }

    func ingestion(of index: Index) -> Ingestion? {
        ingestions.withLock { $0.running[index.uuid] }.map { Ingestion($0, index) }
    }

    func forget(_ core: IndexIngestion) {
        ingestions.withLock { state in
            for (uuid, running) in state.running where running === core { state.running[uuid] = nil }
        }
    }

    /// Starts an ingestion; if one runs already, that one stays.
    func run(_ core: IndexIngestion, of index: Index) async -> Ingestion {
        let running = ingestions.withLock { state in
            let running = state.running[index.uuid] ?? core
            state.running[index.uuid] = running
            return running
        }
        if running === core {
            let settings = index.settings
            let blocks = [
                "index.blocks.write", "index.blocks.read_only", "index.blocks.read_only_allow_delete",
            ]
            await core.setWriteBlocked(
                settings.contains { blocks.contains($0.key) && $0.value == "true" })
            await core.start(patience: Index.patience)
        }
        return Ingestion(running, index)
    }

    /// Makes sources known, and starts nothing.
    package func knowSources(_ sources: SourceRegistry) { ingestions.withLock { $0.sources = sources } }

    /// Makes sources known, and starts what is stored with the indices and names them.
    package func useSources(_ sources: SourceRegistry) async {
        knowSources(sources)
        if !sources.types.isEmpty { await startStoredIngestions() }
    }

    /// Starts what is stored with the indices, all at once. What cannot be started is told, and the store is open all
    /// the same.
    ///
    /// - Returns: By index, why not.
    @discardableResult
    package func startStoredIngestions() async -> [String: VarveError] {
        await withTaskGroup(of: (String, VarveError)?.self) { group in
            for index in indices {
                group.addTask {
                    do throws(VarveError) { try await index.startStoredIngestion() } catch {
                        return (index.name, error)
                    }
                    return nil
                }
            }
            var failures: [String: VarveError] = [:]
            for await failure in group { if let failure { failures[failure.0] = failure.1 } }
            return failures
        }
    }

    /// Ends the ingestion of indices that are closed or deleted; of all without a list.
    func endIngestions(of indices: [Index]? = nil) async {
        let ended = ingestions.withLock { state in
            let uuids = indices.map { Set($0.map(\.uuid)) }
            let ended = state.running.filter { uuids?.contains($0.key) ?? true }
            for uuid in ended.keys { state.running[uuid] = nil }
            return Array(ended.values)
        }
        for core in ended { await core.close() }
    }
}
