import VarveQuery

/// `fields` and `docvalue_fields`: a list of names or patterns, or of objects with a format.
struct FieldSelectionReader {
    let body: JSONBody
    /// Which of the two it is.
    let name: String

    func read(_ node: JSONNode) throws(RESTError) -> [SearchDetails.Fields] {
        guard let elements = node.elements else {
            throw QueryReader(body).parsing(
                "Unknown key for a \(node.token) in [\(name)].", at: node.start)
        }
        var fields: [SearchDetails.Fields] = []
        for element in elements { fields.append(try field(element)) }
        return fields
    }

    private func field(_ node: JSONNode) throws(RESTError) -> SearchDetails.Fields {
        if let pattern = node.string { return SearchDetails.Fields(pattern) }
        let (line, column) = body.position(of: node.start)
        guard let members = node.members else {
            throw RESTError(
                400, "x_content_parse_exception",
                "[\(line):\(column)] [\(name)] Can't get text on a \(node.token)")
        }
        var pattern: String?
        var format: String?
        for member in members {
            switch member.key {
            case "field": pattern = member.value.string
            case "format": format = member.value.scalarText
            default:
                let (line, column) = body.position(of: body.keyStart(of: member.value))
                throw RESTError(
                    400, "x_content_parse_exception",
                    "[\(line):\(column)] [field_and_format] unknown field [\(member.key)]"
                        + Suggestion.text(for: member.key, among: ["field", "format"]))
            }
        }
        guard let pattern else { throw .illegalArgument("Required [field]") }
        return SearchDetails.Fields(pattern, format: format)
    }
}
