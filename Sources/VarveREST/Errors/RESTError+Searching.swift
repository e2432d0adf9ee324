import VarveDocument

/// What failed on shards, which OpenSearch wraps once more.
extension RESTError {
    /// - Parameter isServerType: The cause is a type of OpenSearch's own, which is not repeated as `caused_by`.
    static func allShardsFailed(
        _ status: Int, _ cause: ErrorDetail, index: String, shard: Int = 0, node: String,
        phase: String = "query", isServerType: Bool = false
    ) -> RESTError {
        shardsFailed(
            status, cause, index: index, shard: shard, node: node, phase: phase, isServerType: isServerType)
    }

    /// - Parameter reason: `Partial shards failure` if only some failed, and all were wanted.
    static func shardsFailed(
        _ status: Int, _ cause: ErrorDetail, index: String, shard: Int = 0, node: String,
        phase: String = "query", reason: String = "all shards failed", isServerType: Bool = false
    ) -> RESTError {
        let failure = JSONValue.object([
            .init("shard", .integer(Int64(shard))), .init("index", .string(index)),
            .init("node", .string(node)), .init("reason", cause.json),
        ])
        let detail = ErrorDetail(
            "search_phase_execution_exception", reason,
            extra: [
                .init("phase", .string(phase)), .init("grouped", .boolean(true)),
                .init("failed_shards", .array([failure])),
            ],
            cause: isServerType
                ? nil : ErrorDetail(cause.type, cause.reason, cause: ErrorDetail(cause.type, cause.reason)))
        return RESTError(status, detail, root: [cause])
    }
}

extension ErrorDetail {
    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", .string(type)), .init("reason", .string(reason)),
        ]
        members += extra
        if let cause { members.append(.init("caused_by", cause.json)) }
        return .object(members)
    }
}
