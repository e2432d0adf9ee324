import Varve
import VarveBytes
import VarveQuery

/// A search over a point in time.
struct PointInTimeSearch {
    private let call: Call
    private let body: SearchBody
    private let clause: SearchBody.PointInTimeClause

    init(_ call: Call, _ body: SearchBody, _ clause: SearchBody.PointInTimeClause) {
        self.call = call
        self.body = body
        self.clause = clause
    }

    func answer(
        since start: ContinuousClock.Instant, isTotalNumber: Bool
    ) async throws(RESTError) -> RESTResponse {
        let id = try PointInTimeHandlers.parse(clause.id, call.store)
        let pointInTime = PointInTime(call.store, id)
        guard let info = pointInTime.info else { throw missing(id, index: "_na_") }
        let names = info.pins.map(\.index)
        if let deleted = info.pins.first(where: { $0.index == nil }) {
            throw .noSuchIndex(deleted.deletedIndex ?? "_na_")
        }
        let context = SearchFailureContext(
            index: names.first.flatMap { $0 } ?? "_na_",
            uuid: names.first.flatMap { $0 }.flatMap { try? call.store.index($0).wireUUID } ?? "_na_",
            node: call.service.nodeID)
        if let keepAlive = clause.keepAlive, let error = PointInTimeHandlers.tooLong(keepAlive, call.store) {
            throw .allShardsFailed(400, error.detail, index: context.index, node: context.node)
        }
        let window = Set(names).compactMap { $0.flatMap { try? call.store.index($0).resultWindow } }.min()
        let request = try SearchTranslation(body).request(window: window ?? 10_000, context)
        let found: (result: SearchResult, indices: [Index])
        do {
            found = try await pointInTime.searchNamingIndices(
                request, keepAlive: clause.keepAlive.map { .milliseconds($0.milliseconds) })
        } catch {
            if error.kind == .expired { throw missing(id, index: context.index) }
            throw context.error(error)
        }
        return SearchRendering(body, shards: found.indices.map(\.name)).response(
            found.result, pointInTime: clause.id, since: start, isTotalNumber: isTotalNumber)
    }

    private func missing(_ id: PointInTimeID, index: String) -> RESTError {
        .allShardsFailed(
            404,
            ErrorDetail(
                "search_context_missing_exception",
                "No search context found for id [\(id.random.low >> 11)]"),
            index: index, node: call.service.nodeID, isServerType: true)
    }
}
