import Varve
import VarveDocument
import VarveQuery

/// Where a search failed, for the error that wraps what shards say.
struct SearchFailureContext: Sendable {
    var index: String
    var uuid: String
    var node: String

    func shardFailure(
        _ status: Int, _ type: String, _ reason: String, isServerType: Bool = false
    ) -> RESTError {
        .allShardsFailed(
            status, ErrorDetail(type, reason), index: index, node: node, isServerType: isServerType)
    }

    func error(_ error: VarveError) -> RESTError {
        guard let query = error.cause as? QueryError else { return RESTError(error) }
        switch query.kind {
        case .unknownSortField:
            return shardError("No mapping found for [\(query.field ?? "")] in order to sort on")
        case .unsortableField where query.message.contains("text field"):
            return shardFailure(
                400, "illegal_argument_exception",
                "Text fields are not optimised for operations that require per-document field data like "
                    + "aggregations and sorting, so these operations are disabled by default. Please use a "
                    + "keyword field instead. Alternatively, set fielddata=true on [\(query.field ?? "")] in "
                    + "order to load field data by uninverting the inverted index. Note that this can use "
                    + "significant memory.")
        case .invalidCursor where query.field != nil:
            return shardFailure(
                400, "illegal_argument_exception",
                "Failed to parse search_after value for field [\(query.field ?? "")].")
        case .invalidDate:
            return .allShardsFailed(
                400, ErrorDetail("parse_exception", query.message), index: index, node: node,
                isServerType: true)
        case .tooManyBuckets: return tooManyBuckets(query.message, most: query.limit ?? 0)
        case .invalidValue: return shardError("failed to create query: " + query.message)
        default: return shardFailure(400, "illegal_argument_exception", query.message)
        }
    }

    /// It shows once all shards have answered. OpenSearch answers 503, which clients try again: the mistake is theirs.
    private func tooManyBuckets(_ reason: String, most: Int) -> RESTError {
        let cause = ErrorDetail(
            "too_many_buckets_exception", reason, extra: [.init("max_buckets", .integer(Int64(most)))])
        let detail = ErrorDetail(
            "search_phase_execution_exception", "",
            extra: [
                .init("phase", .string("fetch")), .init("grouped", .boolean(true)),
                .init("failed_shards", .array([])),
            ], cause: cause)
        return RESTError(400, detail, root: [])
    }

    private func shardError(_ reason: String) -> RESTError {
        .allShardsFailed(
            400,
            ErrorDetail(
                "query_shard_exception", reason,
                extra: [.init("index", .string(index)), .init("index_uuid", .string(uuid))]),
            index: index, node: node, isServerType: true)
    }
}
