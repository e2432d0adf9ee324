import VarveQuery

/// The parameter `q` in its plainest forms: `*`, `*:*`, and `field:value` for one field and one word. The language
/// beyond them is that of `query_string`.
enum URLQuery {
    static func read(_ parameters: Parameters) throws(RESTError) -> Query? {
        guard let text = parameters.query["q"] else { return nil }
        for name in ["df", "analyzer", "default_operator", "analyze_wildcard", "lenient"]
        where parameters.has(name) {
            throw .illegalArgument("[\(name)] is not supported, send a [query] instead")
        }
        if text == "*" || text == "*:*" || text.isEmpty { return .all }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let special = "+-=&|><!(){}[]^\"~*?:\\/ "
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains { special.contains($0) } }),
            !["AND", "OR", "NOT"].contains(String(parts[1]))
        else {
            throw .illegalArgument(
                "[q] is understood as [*] or as one [field:word]; send a [query] instead of [\(text)]")
        }
        return .match(String(parts[0]), .string(String(parts[1])))
    }
}
