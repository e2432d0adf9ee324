#if Server
import Foundation
import Varve
import VarveREST
import VarveServer
package import VarveSimulation

/// OpenSearch's API over a store in a directory of its own, with the kinds of sources that `varve serve` knows: for tests
/// of a source from its server to the documents.
package final class PullingServer: Sendable {
    package let root: TemporaryRoot
    private let store: Store
    private let service: RESTService

    package convenience init() async throws { try await self.init(TemporaryRoot()) }

    private init(_ root: TemporaryRoot) async throws {
        self.root = root
        let configuration = try ServeConfiguration(
            flags: [.ingestionSecretsDirectory: Self.secrets(root)], environment: { _ in nil }, file: nil)
        store = try await Store.open(
            at: root.path + "/data",
            options: StoreOptions(durability: .async(syncInterval: .milliseconds(5))),
            sources: configuration.sources)
        service = RESTService(store: store)
    }

    /// The next process over the same directory.
    package func reopened() async throws -> PullingServer {
        try await close()
        return try await PullingServer(root)
    }

    package func close() async throws { try await store.close() }

    private static func secrets(_ root: TemporaryRoot) -> String { root.path + "/secrets" }

    /// Puts a file where parameters may name it.
    ///
    /// - Returns: Its path.
    package func keepSecret(_ text: String, as name: String) throws -> String {
        let folder = Self.secrets(root)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        return folder + "/" + name
    }

    // MARK: Requests

    package struct Answer: Sendable {
        package let status: Int
        package let text: String
    }

    /// - Parameter target: Path and query, as they stand in a request line.
    @discardableResult
    package func send(_ method: String, _ target: String, _ body: String = "") async -> Answer {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let response = await service.respond(
            to: RESTRequest(
                method, String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
                headers: [(name: "content-type", value: "application/json")], body: Array(body.utf8)))
        return Answer(
            status: response.status,
            text: String(decoding: response.chunks.flatMap { $0 }, as: UTF8.self))
    }

    /// Makes the index `i`, whose messages get an id of their own each time that they are applied: what is applied twice
    /// is there twice.
    ///
    /// - Parameters:
    ///   - parameters: Of the source.
    ///   - settings: Others below `ingestion_source`. Everything is read from its start unless they say otherwise.
    package func createIndex(
        _ name: String = "i", shards: Int, type: String, _ parameters: [String: String],
        _ settings: [String: String] = [:]
    ) async throws -> Answer {
        var all = [
            "pointer.init.reset": "earliest", "generated_ids": "random", "type": type,
            "pointer_based_lag_update_interval": "100ms",
        ].merging(settings) { $1 }
        for (name, value) in parameters { all["param.\(name)"] = value }
        var body = ["number_of_shards": "\(shards)", "replication.type": "SEGMENT"]
        for (name, value) in all { body["ingestion_source.\(name)"] = value }
        return await send("PUT", "/\(name)", try Self.json(["settings": body]))
    }

    package static func json<Value: Encodable>(_ value: Value) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }

    // MARK: What came of it

    /// Waits until something is so, and looks at it some times a second: what is waited for happens in other processes.
    ///
    /// - Returns: Whether it was so within the time.
    package func wait(seconds: Double = 60, until isSo: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            if try await isSo() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// How many documents there are.
    ///
    /// - Parameter parameters: Of the request, such as `preference=_shards:2`.
    package func count(_ index: String = "i", _ parameters: String = "", _ query: String = "") async -> Int? {
        await send("POST", "/\(index)/_refresh")
        let answer = await send("POST", "/\(index)/_count?filter_path=count&\(parameters)", query)
        return Int(answer.text.filter(\.isNumber))
    }

    /// Waits for so many documents; what is there at last.
    package func documents(_ count: Int, _ index: String = "i", seconds: Double = 60) async throws -> Int? {
        _ = try await wait(seconds: seconds) { await self.count(index) ?? 0 >= count }
        return await self.count(index)
    }

    /// How many different values the field `n` has, with the least and the largest.
    package func numbers(_ index: String = "i") async throws -> [Int] {
        await send("POST", "/\(index)/_refresh")
        let answer = await send(
            "POST", "/\(index)/_search?size=0",
            #"{"aggs":{"a":{"cardinality":{"field":"n","precision_threshold":40000}},"b":{"min":{"field":"n"}},"#
                + #""c":{"max":{"field":"n"}}}}"#)
        struct Found: Decodable {
            struct Value: Decodable { let value: Double? }
            let aggregations: [String: Value]
        }
        let found = try JSONDecoder().decode(Found.self, from: Data(answer.text.utf8)).aggregations
        return found.sorted { $0.key < $1.key }.map { Int($0.value.value ?? -1) }
    }

    // MARK: States

    package struct Partition: Decodable, Sendable {
        package struct Failure: Decodable, Sendable {
            package let error: String
            package let isPermanent: Bool
        }
        package let partition: Int
        package let phase: String
        package let failure: Failure?
        package let lag: [String: Int?]
        package let messages: [String: Int]
        package let durablePointer: String
    }

    package struct Shard: Decodable, Sendable {
        package let shard: Int
        package let pollerState: String
        package let pollerPaused: Bool
        package let sourceFailure: Partition.Failure?
        package let partitions: [Partition]
    }

    /// What `_state?verbose` says of each shard.
    package func states(_ index: String = "i") async throws -> [Shard] {
        struct Found: Decodable { let ingestionState: [String: [Shard]] }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let answer = await send("GET", "/\(index)/ingestion/_state?verbose=true")
        return try decoder.decode(Found.self, from: Data(answer.text.utf8)).ingestionState[index] ?? []
    }

    /// A counter, summed over all partitions.
    package func total(_ name: String, _ index: String = "i") async throws -> Int {
        try await states(index).flatMap(\.partitions).reduce(0) { $0 + ($1.messages[name] ?? 0) }
    }

    /// Waits until so many partitions are read and nothing is left to read in them.
    package func caughtUp(_ partitions: Int, _ index: String = "i") async throws -> Bool {
        try await wait {
            let all = try await states(index).flatMap(\.partitions)
            return all.count == partitions && all.allSatisfy { ($0.lag["durable"] ?? nil) == 0 }
        }
    }
}
#endif
