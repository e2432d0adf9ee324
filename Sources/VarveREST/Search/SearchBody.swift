import Varve
import VarveQuery

/// A search as body and parameters state it.
struct SearchBody: Sendable {
    /// The point in time that is searched.
    struct PointInTimeClause: Sendable {
        var id: String
        var keepAlive: TimeValue?
    }

    /// A part of a point in time.
    struct SliceClause: Sendable {
        var slice: SearchSlice
        var field: String?
    }

    var query = Query.all
    var from = 0
    var size = 10
    var sort: [SortReader.Key]?
    var after: [SortValue]?
    var totalHits = TotalHitsTracking.upTo(10_000)
    var isTotalGiven = false
    var source = SourceFilter.all
    var pointInTime: PointInTimeClause?
    var slice: SliceClause?
    var aggregations: [AggregationClause] = []
    /// Names of aggregations carry their types.
    var typesKeys = false
    /// Keys that the library does not do, in the order of the text, with the error for each.
    private(set) var refused: [(key: String, error: RESTError)] = []
    var showsVersion = false
    var showsSequence = false
    var tracksScores = false
    var minimumScore: Float?

    /// Whether hits bear their ids: not if nothing stored is wanted of them.
    var showsID = true
    var details = SearchDetails()
    /// Whether an answer may be of a part of the documents, if time is over before all were searched.
    var allowsPartial = true
    /// Buckets that all aggregations together may answer with.
    var bucketsMax = 65_535

    private static let unsupported: Set<String> = [
        "highlight", "suggest", "rescore", "collapse", "script_fields", "derived",
        "search_pipeline", "indices_boost", "ext",
    ]

    init() {}

    init(_ body: JSONBody?) throws(RESTError) {
        guard let body else { return }
        guard let members = body.root.members else {
            throw RESTError(
                400, "parsing_exception", "Expected [START_OBJECT] but found [\(body.root.token)]")
        }
        for member in members { try read(member, body) }
    }

    private mutating func read(_ member: JSONNode.Member, _ body: JSONBody) throws(RESTError) {
        let node = member.value
        switch member.key {
        case "query":
            query = try QueryReader(body).read(node).query
            details.namedQueries = try NamedQueryReader(body: body).read(node) + details.namedQueries
        case "from": from = try Self.count(node, "from", body)
        case "size": size = try Self.count(node, "size", body)
        case "sort": sort = try SortReader.read(node, body)
        case "search_after": after = try Self.cursor(node, body)
        case "track_total_hits": try readTotal(node)
        case "_source": source = try SourceFilterReader.read(node)
        case "slice": slice = try SliceReader(body).read(node)
        case "pit": pointInTime = try Self.pointInTime(node, body)
        case "aggs", "aggregations":
            guard aggregations.isEmpty else {
                throw QueryReader(body).parsing("Found two [aggs] in one search", at: node.start)
            }
            aggregations = try AggregationReader(body).read(node)
        case "version": showsVersion = node.boolean ?? false
        case "seq_no_primary_term": showsSequence = node.boolean ?? false
        case "track_scores": tracksScores = node.boolean ?? false
        case "min_score": minimumScore = try QueryReader(body).number(node, "min_score", "search")
        case "post_filter":
            details.postFilter = try QueryReader(body).read(node).query
            details.namedQueries += try NamedQueryReader(body: body).read(node)
        case "fields": details.fields = try FieldSelectionReader(body: body, name: "fields").read(node)
        case "docvalue_fields":
            details.columns = try FieldSelectionReader(body: body, name: "docvalue_fields").read(node)
        case "stored_fields": try setStored(node.elements?.compactMap(\.string) ?? [node.string ?? ""])
        case "timeout": try setTimeout(node.scalarText ?? "")
        case "terminate_after": try setTermination(try Self.number(node, "terminate_after", body))
        case "stats":
            guard node.elements?.allSatisfy({ $0.string != nil }) == true else {
                throw QueryReader(body).parsing(
                    "Unknown key for a \(node.token) in [stats].", at: node.start)
            }
        case "explain", "profile", "include_named_queries_score":
            if node.boolean != false { refuse(member.key, node, body) }
        default:
            if Self.unsupported.contains(member.key) {
                refuse(member.key, node, body)
                return
            }
            throw QueryReader(body).parsing(
                "Unknown key for a \(node.token) in [\(member.key)].", at: node.start)
        }
    }

    private mutating func refuse(_ key: String, _ node: JSONNode, _ body: JSONBody) {
        refused.append((key, QueryReader(body).parsing("[\(key)] is not supported", at: node.start)))
    }

    private static func number(_ node: JSONNode, _ name: String, _ body: JSONBody) throws(RESTError) -> Int {
        guard let count = node.integer else {
            throw QueryReader(body).parsing(
                "Unknown key for a \(node.token) in [\(name)].", at: node.start)
        }
        return count
    }

    private static func count(_ node: JSONNode, _ name: String, _ body: JSONBody) throws(RESTError) -> Int {
        let count = try number(node, name, body)
        guard count >= 0 else { throw negative(name, count) }
        return count
    }

    private static func negative(_ name: String, _ count: Int) -> RESTError {
        .illegalArgument("[\(name)] parameter cannot be negative, found [\(count)]")
    }

