import VarveQuery

/// `_source` in all its forms: a flag, a pattern, a list of patterns, includes and excludes.
enum SourceFilterReader {
    static func read(_ parameters: Parameters) throws(RESTError) -> SourceFilter {
        try readIfGiven(parameters) ?? .all
    }

    /// Nil if no parameter says anything.
    static func readIfGiven(_ parameters: Parameters) throws(RESTError) -> SourceFilter? {
        var includes = parameters.list("_source_includes")
        let excludes = parameters.list("_source_excludes")
        switch parameters.query["_source"] {
        case nil: if includes == nil && excludes == nil { return nil }
        case "true", "": break
        case "false": return SourceFilter.none
        default: includes = parameters.list("_source")
        }
        return SourceFilter(includes: includes ?? [], excludes: excludes ?? [])
    }

    static func read(_ node: JSONNode) throws(RESTError) -> SourceFilter {
        switch node.value {
        case .boolean(let flag): return flag ? .all : .none
        case .string(let pattern): return SourceFilter(includes: [pattern])
        case .array: return SourceFilter(includes: try patterns(node))
        case .object(let members):
            var filter = SourceFilter()
            for member in members {
                switch member.key {
                case "includes", "include": filter.includes = try patterns(member.value)
                case "excludes", "exclude": filter.excludes = try patterns(member.value)
                default:
                    throw RESTError(
                        400, "parsing_exception",
                        "Unknown key for a \(member.value.token) in [\(member.key)].")
                }
            }
            return filter
        default:
            throw RESTError(
                400, "parsing_exception",
                "Expected one of [VALUE_BOOLEAN, VALUE_STRING, START_ARRAY, START_OBJECT] but found "
                    + "[\(node.token)]")
        }
    }

    private static func patterns(_ node: JSONNode) throws(RESTError) -> [String] {
        if let pattern = node.string { return [pattern] }
        var found: [String] = []
        for element in node.elements ?? [] {
            guard let pattern = element.string else {
                throw RESTError(
                    400, "parsing_exception", "Unknown key for a \(element.token) in [_source].")
            }
            found.append(pattern)
        }
        return found
    }
}
