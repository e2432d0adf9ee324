import Testing
import Varve
import VarveFiles
import VarveSimulation

@testable import VarveREST

/// A service over a store in a directory of its own, spoken to in text.
final class Server: Sendable {
    let root: TemporaryRoot
    let store: Store
    let service: RESTService
    private let options: StoreOptions
    /// What ingestion may name.
    private let sources: SourceRegistry

    /// - Parameter sources: Given the directory in which the kind `file` may read.
    init(
        security: Security? = nil, _ change: (inout StoreOptions) -> Void = { _ in },
        sources: (String) -> SourceRegistry = { _ in SourceRegistry() }
    ) async throws {
        root = try TemporaryRoot()
        self.sources = sources(root.path)
        var options = StoreOptions(durability: .async(syncInterval: .seconds(1)))
        options.refreshInterval = nil
        change(&options)
        self.options = options
        store = try await Store.open(at: root.path + "/data", options: options, sources: self.sources)
        service = RESTService(store: store, security: security)
    }

    /// One whose time passes only when it is told to.
    init(clock: SimulatedClock) async throws {
        root = try TemporaryRoot()
        sources = SourceRegistry()
        var options = StoreOptions(durability: .async(syncInterval: .seconds(1)))
        options.refreshInterval = nil
        self.options = options
        var environment = try Environment.system(root: root.path)
        environment.clock = AdvancedClock(clock)
        store = try Store.open(in: environment, options: options)
        service = RESTService(store: store)
    }

    /// The next process over the directory of one that has ended.
    private init(after last: Server) async throws {
        root = last.root
        sources = last.sources
        options = last.options
        store = try await Store.open(at: root.path + "/data", options: options, sources: sources)
        service = RESTService(store: store)
    }

    func reopened() async throws -> Server {
        try await store.close()
        return try await Server(after: self)
    }

    /// A point in time over an index, or whatever the rest of its path says.
    func openPointInTime(
        _ target: String = "i", _ parameters: String = "", at place: SourceLocation = #_sourceLocation
    ) async -> String {
        let text = await expect(
            "POST", "/\(target)/_search/point_in_time?keep_alive=10m\(parameters)", 200, at: place)
        return Self.member("pit_id", of: text)
    }

    /// An index with documents `1…count`, each with its number as `n`, refreshed.
    func fill(_ index: String = "i", _ count: Int = 3, _ body: String = "") async {
        await expect("PUT", "/\(index)", body, 200)
        for number in 1...count { await expect("PUT", "/\(index)/_doc/\(number)", #"{"n":\#(number)}"#, 201) }
        await expect("POST", "/\(index)/_refresh", 200)
    }

    /// How many documents a search over a point in time finds.
    func count(pit id: String, at place: SourceLocation = #_sourceLocation) async -> Int? {
        let text = await expect(
            "POST", "/_search?filter_path=hits.total.value", #"{"pit":{"id":"\#(id)"},"size":0}"#, 200,
            at: place)
        return Int(text.filter(\.isNumber))
    }

    /// - Parameter target: Path and query, as they stand in a request line.
    func send(
        _ method: String, _ target: String, _ body: String = "", type: String? = "application/json"
    ) async -> RESTResponse {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let headers = type.map { [(name: "content-type", value: $0)] } ?? []
        return await service.respond(
            to: RESTRequest(
                method, String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", headers: headers,
                body: Array(body.utf8)))
    }

    /// Expects a status and, if one is given, the exact body; `took` reads as 0.
    @discardableResult
    func expect(
        _ method: String, _ target: String, _ body: String, _ status: Int, _ text: String? = nil,
        at place: SourceLocation = #_sourceLocation
    ) async -> String {
        let response = await send(method, target, body)
        let found = Self.withoutTime(response.text)
        #expect(response.status == status, "\(found)", sourceLocation: place)
        if let text { #expect(found == text, sourceLocation: place) }
        return found
    }

    /// Expects the usual error body around one type and reason.
    func refuses(
        _ method: String, _ target: String, _ body: String, _ status: Int, _ type: String,
        _ reason: String, extra: String = "", isRaw: Bool = false, at place: SourceLocation = #_sourceLocation
    ) async {
        var escaped = reason.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        if isRaw { escaped = escaped.replacing("\n", with: "\\n") }
        let inner = #""type":"\#(type)","reason":"\#(escaped)"\#(extra)"#
        await expect(
            method, target, body, status,
            #"{"error":{"root_cause":[{\#(inner)}],\#(inner)},"status":\#(status)}"#, at: place)
    }

    /// Expects a failure of all shards; the cause is repeated as OpenSearch does for what is not its own type.
    func shardsFail(
        _ method: String, _ target: String, _ body: String, _ status: Int, index: String, _ type: String,
        _ reason: String, extra: String = "", phase: String = "query", isServerType: Bool = false,
        at place: SourceLocation = #_sourceLocation
    ) async {
        let inner = #""type":"\#(type)","reason":"\#(reason)"\#(extra)"#
        let cause = isServerType ? "" : #","caused_by":{\#(inner),"caused_by":{\#(inner)}}"#
        let shard = #"{"shard":0,"index":"\#(index)","node":"\#(nodeID)","reason":{\#(inner)}}"#
        await expect(
            method, target, body, status,
            #"{"error":{"root_cause":[{\#(inner)}],"type":"search_phase_execution_exception","#
                + #""reason":"all shards failed","phase":"\#(phase)","grouped":true,"failed_shards":[\#(shard)]\#(cause)},"#
                + #""status":\#(status)}"#, at: place)
    }

    // MARK: The same without a body

    @discardableResult
    func expect(
        _ method: String, _ target: String, _ status: Int, _ text: String? = nil,
        at place: SourceLocation = #_sourceLocation
    ) async -> String {
        await expect(method, target, "", status, text, at: place)
    }

    func refuses(
        _ method: String, _ target: String, _ status: Int, _ type: String, _ reason: String,
        at place: SourceLocation = #_sourceLocation
    ) async {
        await refuses(method, target, "", status, type, reason, at: place)
    }

    /// 22 characters, as errors of shards name the node.
    var nodeID: String { service.nodeID }

    static func withoutTime(_ text: String) -> String {
        text.replacing(/"took":[0-9]+/, with: #""took":0"#)
    }

    /// A member of an answer that is a string.
    static func member(_ name: String, of text: String) -> String {
        guard let start = text.ranges(of: "\"\(name)\":\"").first?.upperBound else { return "" }
        return String(text[start...].prefix { $0 != "\"" })
    }

    func uuid(of index: String) async -> String {
        Self.member("uuid", of: await send("GET", "/\(index)/_settings").text)
    }
}

/// A clock of tests for a store whose threads are real: its wall is the test's, and its monotonic time is the system's
/// plus what the test has added. Threads sleep by the system's time; a clock that lay behind that would keep them awake.
private struct AdvancedClock: StoreClock {
    private let manual: SimulatedClock
    private let start: UInt64

    init(_ manual: SimulatedClock) {
        self.manual = manual
        start = manual.monotonicNanoseconds
    }

    var wallMilliseconds: Int64 { manual.wallMilliseconds }
    var monotonicNanoseconds: UInt64 {
        SystemClock().monotonicNanoseconds + manual.monotonicNanoseconds - start
    }
}
