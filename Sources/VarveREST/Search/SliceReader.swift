import Varve
import VarveQuery

/// `"slice": {"id": 0, "max": 5, "field": "_id"}`. The field is checked but decides nothing: parts are even by count.
struct SliceReader {
    private let body: JSONBody

    init(_ body: JSONBody) { self.body = body }

    func read(_ node: JSONNode) throws(RESTError) -> SearchBody.SliceClause {
        guard let members = node.members else {
            throw QueryReader(body).parsing("Unknown key for a \(node.token) in [slice].", at: node.start)
        }
        var id: Int?
        var max: Int?
        var field: String?
        for member in members {
            switch member.key {
            case "id":
                let number = try integer(member)
                if number < 0 { throw failure(member, "id must be greater than or equal to 0") }
                id = number
            case "max":
                let number = try integer(member)
                if number <= 1 { throw failure(member, "max must be greater than 1") }
                max = number
            case "field": field = member.value.scalarText
            default:
                let (line, column) = body.position(of: body.keyStart(of: member.value))
                throw RESTError(
                    400, "x_content_parse_exception",
                    "[\(line):\(column)] [slice] unknown field [\(member.key)]"
                        + Suggestion.text(for: member.key, among: ["id", "max", "field"]))
            }
            if let id, let max, id >= max { throw failure(member, "max must be greater than id") }
        }
        guard let id, let max else {
            throw .illegalArgument("[slice] needs both [id] and [max]")
        }
        return SearchBody.SliceClause(slice: SearchSlice(id, of: max), field: field)
    }

    private func integer(_ member: JSONNode.Member) throws(RESTError) -> Int {
        guard let number = member.value.integer else {
            let (line, column) = body.position(of: member.value.start)
            throw RESTError(
                400, "x_content_parse_exception",
                "[\(line):\(column)] [slice] \(member.key) doesn't support values of type: \(member.value.token)"
            )
        }
        return number
    }

    private func failure(_ member: JSONNode.Member, _ reason: String) -> RESTError {
        let (line, column) = body.position(of: member.value.start)
        return RESTError(
            400,
            ErrorDetail(
                "x_content_parse_exception",
                "[\(line):\(column)] [slice] failed to parse field [\(member.key)]",
                cause: ErrorDetail("illegal_argument_exception", reason)))
    }
}
