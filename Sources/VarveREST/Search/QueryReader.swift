import Varve
import VarveQuery

/// The query language of OpenSearch, as far as the library answers it. What it does not is refused by name.
struct QueryReader {
    let body: JSONBody

    struct Reading {
        var query: Query
    }

    private static let supported: Set<String> = [
        "match_all", "match_none", "ids", "term", "terms", "range", "exists", "prefix", "wildcard", "regexp",
        "fuzzy", "match", "match_phrase", "multi_match", "bool", "constant_score", "dis_max",
    ]
    /// All names that OpenSearch knows, for suggestions and for telling "unknown" from "not supported".
    private static let known = [
        "bool", "boosting", "combined_fields", "common", "constant_score", "dis_max", "distance_feature",
        "exists", "field_masking_span", "function_score", "fuzzy", "geo_bounding_box", "geo_distance",
        "geo_polygon", "geo_shape", "has_child", "has_parent", "hybrid", "ids", "intervals", "knn", "match",
        "match_all", "match_bool_prefix", "match_none", "match_phrase", "match_phrase_prefix",
        "more_like_this", "multi_match", "nested", "neural", "parent_id", "percolate", "prefix",
        "query_string", "range", "rank_feature", "regexp", "script", "script_score", "simple_query_string",
        "span_containing", "span_first", "span_gap", "span_multi", "span_near", "span_not", "span_or",
        "span_term", "span_within", "template", "term", "terms", "terms_set", "wildcard", "wrapper",
        "xy_shape",
    ]

    init(_ body: JSONBody) { self.body = body }

    func read(_ node: JSONNode) throws(RESTError) -> Reading {
        guard let members = node.members else {
            throw parsing("[_na] query malformed, must start with start_object", at: node.start)
        }
        guard let first = members.first else {
            let (line, column) = body.position(of: node.end - 1)
            throw .illegalArgument("query malformed, empty clause found at [\(line):\(column)]")
        }
        let name = first.key
        guard first.value.members != nil else {
            throw parsing(
                "[\(name)] query malformed, no start_object after query name", at: first.value.start)
        }
        guard Self.supported.contains(name) else { throw unknown(name, at: first.value.start) }
        let reading = try read(name, first.value)
        if members.count > 1 {
            throw parsing(
                "[\(name)] malformed query, expected [END_OBJECT] but found [FIELD_NAME]",
                at: body.keyStart(of: members[1].value))
        }
        return reading
    }

    private func read(_ name: String, _ node: JSONNode) throws(RESTError) -> Reading {
        switch name {
        case "match_all": return Reading(query: Query.all.boosted(by: try boost(of: node, name, allowed: [])))
        case "match_none":
            return Reading(query: Query.none.boosted(by: try boost(of: node, name, allowed: [])))
        case "ids": return try ids(node)
        case "exists": return try exists(node)
        case "terms": return try terms(node)
        case "multi_match": return Reading(query: try multiMatch(node))
        case "bool": return Reading(query: try bool(node))
        case "dis_max": return Reading(query: try disMax(node))
        case "constant_score": return Reading(query: try constantScore(node))
        default: return try field(name, node)
        }
    }

    // MARK: Queries on one field

    private func field(_ name: String, _ node: JSONNode) throws(RESTError) -> Reading {
        var found: (field: String, value: JSONNode)?
        for member in node.members ?? [] where member.key != "boost" && member.key != "_name" {
            if let first = found?.field {
                throw parsing(
                    "[\(name)] query doesn't support multiple fields, found [\(first)] and [\(member.key)]",
                    at: member.value.start)
            }
            found = (member.key, member.value)
        }
        guard let (field, value) = found else {
            throw .illegalArgument("field name is null or empty")
        }
        if value.elements != nil {
            throw parsing("[\(name)] query does not support array of values", at: value.start)
        }
        switch name {
        case "range": return try range(field, value)
        case "fuzzy": return Reading(query: try fuzzy(field, value))
        case "match": return Reading(query: try match(field, value))
        case "match_phrase": return Reading(query: try phrase(field, value))
        default: return Reading(query: try pattern(name, field, value))
        }
    }

    private func range(_ field: String, _ node: JSONNode) throws(RESTError) -> Reading {
        var bounds = QueryBounds()
        let allowed: Set<String> = [
            "gt", "gte", "lt", "lte", "from", "to", "include_lower", "include_upper", "time_zone", "format",
            "relation",
        ]
        guard node.members != nil else {
            throw parsing("[range] query malformed, no start_object after query name", at: node.start)
        }
        let boost = try boost(of: node, "range", allowed: allowed)
        for member in node.members ?? [] where !member.value.isNull {
            switch member.key {
            case "gt": bounds.lower = .excluding(try value(member.value, "range"))
            case "gte": bounds.lower = .including(try value(member.value, "range"))
            case "lt": bounds.upper = .excluding(try value(member.value, "range"))
            case "lte": bounds.upper = .including(try value(member.value, "range"))
            case "from":
                let isOpen = node["include_lower"]?.boolean == false
                let bound = try value(member.value, "range")
                bounds.lower = isOpen ? .excluding(bound) : .including(bound)
            case "to":
                let isOpen = node["include_upper"]?.boolean == false
                let bound = try value(member.value, "range")
                bounds.upper = isOpen ? .excluding(bound) : .including(bound)
            case "time_zone": bounds.timeZone = member.value.scalarText
            case "format": bounds.format = member.value.scalarText
            default: break
            }
        }
        return Reading(query: Query.range(field, bounds).boosted(by: boost))
    }

