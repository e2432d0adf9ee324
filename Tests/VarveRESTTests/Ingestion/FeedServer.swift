import Testing
import Varve
import VarveFiles
import VarveIngest
import VarveSimulation

@testable import VarveREST

/// A server whose indices pull lines of files, and messages in memory.
extension Server {
    static func pulling(
        _ memory: [MemorySource] = [],
        durability: StoreOptions.Durability = .async(syncInterval: .milliseconds(1))
    ) async throws -> Server {
        let server = try await Server(
            { $0.durability = durability },
            sources: { root in
                var sources = SourceRegistry()
                sources.registerFiles(within: [root + "/feeds"])
                if !memory.isEmpty { sources.register("memory") { _, _ in FixedStream(memory) } }
                return sources
            })
        try server.root.files.createDirectory(Self.feeds)
        try server.root.files.createDirectory(Self.feeds.appending("s"))
        return server
    }

    private static let feeds = StorePath.root.appending("feeds")

    /// Appends to the file of a shard; a line end behind each line.
    func feed(_ lines: String..., shard: Int = 0) throws {
        let path = Self.feeds.appending("s").appending("\(shard).ndjson")
        let file =
            try root.files.exists(path)
            ? root.files.openFile(path, writable: true) : root.files.createFile(path)
        try file.write(Array(lines.map { $0 + "\n" }.joined().utf8).rawSpan, at: file.size())
        try file.close()
    }

    /// The settings of an index that pulls the files; more of them stand at the end.
    func settings(_ more: String = "", shards: Int = 1, reset: String = "earliest") -> String {
        #"{"settings":{"number_of_shards":\#(shards),"replication.type":"SEGMENT","ingestion_source":"#
            + #"{"type":"file","pointer.init.reset":"\#(reset)","param":{"stream":"s","base_directory":""#
            + #"\#(root.path)/feeds"}\#(more.isEmpty ? "" : ","+more)}}}"#
    }

    /// The settings of an index that pulls from memory.
    static func memorySettings(_ more: String = "", shards: Int = 1) -> String {
        #"{"settings":{"number_of_shards":\#(shards),"replication.type":"SEGMENT","ingestion_source":"#
            + #"{"type":"memory","pointer.init.reset":"earliest"\#(more.isEmpty ? "" : ","+more)}}}"#
    }

    func ingestion(_ index: String = "i", at place: SourceLocation = #_sourceLocation) throws -> Ingestion {
        try #require(try store.index(index).ingestion, sourceLocation: place)
    }

    /// Waits until a partition's state is as it should be.
    @discardableResult
    func wait(
        _ index: String = "i", shard: Int = 0, at place: SourceLocation = #_sourceLocation,
        until isSo: (IngestionState) -> Bool
    ) async throws -> IngestionState {
        let ingestion = try ingestion(index, at: place)
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if let state = ingestion.partitions.first(where: { $0.shard == shard }), isSo(state) {
                return state
            }
            await Task.yield()
        }
        Issue.record("not so after 20 seconds: \(ingestion.partitions)", sourceLocation: place)
        return ingestion.state
    }

    /// Waits until so many lines are applied and durable, and can be found.
    func ingested(
        _ count: UInt64, _ index: String = "i", shard: Int = 0, at place: SourceLocation = #_sourceLocation
    ) async throws {
        try await wait(index, shard: shard, at: place) { $0.committed == StreamPointer(count) }
        await expect("POST", "/\(index)/_refresh", 200, at: place)
    }

    /// How many documents there are.
    func count(_ index: String = "i") async -> Int? {
        Int(await send("GET", "/\(index)/_count?filter_path=count").text.filter(\.isNumber))
    }

    /// The state of one shard, as OpenSearch shows it.
    func state(
        _ state: String, _ pointer: String, policy: String = "DROP", isPaused: Bool = false,
        isBlocked: Bool = false, shard: Int = 0
    ) -> String {
        #"{"shard":\#(shard),"poller_state":"\#(state)","error_policy":"\#(policy)","poller_paused":\#(isPaused),"#
            + #""write_block_enabled":\#(isBlocked),"batch_start_pointer":"\#(pointer)","is_primary":true,"node":"varve"}"#
    }

    static let allDone = #"{"acknowledged":true,"shards_acknowledged":true}"#
}
