import Varve
import VarveDocument
import VarveIngest

/// Settings that change what an index pulls.
enum IngestionChanges {
    /// What a new index keeps beside its settings; nothing if it has no source.
    static func initial(
        _ settings: [(key: String, value: String)], _ store: Store
    ) throws(RESTError) -> [(key: String, value: String)] {
        guard settings.contains(where: { $0.key.hasPrefix(IngestionSetting.prefix) }) else { return [] }
        let definition = IngestionDefinition(settings)
        guard var ingestion = try definition.settings(for: store.sources) else { return [] }
        if let name = definition.predecessor {
            ingestion.continues = try StreamHandOver(from: name, in: store).pointers(for: ingestion)
        }
        return [(Index.ingestionKey, ingestion.json)]
    }

    /// Starts what a new index pulls. The index is there in any case, and what keeps its stream from being read is told
    /// by its state.
    static func start(_ index: Index) async {
        _ = try? await index.startStoredIngestion()
    }

    /// What goes with changes of settings in the same step; nil if they do not concern ingestion.
    static func plan(
        _ changes: IndexSettings.Changes, of index: Index
    ) throws(RESTError) -> (kept: (key: String, value: String?), settings: IngestionSettings?)? {
        guard changes.contains(where: { $0.key.hasPrefix(IngestionSetting.prefix) }) else { return nil }
        var values: [String: String] = [:]
        for setting in index.settings { values[setting.key] = setting.value }
        for change in changes { values[change.key] = change.value }
        var settings = try IngestionDefinition(values.map { ($0.key, $0.value) })
            .settings(for: index.store.sources)
        settings?.continues = index.storedIngestion?.continues ?? [:]
        return ((Index.ingestionKey, settings?.json), settings)
    }

    /// Tells a running ingestion what has changed.
    static func apply(
        _ changes: IndexSettings.Changes, _ settings: IngestionSettings?, to index: Index
    ) async throws(RESTError) {
        if changes.contains(where: { $0.key.hasPrefix("index.blocks.") }) {
            await index.ingestion?.setWriteBlocked(index.isWriteBlocked)
        }
        guard let settings, index.isOpen else { return }
        guard let ingestion = index.ingestion else {
            await start(index)
            return
        }
        do { try await ingestion.change(settings) } catch { throw RESTError(error) }
    }
}

extension Index {
    /// A block keeps documents from being written.
    var isWriteBlocked: Bool { (try? IndexBlock.check(self, .write)) == nil }
}

/// Waiting for something that may take long and goes on by itself.
enum Patience {
    /// - Parameter isCancelled: Whether it ends with the waiting, and does not go on.
    static func wait(
        for limit: Duration, thenCancels isCancelled: Bool = false,
        _ work: @escaping @Sendable () async -> Void
    ) async {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let timer = Task {
            try? await Task.sleep(for: limit)
            end.finish()
        }
        let task = Task {
            await work()
            end.finish()
        }
        for await _ in ends {}
        timer.cancel()
        if isCancelled { task.cancel() }
    }
}
