import VarveBytes
import VarveEngine
import VarveFiles
public import VarveIngest

/// Starting ingestion.
extension Index {
    /// A setting of the index: how it is ingested.
    package static let ingestionKey = "varve.ingestion"
    /// How long a start waits for a stream that does not answer.
    static let patience = Duration.seconds(5)

    // MARK: From sources of the program

    /// Starts pulling a stream into this index, which must have one shard. It ends with the process.
    ///
    /// - Parameters:
    ///   - source: Where the messages come from.
    ///   - position: Where to start if nothing was ever read from it; afterwards the committed pointer counts.
    ///   - strategy: What becomes of a message that cannot be applied.
    public func ingest(
        from source: any StreamSource, startingAt position: StartPosition = .earliest,
        onError strategy: ErrorStrategy = .block
    ) async throws(VarveError) -> Ingestion {
        var settings = IngestionSettings()
        settings.start = position
        settings.onError = strategy
        return try await ingest(from: [source], settings: settings)
    }

    /// Starts pulling one source into each shard.
    public func ingest(
        from sources: [any StreamSource], settings: IngestionSettings
    ) async throws(VarveError) -> Ingestion {
        try await ingest(from: FixedStream(sources), settings: settings)
    }

    /// Starts pulling the partitions of a stream into the shards. It ends with the process.
    ///
    /// - Throws: `.invalid` if the stream cannot be reached, or be divided among the shards.
    public func ingest(
        from stream: any PartitionedStream, settings: IngestionSettings
    ) async throws(VarveError) -> Ingestion {
        let core = core(stream, settings, isKept: false)
        do { try await core.check() } catch { throw VarveError(.invalid, "\(error)", cause: error) }
        await core.start(patience: Self.patience)
        return Ingestion(core, self)
    }

    // MARK: Kept by the store

    /// The ingestion that the store runs for this index; nil if it has none.
    public var ingestion: Ingestion? { store.ingestion(of: self) }

    /// What is stored of how it is ingested.
    package var storedIngestion: IngestionSettings? {
        engine.setting(Self.ingestionKey).flatMap { try? IngestionSettings(json: $0) }
    }

    /// What outlives a restart of the ingestion that the store keeps, beside its settings.
    package var ingestionRecord: IngestionRecord { IndexSink(index: self, isKept: true).record }

    /// Changes that, for an ingestion that does not run: it counts when it is started next. Durable when it returns.
    package func keep(_ record: IngestionRecord) async throws(VarveError) {
        if ingestion != nil { throw VarveError(.conflict, "index [\(name)] is ingested") }
        try await store.changeSettings(
            of: [self], [(IndexSink.recordKey, record.isEmpty ? nil : record.json)])
    }

    /// Starts pulling a stream that the store knows by name (see `SourceRegistry`), and goes on with it whenever the
    /// store is opened. Durable when it returns.
    ///
    /// - Parameters:
    ///   - settings: What to read, from where, and how.
    ///   - isChecked: Whether the stream must be there now; otherwise it is asked for until it is.
    /// - Throws: `.invalid` if the settings name no source or an unknown one, or if the stream is not there.
    @discardableResult
    public func startIngestion(
        _ settings: IngestionSettings, checkingSource isChecked: Bool = true
    ) async throws(VarveError) -> Ingestion {
        if ingestion != nil { throw VarveError(.conflict, "index [\(name)] is ingested already") }
        let core: IndexIngestion
        do {
            guard let source = settings.source else {
                throw IngestionSettingsError("ingestion that the store keeps needs a source")
            }
            let stream = try store.sources.stream(source, shards: shardCount)
            core = self.core(stream, settings, isKept: true)
            if isChecked { try await core.check() } else { try settings.check() }
        } catch { throw VarveError(.invalid, "\(error)", cause: error) }
        try await store.changeSettings(of: [self], [(Self.ingestionKey, settings.json)])
        return await store.run(core, of: self)
    }

    /// Ends the ingestion that the store keeps, and forgets it. The pointers stay, for whoever starts it again.
    public func stopIngestion() async throws(VarveError) {
        await ingestion?.close()
        try await store.changeSettings(
            of: [self], [(Self.ingestionKey, nil), (IndexSink.recordKey, nil)])
    }

    /// Starts what is stored with the index, if anything is and it does not run.
    @discardableResult
    package func startStoredIngestion() async throws(VarveError) -> Ingestion? {
        if let running = ingestion { return running }
        guard isOpen, let text = engine.setting(Self.ingestionKey) else { return nil }
        let core: IndexIngestion
        do {
            let settings = try IngestionSettings(json: text)
            guard let source = settings.source else { return nil }
            core = self.core(
                try store.sources.stream(source, shards: shardCount), settings, isKept: true)
        } catch { throw VarveError(.invalid, "index [\(name)]: \(error)", cause: error) }
        return await store.run(core, of: self)
    }

    private func core(
        _ stream: any PartitionedStream, _ settings: IngestionSettings, isKept: Bool
    ) -> IndexIngestion {
        let environment = store.engine.environment
        return IndexIngestion(
            index: IndexSink(index: self, isKept: isKept), stream: stream, settings: settings,
            clock: StorePollerClock(environment.clock), random: { environment.random.next() })
    }
}
