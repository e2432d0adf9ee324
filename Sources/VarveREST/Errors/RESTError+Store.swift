import Varve
import VarveDocument

/// The one place where errors of the library become OpenSearch's.
extension RESTError {
    init(_ error: VarveError) {
        if let document = error.cause as? DocumentError {
            self.init(document)
            return
        }
        switch error.kind {
        case .notFound: self.init(404, "resource_not_found_exception", error.message)
        case .expired: self.init(404, "search_context_missing_exception", error.message)
        case .conflict: self.init(409, "version_conflict_engine_exception", error.message)
        case .invalid: self = .illegalArgument(error.message)
        case .unavailable: self.init(429, "rejected_execution_exception", error.message)
        case .closed: self.init(503, "node_closed_exception", error.message)
        default: self.init(500, "exception", error.message)
        }
    }

    init(_ error: DocumentError) {
        let cause = error.cause.map { ErrorDetail(Self.causeType(of: error), $0) }
        switch error.kind {
        case .malformedJSON, .invalidUTF8, .notAnObject:
            self.init(
                400,
                ErrorDetail(
                    "mapper_parsing_exception", "failed to parse",
                    cause: cause ?? ErrorDetail("json_parse_exception", error.message)))
        case .wrongType, .objectConflict:
            self.init(400, ErrorDetail("mapper_parsing_exception", error.message, cause: cause))
        case .invalidMapping:
            self.init(400, ErrorDetail("mapper_parsing_exception", error.message, cause: cause))
        case .strictMapping:
            self.init(400, ErrorDetail("strict_dynamic_mapping_exception", error.message, cause: cause))
        case .fieldLimit, .mappingConflict, .limit, .invalidOperation, .invalidID:
            self.init(400, ErrorDetail("illegal_argument_exception", error.message, cause: cause))
        }
    }

    /// What is wrong with a body that is no JSON, and in which line and column.
    static func notJSON(_ error: DocumentError, _ bytes: [UInt8]) -> ErrorDetail {
        guard let offset = error.offset else { return ErrorDetail("json_parse_exception", error.description) }
        let before = bytes.prefix(min(offset, bytes.count))
        let line = before.count { $0 == 0x0A } + 1
        let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        let rule = error.message.split(separator: " (at byte ")[0]
        return ErrorDetail(
            "json_parse_exception",
            "\(rule)\n at [Source: the request's body; line: \(line), column: \(column)]")
    }

    private static func causeType(of error: DocumentError) -> String {
        error.cause?.hasPrefix("For input string") == true
            ? "number_format_exception" : "illegal_argument_exception"
    }

    /// A conflict says which index and shard it was in.
    static func conflict(_ reason: String, in index: Index, shard: Int = 0) -> RESTError {
        RESTError(
            409,
            ErrorDetail(
                "version_conflict_engine_exception", reason,
                extra: [
                    .init("index", .string(index.name)), .init("shard", .string(String(shard))),
                    .init("index_uuid", .string(index.wireUUID)),
                ]))
    }
}
