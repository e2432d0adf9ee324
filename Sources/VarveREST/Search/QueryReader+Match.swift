import Varve
import VarveDocument
import VarveQuery

/// Queries whose text is cut into tokens: `match`, `match_phrase`, `multi_match`.
extension QueryReader {
    private static let matchKeys: Set<String> = [
        "query", "operator", "minimum_should_match", "lenient", "zero_terms_query", "analyzer", "fuzziness",
        "prefix_length", "max_expansions", "fuzzy_transpositions", "auto_generate_synonyms_phrase_query",
    ]

    func match(_ field: String, _ node: JSONNode) throws(RESTError) -> Query {
        guard node.members != nil else { return .match(field, try value(node, "match")) }
        let boost = try boost(of: node, "match", allowed: Self.matchKeys)
        guard let inner = node["query"] else { throw .illegalArgument("[match] requires query value") }
        let options = try matchOptions(node, "match")
        return .match(field, try value(inner, "match"), options: options).boosted(by: boost)
    }

    func phrase(_ field: String, _ node: JSONNode) throws(RESTError) -> Query {
        let name = "match_phrase"
        guard node.members != nil else { return .phrase(field, try value(node, name)) }
        let boost = try boost(of: node, name, allowed: ["query", "slop", "analyzer", "zero_terms_query"])
        guard let inner = node["query"] else { throw .illegalArgument("[\(name)] requires query value") }
        return .phrase(field, try value(inner, name), try phraseOptions(node, name)).boosted(by: boost)
    }

    /// The best of its fields, or the sum of them.
    func multiMatch(_ node: JSONNode) throws(RESTError) -> Query {
        let name = "multi_match"
        let boost = try boost(
            of: node, name, allowed: Self.matchKeys.union(["fields", "type", "tie_breaker", "slop"]))
        guard let inner = node["query"] else {
            throw parsing("No text specified for multi_match query", at: node.end - 1)
        }
        let text = try value(inner, name)
        let fields = try weighted(node["fields"])
        let type = node["type"]?.string?.lowercased() ?? "best_fields"
        var queries: [Query] = []
        switch type {
        case "best_fields", "most_fields":
            let options = try matchOptions(node, name)
            for (field, weight) in fields {
                queries.append(.match(field, text, options: options).boosted(by: weight))
            }
        case "phrase":
            let options = try phraseOptions(node, name)
            for (field, weight) in fields {
                queries.append(.phrase(field, text, options).boosted(by: weight))
            }
        case "cross_fields", "phrase_prefix", "bool_prefix":
            throw .illegalArgument("[multi_match] query with [type] of [\(type)] is not supported")
        default:
            throw parsing(
                "failed to parse [multi_match] query type [\(type)]. unknown type.",
                at: node["type"]?.start ?? node.start)
        }
        var share: Float = type == "most_fields" ? 1 : 0
        if let given = node["tie_breaker"] { share = try number(given, "tie_breaker", name) }
        return .best(of: queries, tieBreaker: share).boosted(by: boost)
    }

    /// Field names with what their scores are multiplied with: `title^2`.
    private func weighted(_ node: JSONNode?) throws(RESTError) -> [(String, Float)] {
        var fields: [(String, Float)] = []
        for element in node.map({ $0.elements ?? [$0] }) ?? [] {
            guard let text = element.string else {
                throw parsing(
                    "[multi_match] unknown token [\(element.token)] after [fields]", at: element.start)
            }
            let sides = text.split(separator: "^", maxSplits: 1)
            var weight: Float = 1
            if sides.count == 2 {
                guard let number = Float(sides[1]), number.isFinite, number >= 0 else {
                    throw .illegalArgument("Unable to parse boost of field [\(text)]")
                }
                weight = number
            }
            let field = String(sides.first ?? "")
            if field.contains("*") {
                throw .illegalArgument("[multi_match] with a pattern of fields [\(field)] is not supported")
            }
            fields.append((field, weight))
        }
        if fields.isEmpty { throw .illegalArgument("[multi_match] requires a list of [fields]") }
        return fields
    }

    // MARK: Options

    private func matchOptions(_ node: JSONNode, _ name: String) throws(RESTError) -> MatchOptions {
        var options = MatchOptions()
        if let share = node["minimum_should_match"]?.scalarText {
            options.rule = .atLeast(try minimum(share))
        }
        switch node["operator"]?.string?.lowercased() {
        case nil, "or": break
        case "and": options.rule = .all
        case let other?:
            throw .illegalArgument(
                "No enum constant org.opensearch.index.query.Operator.\(other.uppercased())")
        }
        options.isLenient = try flag(node["lenient"], "lenient") ?? false
        options.matchesAllWithoutTokens = try zeroTerms(node)
        options.analyzer = try analyzer(node, name)
        options.fuzzy = try fuzzyOptions(node, name)
        return options
    }

    private func phraseOptions(_ node: JSONNode, _ name: String) throws(RESTError) -> PhraseOptions {
        var options = PhraseOptions()
        if let slop = node["slop"] {
            guard let count = slop.integer, count <= Int(Int32.max) else {
                throw .illegalArgument("[slop] of [\(name)] must be a number")
            }
            guard count >= 0 else { throw .illegalArgument("No negative slop allowed.") }
            options.slop = count
        }
        options.matchesAllWithoutTokens = try zeroTerms(node)
        options.analyzer = try analyzer(node, name)
        return options
    }

    private func fuzzyOptions(_ node: JSONNode, _ name: String) throws(RESTError) -> FuzzyOptions? {
        guard let fuzziness = node["fuzziness"] else { return nil }
        var options = FuzzyOptions()
        options.fuzziness = try self.fuzziness(fuzziness)
        if let count = node["prefix_length"] {
            options.prefixLength = try self.count(count, "prefix_length", name, least: 0)
        }
        if let count = node["max_expansions"] {
            options.maxExpansions = try self.count(count, "max_expansions", name, least: 1)
        }
        options.transpositions = try flag(node["fuzzy_transpositions"], "fuzzy_transpositions") ?? true
        return options
    }

    private func zeroTerms(_ node: JSONNode) throws(RESTError) -> Bool {
        guard let given = node["zero_terms_query"] else { return false }
        switch given.string?.lowercased() {
        case "none": return false
        case "all": return true
        default:
            throw parsing(
                "Unsupported zero_terms_query value [\(given.scalarText ?? given.token)]", at: given.start)
        }
    }

    private func analyzer(_ node: JSONNode, _ name: String) throws(RESTError) -> Analyzer? {
        guard let given = node["analyzer"] else { return nil }
        guard let text = given.string, let analyzer = Analyzer(analyzer: text) else {
            throw .illegalArgument("[\(name)] analyzer [\(given.scalarText ?? given.token)] not found")
        }
        return analyzer
    }
}
