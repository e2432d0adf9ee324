import VarveBytes
import VarveDocument
import VarveEngine

/// What became of one write, and where in history it stands.
public struct Receipt: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        case created, updated, deleted
        /// A delete found nothing.
        case notFound
    }
    public let id: String
    public let outcome: Outcome
    /// The operation's place in its shard.
    public let sequenceNumber: SequenceNumber
    /// Counts the writes of this id, or is what the caller gave.
    public let version: Int64
}

/// What must hold for a write to go ahead.
public enum WriteCondition: Hashable, Sendable {
    /// Nothing.
    case always
    /// The id has no document.
    case absent
    /// The document is still the one that this operation wrote.
    case unchanged(since: SequenceNumber)
    /// The version given is above the current one, which it replaces.
    case newer(version: Int64)
    /// The version given is not below the current one, which it replaces.
    case notOlder(version: Int64)
}

extension Index {
    /// Stores a document of JSON text and returns when it is as durable as the store's options say.
    ///
    /// If power fails before this returns, the write is either wholly there or wholly absent.
    /// - Parameters:
    ///   - json: One JSON object, at most 16 MiB.
    ///   - id: At most 512 bytes; nil for a generated one.
    ///   - condition: What has to hold of the document that is there.
    /// - Throws: `.invalid` for what is no JSON object or does not fit the mapping, `.conflict` if the condition
    ///   does not hold, `.unavailable` if the store cannot write.
    @discardableResult
    public func put(
        json: String, id: String? = nil, if condition: WriteCondition = .always
    ) async throws(VarveError) -> Receipt {
        try await put(json: Array(json.utf8), id: id, if: condition)
    }

    /// Stores a document of JSON text in UTF-8.
    @discardableResult
    public func put(
        json: [UInt8], id: String? = nil, if condition: WriteCondition = .always
    ) async throws(VarveError) -> Receipt {
        var batch = WriteBatch(self)
        try batch.put(json: json, id: id, if: condition)
        return try await commitOne(batch)
    }

    /// Deletes the document of an id. Deleting what is not there is an outcome, not an error.
    @discardableResult
    public func delete(_ id: String, if condition: WriteCondition = .always) async throws(VarveError)
        -> Receipt
    {
        var batch = WriteBatch(self)
        try batch.delete(id, if: condition)
        return try await commitOne(batch)
    }

    /// Writes many documents at once: one log record a shard, all or nothing across a crash.
    ///
    /// - Returns: One result an operation, in order. A condition that did not hold fails its own operation alone.
    @discardableResult
    public func write(
        _ body: (inout WriteBatch) throws -> Void
    ) async throws -> [Result<Receipt, VarveError>] {
        var batch = WriteBatch(self)
        try body(&batch)
        return try await commit(batch)
    }

    private func commitOne(_ batch: consuming WriteBatch) async throws(VarveError) -> Receipt {
        let results = try await commit(batch)
        return try results[0].get()
    }

    /// Hands each shard its part and waits until all of them are acknowledged.
    package func commit(_ batch: consuming WriteBatch) async throws(VarveError) -> [Result<
        Receipt, VarveError
    >] {
        try checkOpen()
        var answers = [Result<Receipt, VarveError>?](repeating: nil, count: batch.operationCount)
        var waiting: [(Shard, WriteTicket)] = []
        try await batch.seal { (part) async throws(VarveError) in
            let shard = part.shard
            let (places, ids) = (part.places, part.ids)
            try await waitForRoom(shard, operations: places.count, bytes: part.draft.byteCount)
            var results: [OperationResult] = []
            let ticket: WriteTicket?
            do throws(EngineError) { ticket = try shard.apply(part.takeDraft(), into: &results) } catch {
                throw VarveError(error)
            }
            if let ticket { waiting.append((shard, ticket)) }
            for (at, result) in results.enumerated() {
                answers[places[at]] = Self.answer(result, id: ids[at])
            }
        }
        for (shard, ticket) in waiting { try await acknowledged(shard, ticket) }
        return answers.compactMap { $0 }
    }

    private static func answer(_ result: OperationResult, id: String) -> Result<Receipt, VarveError> {
        let outcome: Receipt.Outcome
        switch result.outcome {
        case .created, .recorded: outcome = .created
        case .updated: outcome = .updated
        case .deleted: outcome = .deleted
        case .absent: outcome = .notFound
        case .conflict(let conflict): return .failure(VarveError(conflict, id: id))
        }
        return .success(
            Receipt(id: id, outcome: outcome, sequenceNumber: result.sequence, version: result.version))
    }

    /// Waits while the memory for writes or the log's queue is used up.
    private func waitForRoom(_ shard: Shard, operations: Int, bytes: Int) async throws(VarveError) {
        while let event = shard.roomEvent(operations: operations, bytes: bytes) {
            await withCheckedContinuation { continuation in event.whenSet { continuation.resume() } }
            if let failure = shard.failure { throw VarveError(failure) }
        }
    }

    private func acknowledged(_ shard: Shard, _ ticket: WriteTicket) async throws(VarveError) {
        let outcome: Result<Void, EngineError> = await withCheckedContinuation { continuation in
            shard.whenAcknowledged(ticket) { continuation.resume(returning: $0) }
        }
        do throws(EngineError) { try outcome.get() } catch { throw VarveError(error) }
    }
}
