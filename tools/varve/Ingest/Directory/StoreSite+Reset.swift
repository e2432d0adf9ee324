import Varve
import VarveIngest

/// Moving pointers in a directory.
extension StoreSite {
    func reset(_ request: ResetRequest) async throws -> [ResetMove] {
        guard index.storedIngestion != nil else { return try await resetFile(request) }
        guard index.ingestionRecord.isPaused else { throw CommandFailure.isNotPaused }
        let ingestion = try await run()
        if let failure = ingestion.failure { throw CommandFailure.no(failure.reason) }
        let targets = try request.targets(
            among: ingestion.partitions.map { ($0.shard, $0.partition) })
        let position = try Self.position(request.position, of: ingestion)
        return try await move(targets, to: position, request, ingestion) { pointer, partition in
            ingestion.text(pointer, partition: partition)
        }
    }

    private static func position(_ typed: Position, of ingestion: Ingestion) throws -> StartPosition {
        guard case .pointer(let text) = typed else { return try typed.plain() }
        return .pointer(try ingestion.pointer(text: text).pointer)
    }

    /// An index whose settings name no source: there is one partition at most, and nobody has paused it.
    private func resetFile(_ request: ResetRequest) async throws -> [ResetMove] {
        let position = try request.position.plain()
        if source == nil {
            switch position {
            case .earliest, .pointer: break
            case .latest, .timestamp:
                throw CommandFailure.badInput("only the source knows where that is: give --source file:PATH")
            }
        }
        let parked = ParkedSource(positions: source?.source)
        do { _ = try await parked.resolve(position) } catch { throw CommandFailure.badInput("\(error)") }
        let known = index.positions.enumerated().flatMap { shard, found in
            found.map { (shard: shard, partition: $0.partition) }
        }
        let targets = try request.targets(among: known)
        let ingestion = try await index.ingest(from: parked, startingAt: position)
        _ = await ingestion.settled()
        do {
            try await ingestion.pause()
            let moves = try await move(targets, to: position, request, ingestion) { pointer, _ in "\(pointer)"
            }
            await ingestion.close()
            return moves
        } catch {
            await ingestion.close()
            throw error
        }
    }

    private func move(
        _ targets: [(shard: Int, partition: UInt32)], to position: StartPosition, _ request: ResetRequest,
        _ ingestion: Ingestion, text: (StreamPointer, UInt32) -> String
    ) async throws -> [ResetMove] {
        let resets = targets.map { IngestionReset(shard: $0.shard, partition: $0.partition, to: position) }
        let answers = try await ingestion.reset(
            resets, allowsSkip: request.allowsSkip, isDryRun: request.isDryRun)
        return answers.map { answer in
            ResetMove(
                shard: answer.shard, partition: answer.partition,
                old: answer.old.map { text($0, answer.partition) }, new: text(answer.new, answer.partition))
        }
    }
}
