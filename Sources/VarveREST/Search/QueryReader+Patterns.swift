import Varve
import VarveQuery

/// Queries on terms by what they look like: `term`, `prefix`, `wildcard`, `regexp`, `fuzzy`.
extension QueryReader {
    func pattern(_ name: String, _ field: String, _ node: JSONNode) throws(RESTError) -> Query {
        var key = "value"
        if name == "wildcard" && node["wildcard"] != nil { key = "wildcard" }
        guard node.members != nil else {
            return Self.query(name, field, try value(node, name), ignoringCase: false)
        }
        var allowed: Set<String> = [key, "case_insensitive"]
        if name != "term" { allowed.insert("rewrite") }
        if name == "regexp" { allowed.formUnion(["flags", "max_determinized_states"]) }
        let boost = try boost(of: node, name, allowed: allowed)
        try checkRewrite(node, name)
        try checkFlags(node)
        guard let inner = node[key] else { throw .illegalArgument("value cannot be null") }
        let ignoresCase = try flag(node["case_insensitive"], "case_insensitive") ?? false
        return Self.query(name, field, try value(inner, name), ignoringCase: ignoresCase).boosted(by: boost)
    }

    private static func query(
        _ name: String, _ field: String, _ value: QueryValue, ignoringCase: Bool
    ) -> Query {
        let text = value.description
        switch name {
        case "term": return ignoringCase ? .pattern(field, .term(text)) : .term(field, value)
        case "prefix": return ignoringCase ? .pattern(field, .prefix(text)) : .prefix(field, text)
        case "wildcard": return ignoringCase ? .pattern(field, .wildcard(text)) : .wildcard(field, text)
        default: return .pattern(field, .regexp(text, ignoringCase: ignoringCase))
        }
    }

    /// All of these score alike, so they change nothing; others would.
    private func checkRewrite(_ node: JSONNode, _ name: String) throws(RESTError) {
        guard let rewrite = node["rewrite"] else { return }
        let same = ["constant_score", "constant_score_blended", "constant_score_boolean"]
        guard let text = rewrite.string, same.contains(text) else {
            throw .illegalArgument(
                "[\(name)] query with [rewrite] of [\(rewrite.scalarText ?? rewrite.token)] is not supported")
        }
    }

    private func checkFlags(_ node: JSONNode) throws(RESTError) {
        if let flags = node["flags"], flags.string != "ALL" {
            throw .illegalArgument(
                "[regexp] query with [flags] of [\(flags.scalarText ?? flags.token)] is not supported")
        }
        if let states = node["max_determinized_states"], states.integer != 10_000 {
            throw .illegalArgument(
                "[regexp] query with [max_determinized_states] other than [10000] is not supported")
        }
    }

    func fuzzy(_ field: String, _ node: JSONNode) throws(RESTError) -> Query {
        guard node.members != nil else { return .fuzzy(field, try value(node, "fuzzy")) }
        let boost = try boost(
            of: node, "fuzzy",
            allowed: ["value", "fuzziness", "prefix_length", "max_expansions", "transpositions"])
        guard let inner = node["value"] else { throw .illegalArgument("query value cannot be null") }
        var options = FuzzyOptions()
        if let given = node["fuzziness"] { options.fuzziness = try fuzziness(given) }
        if let given = node["prefix_length"] {
            options.prefixLength = try count(given, "prefix_length", "fuzzy", least: 0)
        }
        if let given = node["max_expansions"] {
            options.maxExpansions = try count(given, "max_expansions", "fuzzy", least: 1)
        }
        options.transpositions = try flag(node["transpositions"], "transpositions") ?? true
        return .fuzzy(field, try value(inner, "fuzzy"), options).boosted(by: boost)
    }

    /// `AUTO`, `AUTO:low,high`, or 0 to 2.
    func fuzziness(_ node: JSONNode) throws(RESTError) -> Fuzziness {
        let text = node.scalarText ?? ""
        if text.uppercased() == "AUTO" { return .auto }
        if text.uppercased().hasPrefix("AUTO:") {
            let bounds = text.dropFirst(5).split(separator: ",", omittingEmptySubsequences: false)
            guard bounds.count == 2, let low = Int(bounds[0]), let high = Int(bounds[1]) else {
                throw .illegalArgument("failed to find low and high distance values")
            }
            guard low >= 0 && high >= low else {
                throw .illegalArgument(
                    "fuzziness wrongly configured, must be: lowDistance > 0 and highDistance > lowDistance")
            }
            return .automatic(low: low, high: high)
        }
        guard let edits = Double(text) else {
            throw .illegalArgument(
                "failed to parse [\(text)] as fuzziness",
                cause: ErrorDetail("number_format_exception", "For input string: \"\(text)\""))
        }
        guard [0, 1, 2].contains(edits) else {
            throw .illegalArgument("Valid edit distances are [0, 1, 2] but was [\(text)]")
        }
        return .edits(Int(edits))
    }

    // MARK: Parts

    func count(_ node: JSONNode, _ key: String, _ name: String, least: Int) throws(RESTError) -> Int {
        guard let count = node.integer, count >= least, count <= 1_000_000 else {
            throw .illegalArgument("[\(name)] requires [\(key)] to be a number from \(least) on")
        }
        return count
    }

    func flag(_ node: JSONNode?, _ key: String) throws(RESTError) -> Bool? {
        guard let node else { return nil }
        guard let flag = node.boolean else {
            throw .illegalArgument(
                "Failed to parse value [\(node.scalarText ?? node.token)] as only [true] or [false] are allowed."
            )
        }
        return flag
    }

    func number(_ node: JSONNode, _ key: String, _ name: String) throws(RESTError) -> Float {
        guard let text = node.scalarText, let number = Float(text), number.isFinite else {
            throw parsing("[\(name)] [\(key)] must be a number", at: node.start)
        }
        return number
    }
}
