import Varve
import VarveIngest

/// Dropped messages in a directory.
extension StoreSite {
    func letters(after id: String?, limit: Int) async throws -> LetterPage {
        let found = try index.droppedMessages(after: id, limit: limit)
        return LetterPage(
            letters: found.messages.map { Letter($0) }, total: found.total, evicted: found.evicted,
            next: found.next)
    }

    func letter(_ id: String) async throws -> Letter {
        guard let message = try index.droppedMessage(id) else {
            throw CommandFailure.no("no dropped message [\(id)] is kept")
        }
        return Letter(message)
    }

    func retry(_ ids: [String]?) async throws -> LetterOutcome {
        let outcome = try await index.retryDroppedMessages(ids)
        return LetterOutcome(settled: outcome.settled, failed: outcome.failed)
    }

    func purge(_ ids: [String]?) async throws -> Int { try await index.purgeDroppedMessages(ids) }
}

extension Letter {
    fileprivate init(_ message: DroppedMessage) {
        self.init(
            id: message.id, shard: message.shard, partition: message.partition, place: message.place,
            stage: message.stage.rawValue, type: message.errorType, reason: message.reason,
            attempts: message.attempts, keptAt: Int(message.keptAt),
            messageTime: message.timestamp > 0 ? Int(message.timestamp) : nil, key: message.key,
            payload: message.isTombstone ? nil : message.payload, isCut: message.isCut)
    }
}
