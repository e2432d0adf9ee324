import Varve
import VarveQuery

/// The options of one aggregation, read and checked by name.
struct AggregationOptions {
    let body: JSONBody
    let type: String
    let name: String
    let node: JSONNode

    private var members: [JSONNode.Member] { node.members ?? [] }

    /// Refuses options that the aggregation lacks, and those that are not done.
    func check(_ known: Set<String>, refused: Set<String> = ["script"]) throws(RESTError) {
        for member in members where !known.contains(member.key) {
            if refused.contains(member.key) {
                throw .illegalArgument("[\(member.key)] of [\(type)] is not supported")
            }
            let (line, column) = body.position(of: body.keyStart(of: member.value))
            throw RESTError(
                400, "x_content_parse_exception",
                "[\(line):\(column)] [\(type)] unknown field [\(member.key)]"
                    + Suggestion.text(for: member.key, among: known.union(refused).sorted()))
        }
    }

    func clause(_ kind: Aggregation.Kind) -> AggregationClause {
        AggregationClause(aggregation: Aggregation(name, kind), type: type)
    }

    func misfit(_ key: String, _ value: JSONNode) -> RESTError {
        let (line, column) = body.position(of: value.start)
        return RESTError(
            400, "x_content_parse_exception",
            "[\(line):\(column)] [\(type)] \(key) doesn't support values of type: \(value.token)")
    }

    // MARK: Values

    func given(_ key: String) -> JSONNode? {
        guard let value = node[key], !value.isNull else { return nil }
        return value
    }

    func field() throws(RESTError) -> String {
        guard let value = given("field") else {
            throw .illegalArgument("Required one of fields [field, script], but none were specified. ")
        }
        guard let field = value.string else { throw misfit("field", value) }
        return field
    }

    func text(_ key: String) throws(RESTError) -> String? {
        guard let value = given(key) else { return nil }
        guard let text = value.scalarText else { throw misfit(key, value) }
        return text
    }

    func integer(_ key: String) throws(RESTError) -> Int? {
        guard let value = given(key) else { return nil }
        guard let number = value.integer else { throw misfit(key, value) }
        return number
    }

    func number(_ key: String, of node: JSONNode? = nil) throws(RESTError) -> Double? {
        guard let value = (node ?? self.node)[key], !value.isNull else { return nil }
        switch value.value {
        case .integer(let number): return Double(number)
        case .real(let number): return number
        case .string(let text):
            guard let number = Double(text), number.isFinite else { throw misfit(key, value) }
            return number
        default: throw misfit(key, value)
        }
    }

    func flag(_ key: String) throws(RESTError) -> Bool? {
        guard let value = given(key) else { return nil }
        guard let flag = value.boolean else { throw misfit(key, value) }
        return flag
    }

    func value(_ key: String) throws(RESTError) -> QueryValue? {
        guard let value = given(key) else { return nil }
        return try scalar(value, key)
    }

    func scalar(_ value: JSONNode, _ key: String) throws(RESTError) -> QueryValue {
        guard value.members == nil, value.elements == nil, !value.isNull else { throw misfit(key, value) }
        return try QueryReader(body).value(value, type)
    }

    func order() throws(RESTError) -> [BucketOrder] {
        guard let value = given("order") else { return [] }
        var order: [BucketOrder] = []
        for element in value.elements ?? [value] {
            guard let members = element.members else { throw misfit("order", element) }
            guard let member = members.first, members.count == 1 else {
                throw QueryReader(body).parsing(
                    members.isEmpty
                        ? "Must specify at least one field for [order]"
                        : "Must specify only one field for [order]", at: element.start)
            }
            let isDescending: Bool
            switch member.value.string?.lowercased() {
            case "asc": isDescending = false
            case "desc": isDescending = true
            default:
                throw QueryReader(body).parsing(
                    "Unknown order direction [\(member.value.scalarText ?? member.value.token)]",
                    at: member.value.start)
            }
            switch member.key {
            case "_count": order.append(BucketOrder(.count, isDescending: isDescending))
            case "_key", "_term", "_time": order.append(BucketOrder(.key, isDescending: isDescending))
            default: order.append(BucketOrder(.figure(member.key), isDescending: isDescending))
            }
        }
        return order
    }

    func bounds(_ key: String) throws(RESTError) -> HistogramBounds? {
        guard let value = given(key) else { return nil }
        guard let members = value.members else { throw misfit(key, value) }
        var bounds = HistogramBounds(nil, nil)
        for member in members where !member.value.isNull {
            switch member.key {
            case "min": bounds.lower = try scalar(member.value, "min")
            case "max": bounds.upper = try scalar(member.value, "max")
            default:
                let (line, column) = body.position(of: body.keyStart(of: member.value))
                throw RESTError(
                    400, "x_content_parse_exception",
                    "[\(line):\(column)] [bounds] unknown field [\(member.key)]")
            }
        }
        return bounds
    }
}