    private static func cursor(_ node: JSONNode, _ body: JSONBody) throws(RESTError) -> [SortValue] {
        func refuse(_ found: JSONNode) -> RESTError {
            QueryReader(body).parsing(
                "Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or [VALUE_NULL] but found "
                    + "[\(found.token)] inside search_after.", at: found.start)
        }
        guard let elements = node.elements else {
            throw QueryReader(body).parsing(
                "Unknown key for a \(node.token) in [search_after].", at: node.start)
        }
        if elements.isEmpty { throw .illegalArgument("Values must contains at least one value.") }
        var values: [SortValue] = []
        for element in elements {
            switch element.value {
            case .null: values.append(.missing)
            case .boolean(let flag): values.append(.boolean(flag))
            case .integer(let number): values.append(.integer(number))
            case .real(let number): values.append(.double(number))
            case .string("Infinity"): values.append(.double(.infinity))
            case .string("-Infinity"): values.append(.double(-.infinity))
            case .string(let text): values.append(.string(text))
            case .array, .object: throw refuse(element)
            }
        }
        return values
    }

    private mutating func readTotal(_ node: JSONNode) throws(RESTError) {
        isTotalGiven = true
        if let flag = node.boolean {
            totalHits = flag ? .exact : .none
        } else if let limit = node.integer {
            try setTotal(limit)
        } else {
            throw .illegalArgument("[track_total_hits] must be a boolean or a number")
        }
    }

    private mutating func setTotal(_ limit: Int) throws(RESTError) {
        guard limit >= -1 else {
            throw .illegalArgument(
                "[track_total_hits] parameter must be positive or equals to -1, got \(limit)")
        }
        totalHits = limit == -1 ? .none : .upTo(limit)
    }

    private static func pointInTime(
        _ node: JSONNode, _ body: JSONBody
    ) throws(RESTError) -> PointInTimeClause {
        var id: String?
        var keepAlive: TimeValue?
        func failure(_ name: String, _ value: JSONNode, _ text: String, _ cause: ErrorDetail?) -> RESTError {
            let (line, column) = body.position(of: value.start)
            return RESTError(
                400,
                ErrorDetail("x_content_parse_exception", "[\(line):\(column)] \(text)", cause: cause))
        }
        guard let members = node.members else {
            throw QueryReader(body).parsing("Unknown key for a \(node.token) in [pit].", at: node.start)
        }
        for member in members {
            switch member.key {
            case "id":
                guard let text = member.value.string else {
                    throw failure(
                        "id", member.value,
                        "[pit] id doesn't support values of type: \(member.value.token)", nil)
                }
                id = text
            case "keep_alive":
                guard let text = member.value.string else {
                    throw failure(
                        "keep_alive", member.value,
                        "[pit] keep_alive doesn't support values of type: \(member.value.token)", nil)
                }
                do throws(RESTError) { keepAlive = try TimeValue(text, setting: "keep_alive") } catch {
                    throw failure(
                        "keep_alive", member.value, "[pit] failed to parse field [keep_alive]", error.detail)
                }
            default:
                let (line, column) = body.position(of: body.keyStart(of: member.value))
                throw RESTError(
                    400, "x_content_parse_exception",
                    "[\(line):\(column)] [pit] unknown field [\(member.key)]"
                        + Suggestion.text(for: member.key, among: ["id", "keep_alive"]))
            }
        }
        guard let id else { throw .illegalArgument("point int time id is not provided") }
        return PointInTimeClause(id: id, keepAlive: keepAlive)
    }

    /// Whether the best come first and nothing else orders them: then hits show no sort values.
    var sortsByScore: Bool {
        guard let sort, !sort.isEmpty else { return true }
        guard after == nil, sort.count == 1, case .score(.descending) = sort[0] else { return false }
        return true
    }

    // MARK: Parameters

    /// What the URL says wins over the body.
    mutating func read(_ parameters: Parameters) throws(RESTError) {
        if let query = try URLQuery.read(parameters) { self.query = query }
        if let count = try parameters.integer("from") {
            if count < 0 { throw Self.negative("from", count) }
            from = count
        }
        if let count = try parameters.integer("size") {
            if count < 0 { throw Self.negative("size", count) }
            size = count
        }
        try readDetails(parameters)
        if let text = parameters.query["sort"] { sort = SortReader.read(text) }
        if let filter = try SourceFilterReader.readIfGiven(parameters) { source = filter }
        if let text = parameters.query["track_total_hits"] {
            isTotalGiven = true
            switch text {
            case "", "true": totalHits = .exact
            case "false": totalHits = .none
            default: try setTotal(try parameters.integer("track_total_hits") ?? 0)
            }
        }
        showsVersion = try parameters.boolean("version", default: showsVersion)
        showsSequence = try parameters.boolean("seq_no_primary_term", default: showsSequence)
        typesKeys = try parameters.boolean("typed_keys")
        tracksScores = try parameters.boolean("track_scores", default: tracksScores)
        if try parameters.boolean("rest_total_hits_as_int") {
            if !isTotalGiven {
                totalHits = .exact
            } else if case .upTo(let limit) = totalHits {
                throw .illegalArgument(
                    "[rest_total_hits_as_int] cannot be used if the tracking of total hits is not accurate, "
                        + "got \(limit)")
            }
        }
    }
}
