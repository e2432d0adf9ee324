import VarveBytes
import VarveDocument
import VarveEngine
import VarveFiles

/// Operations that are written together: one log record a shard, all or nothing across a crash.
///
/// What cannot be accepted whatever the store holds (no JSON, a value of a wrong type, too large) throws where it
/// is added, and leaves the batch as it was.
public struct WriteBatch: ~Copyable {
    private let index: Index
    /// By the shard's number.
    private var parts: [Part?]
    private var count = 0

    /// The operations of one shard. A class, since a builder cannot be copied and dictionaries hold values.
    private final class Part {
        var builder: BatchBuilder
        var places: [Int] = []
        var ids: [String] = []

        init(_ schema: Schema) { builder = BatchBuilder(schema: schema) }
    }

    /// What goes to one shard, ready to be applied.
    struct SealedPart: ~Copyable {
        let shard: Shard
        var draft: BatchDraft
        /// For each operation its place among all operations of the batch.
        let places: [Int]
        let ids: [String]

        consuming func takeDraft() -> BatchDraft { draft }
    }

    package init(_ index: Index) {
        self.index = index
        parts = Array(repeating: nil, count: index.engine.shards.count)
    }

    public var operationCount: Int { count }

    /// Adds a document of JSON text.
    ///
    /// - Parameters:
    ///   - json: One JSON object in UTF-8, at most 16 MiB.
    ///   - id: At most 512 bytes; nil for a generated one.
    ///   - condition: What has to hold of the document that is there.
    public mutating func put(
        json: [UInt8], id: String? = nil, if condition: WriteCondition = .always
    ) throws(VarveError) {
        try put(json: json.rawSpan, id: id, if: condition, routing: nil)
    }

    /// - Parameter routing: What decides about the shard in place of the id; it is kept with the document.
    package mutating func put(
        json: RawSpan, id: String?, if condition: WriteCondition, routing: String?
    ) throws(VarveError) {
        if let id, id.isEmpty { throw VarveError(.invalid, "an id must not be empty") }
        let isNew = id == nil
        let random = index.store.engine.environment.random
        let name = id ?? String(decoding: GeneratedID.make(random.next(), random.next()), as: UTF8.self)
        var options = OperationOptions(condition)
        options.idIsNew = isNew
        options.idIsGiven = !isNew
        if isNew && options.versioning == .resolved { options.versioning = .blind }
        try add(name, isGiven: !isNew, routing) { (builder, bytes, routing) throws(DocumentError) in
            if condition == .absent {
                try builder.create(id: bytes, source: json, options: options, routing: routing)
            } else {
                try builder.index(id: bytes, source: json, options: options, routing: routing)
            }
        }
    }

    public mutating func put(
        json: String, id: String? = nil, if condition: WriteCondition = .always
    ) throws(VarveError) {
        try put(json: Array(json.utf8), id: id, if: condition)
    }

    /// Adds a delete. Deleting what is not there is an outcome, not an error.
    public mutating func delete(_ id: String, if condition: WriteCondition = .always) throws(VarveError) {
        try delete(id, if: condition, routing: nil)
    }

    package mutating func delete(
        _ id: String, if condition: WriteCondition, routing: String?
    ) throws(VarveError) {
        let options = OperationOptions(condition)
        try add(id, routing) { (builder, bytes, routing) throws(DocumentError) in
            try builder.delete(id: bytes, options: options, routing: routing)
        }
    }

    private mutating func add(
        _ id: String, isGiven: Bool = true, _ routing: String?,
        _ body: (inout BatchBuilder, RawSpan, RawSpan) throws(DocumentError) -> Void
    ) throws(VarveError) {
        let routingText = routing ?? ""
        let bytes = id.rawSpan
        let routingBytes = routingText.rawSpan
        let number = index.engine.shard(for: routing == nil ? bytes : routingBytes).number
        let part = parts[number] ?? Part(index.engine.schema)
        do throws(DocumentError) { try body(&part.builder, bytes, routingBytes) } catch {
            throw isGiven ? VarveError(error, id: id) : VarveError(error)
        }
        part.places.append(count)
        part.ids.append(id)
        if parts[number] == nil { parts[number] = part }
        count += 1
    }

    /// The parts, in order of shards.
    consuming func seal(_ each: (consuming SealedPart) async throws(VarveError) -> Void)
        async throws(VarveError)
    {
        let time = UInt64(max(0, index.store.engine.environment.clock.wallMilliseconds))
        for (number, part) in parts.enumerated() {
            guard let part else { continue }
            let sealed = SealedPart(
                shard: index.engine.shards[number], draft: part.builder.finish(at: time), places: part.places,
                ids: part.ids)
            try await each(sealed)
        }
    }
}

extension OperationOptions {
    init(_ condition: WriteCondition) {
        switch condition {
        case .always, .absent: self.init(.resolved)
        case .newer(let version): self.init(.external, version: version)
        case .notOlder(let version): self.init(.externalOrEqual, version: version)
        case .unchanged(let number):
            self.init(.ifSequenceNumber)
            ifSequenceNumber = number.rawValue
        }
    }
}
