import FoundationEssentials
import VarveBytes
import VarveEngine
public import VarveQuery

/// A document as a get answers it.
public struct Document: Sendable {
    public let id: String
    public let sequenceNumber: SequenceNumber
    public let version: Int64
    /// The JSON text, byte for byte as it was given.
    public let source: [UInt8]

    /// The routing value that it was written with.
    package let routing: String?

    init(_ id: String, _ found: FoundDocument) {
        self.id = id
        sequenceNumber = found.sequence
        version = found.version
        source = found.source
        routing = found.routing
    }

    /// A hit of a search that wanted sources.
    package init(_ hit: SearchHit) {
        id = hit.id
        sequenceNumber = hit.sequenceNumber
        version = hit.version
        source = hit.source?.copyBytes() ?? []
        routing = hit.routing
    }

    public var text: String { String(decoding: source, as: UTF8.self) }
}

// MARK: - Values instead of JSON

extension Index {
    /// Stores a value as JSON. See `put(json:id:if:)`.
    @discardableResult
    public func put(
        _ value: some Encodable, id: String? = nil, if condition: WriteCondition = .always
    ) async throws(VarveError) -> Receipt {
        try await put(json: try JSON.encode(value), id: id, if: condition)
    }

    /// The newest acknowledged document of an id, refreshed or not; nil when there is none.
    public func get(_ id: String) async throws(VarveError) -> Document? {
        try await get(id, routing: nil)
    }

    /// - Parameters:
    ///   - routing: The value that it was written with, if it was with one.
    ///   - isRealTime: Whether what searches do not see yet counts too.
    package func get(
        _ id: String, routing: String?, isRealTime: Bool = true
    ) async throws(VarveError) -> Document? {
        try checkOpen()
        let bytes = Array(id.utf8)
        let key = routing.map { Array($0.utf8) } ?? bytes
        let shard = engine.shard(for: key.rawSpan)
        do throws(EngineError) {
            let found = try isRealTime ? shard.get(id: bytes.rawSpan) : shard.getRefreshed(id: bytes.rawSpan)
            return found.map { Document(id, $0) }
        } catch { throw VarveError(error) }
    }

    /// The newest acknowledged document of an id as a value; nil when there is none.
    public func get<Value: Decodable>(_ id: String, as type: Value.Type) async throws(VarveError) -> Value? {
        guard let document = try await get(id) else { return nil }
        return try JSON.decode(type, from: document.source, id: id)
    }
}

extension WriteBatch {
    /// Adds a value, stored as JSON.
    public mutating func put(
        _ value: some Encodable, id: String? = nil, if condition: WriteCondition = .always
    ) throws(VarveError) {
        try put(json: try JSON.encode(value), id: id, if: condition)
    }
}

extension SearchHit {
    /// The hit's source as a value.
    ///
    /// - Throws: `.invalid` if the search was asked for no source, or the JSON does not fit the type.
    public func document<Value: Decodable>(as type: Value.Type) throws(VarveError) -> Value {
        guard let source else { throw VarveError(.invalid, "the search for [\(id)] was asked for no source") }
        return try JSON.decode(type, from: source.copyBytes(), id: id)
    }
}

/// Between values and JSON, for callers who prefer values; the engine itself never goes this way.
private enum JSON {
    static func encode(_ value: some Encodable) throws(VarveError) -> [UInt8] {
        do { return Array(try JSONEncoder().encode(value)) } catch {
            throw VarveError(
                .invalid, "a value of type \(type(of: value)) cannot be JSON: \(error)", cause: error)
        }
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], id: String
    ) throws(VarveError) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw VarveError(.invalid, "document [\(id)] is no \(type): \(error)", cause: error)
        }
    }
}
