import VarveQuery

/// Finds the queries inside a query that have a `_name`, in the order of the text.
struct NamedQueryReader {
    let body: JSONBody

    /// Keys under which a query holds others.
    private static let inner: Set<String> = [
        "must", "filter", "should", "must_not", "mustNot", "query", "queries", "positive", "negative",
    ]

    func read(_ node: JSONNode) throws(RESTError) -> [SearchDetails.NamedQuery] {
        var found: [SearchDetails.NamedQuery] = []
        try collect(node, into: &found)
        return found
    }

    private func collect(
        _ node: JSONNode, into found: inout [SearchDetails.NamedQuery]
    ) throws(RESTError) {
        guard let member = node.members?.first else { return }
        if let name = Self.name(of: member.value) {
            found.append(SearchDetails.NamedQuery(name, try QueryReader(body).read(node).query))
        }
        for part in member.value.members ?? [] where Self.inner.contains(part.key) {
            for element in part.value.elements ?? [part.value] { try collect(element, into: &found) }
        }
    }

    /// `{"_name": ...}` beside the options, or inside those of the one field.
    private static func name(of options: JSONNode) -> String? {
        if let name = options["_name"]?.string { return name }
        for member in options.members ?? [] where member.value.members != nil {
            if let name = member.value["_name"]?.string { return name }
        }
        return nil
    }
}