    func minimum(_ text: String) throws(RESTError) -> MinimumShouldMatch {
        guard let rule = MinimumShouldMatch(text) else {
            throw .illegalArgument(
                "Failed to parse value [\(text)] for [minimum_should_match]",
                cause: ErrorDetail("number_format_exception", "For input string: \"\(text)\""))
        }
        return rule
    }

    // MARK: Other queries

    private func ids(_ node: JSONNode) throws(RESTError) -> Reading {
        let boost = try boost(of: node, "ids", allowed: ["values", "type"])
        guard let values = node["values"] else {
            throw parsing("[ids] requires providing ids values", at: node.start)
        }
        return Reading(
            query: Query.ids((values.elements ?? [values]).compactMap(\.scalarText)).boosted(by: boost))
    }

    private func exists(_ node: JSONNode) throws(RESTError) -> Reading {
        let boost = try boost(of: node, "exists", allowed: ["field"])
        guard let field = node["field"]?.string else {
            throw parsing("[exists] must be provided with a [field]", at: node.start)
        }
        return Reading(query: Query.exists(field).boosted(by: boost))
    }

    private func terms(_ node: JSONNode) throws(RESTError) -> Reading {
        var found: (String, [QueryValue])?
        for member in node.members ?? [] where member.key != "boost" && member.key != "_name" {
            if member.key == "value_type" { continue }
            if let first = found?.0 {
                throw parsing(
                    "[terms] query doesn't support multiple fields, found [\(first)] and [\(member.key)]",
                    at: member.value.start)
            }
            guard let values = try termValues(member.value) else {
                throw parsing(
                    member.value.members == nil
                        ? "[terms] query does not support [\(member.key)]"
                        : "[terms] query lookup element requires specifying the index, id and path.",
                    at: member.value.start)
            }
            guard values.count <= 65_536 else {
                throw .illegalArgument(
                    "The number of terms [\(values.count)] used in the Terms Query request has exceeded the "
                        + "allowed maximum of [65536]. This maximum can be set by changing the "
                        + "[index.max_terms_count] index level setting.")
            }
            found = (member.key, values)
        }
        guard let (field, values) = found else {
            throw parsing(
                "[terms] query requires a field name, followed by array of terms or a document lookup "
                    + "specification", at: node.end - 1)
        }
        let boost = try boost(of: node, "terms", allowed: [field, "value_type"])
        return Reading(query: Query.terms(field, values).boosted(by: boost))
    }

    /// A list, or what a document was looked up for; nil if it is neither.
    private func termValues(_ node: JSONNode) throws(RESTError) -> [QueryValue]? {
        if let values = body.lookups[node.start] { return values }
        guard let elements = node.elements else { return nil }
        var values: [QueryValue] = []
        for element in elements { values.append(try value(element, "terms")) }
        return values
    }

    // MARK: Parts

    func value(_ node: JSONNode, _ name: String) throws(RESTError) -> QueryValue {
        switch node.value {
        case .string(let text): return .string(text)
        case .integer(let number): return .integer(number)
        case .real(let number): return .double(number)
        case .boolean(let flag): return .boolean(flag)
        case .null: throw .illegalArgument("value cannot be null")
        case .array, .object:
            throw parsing("[\(name)] unknown token [\(node.token)] after [\(name)]", at: node.start)
        }
    }

    /// Checks that nothing else is said, and answers the boost.
    func boost(of node: JSONNode, _ name: String, allowed: Set<String>) throws(RESTError) -> Float {
        var boost: Float = 1
        for member in node.members ?? [] {
            switch member.key {
            case "boost":
                boost = try number(member.value, "boost", name)
                if boost < 0 {
                    throw .illegalArgument(
                        "negative [boost] are not allowed in [\(name)], use a value between 0 and 1 to deboost"
                    )
                }
            case "_name": break
            default:
                guard allowed.contains(member.key) else {
                    throw parsing("[\(name)] query does not support [\(member.key)]", at: member.value.start)
                }
            }
        }
        return boost
    }

    func parsing(_ reason: String, at offset: Int, cause: ErrorDetail? = nil) -> RESTError {
        let (line, column) = body.position(of: offset)
        return RESTError(
            400,
            ErrorDetail(
                "parsing_exception", reason,
                extra: [.init("line", .integer(Int64(line))), .init("col", .integer(Int64(column)))],
                cause: cause))
    }

    private func unknown(_ name: String, at offset: Int) -> RESTError {
        if Self.known.contains(name) {
            return parsing("[\(name)] query is not supported", at: offset)
        }
        let (line, column) = body.position(of: offset)
        return parsing(
            "unknown query [\(name)]" + Suggestion.text(for: name, among: Self.known), at: offset,
            cause: ErrorDetail(
                "named_object_not_found_exception", "[\(line):\(column)] unknown field [\(name)]"))
    }
}
