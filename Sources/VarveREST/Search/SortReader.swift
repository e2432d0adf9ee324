import Varve
import VarveDocument
import VarveQuery

/// `sort` in all its forms.
enum SortReader {
    enum Key: Sendable {
        case field(SortKey)
        case score(SortKey.Order)
    }

    static func read(_ node: JSONNode, _ body: JSONBody) throws(RESTError) -> [Key] {
        var keys: [Key] = []
        for element in node.elements ?? [node] {
            if let name = element.string {
                keys.append(key(name, nil))
            } else if let members = element.members {
                for member in members { keys.append(try read(member, body)) }
            } else {
                throw .illegalArgument(
                    "malformed sort format, within the sort array, an object, or an actual string are allowed"
                )
            }
        }
        return keys
    }

    /// `a:asc,b:desc,c` of a URL: what has another suffix is passed over, as OpenSearch does.
    static func read(_ text: String) -> [Key] {
        text.split(separator: ",").compactMap { part in
            guard let colon = part.lastIndex(of: ":") else { return key(String(part), nil) }
            let name = String(part[..<colon])
            switch part[part.index(after: colon)...] {
            case "asc": return key(name, .ascending)
            case "desc": return key(name, .descending)
            default: return nil
            }
        }
    }

    private static func key(_ name: String, _ order: SortKey.Order?) -> Key {
        name == "_score" ? .score(order ?? .descending) : .field(SortKey(name, order ?? .ascending))
    }

    private static func read(_ member: JSONNode.Member, _ body: JSONBody) throws(RESTError) -> Key {
        if let text = member.value.string { return key(member.key, try order(text)) }
        guard let options = member.value.members else {
            throw RESTError(
                400, "parsing_exception",
                "Expected [START_OBJECT] or [VALUE_STRING] but found "
                    + "[\(member.value.token)] for sort field [\(member.key)]")
        }
        var isAscending: SortKey.Order?
        var missing = SortKey.Missing.last
        var mode: SortKey.Mode?
        var unmapped: FieldType?
        var numeric: SortKey.NumericType?
        for option in options {
            switch option.key {
            case "order": isAscending = try order(option.value.scalarText ?? "")
            case "missing": missing = try missingPlace(option.value)
            case "mode": mode = try readMode(option.value.scalarText ?? "")
            case "unmapped_type": unmapped = type(option.value.scalarText ?? "")
            case "numeric_type": numeric = try numericType(option.value.scalarText ?? "")
            case "nested", "nested_path", "nested_filter":
                throw .illegalArgument("[\(option.key)] of a sort is not supported")
            default:
                let (line, column) = body.position(of: body.keyStart(of: option.value))
                let names = ["order", "missing", "mode", "unmapped_type", "numeric_type", "nested"]
                throw RESTError(
                    400, "x_content_parse_exception",
                    "[\(line):\(column)] [field_sort] unknown field [\(option.key)]"
                        + Suggestion.text(for: option.key, among: names))
            }
        }
        if member.key == "_score" { return .score(isAscending ?? .descending) }
        var key = SortKey(
            member.key, isAscending ?? .ascending, missing: missing, mode: mode, unmappedType: unmapped)
        key.numericType = numeric
        return .field(key)
    }

    private static func order(_ text: String) throws(RESTError) -> SortKey.Order {
        switch text.lowercased() {
        case "asc": return .ascending
        case "desc": return .descending
        default:
            throw .illegalArgument(
                "No enum constant org.opensearch.search.sort.SortOrder.\(text.uppercased())")
        }
    }

    private static func missingPlace(_ node: JSONNode) throws(RESTError) -> SortKey.Missing {
        switch node.value {
        case .string("_last"), .null: return .last
        case .string("_first"): return .first
        case .string(let text): return .value(.string(text))
        case .integer(let number): return .value(.integer(number))
        case .real(let number): return .value(.double(number))
        case .boolean(let flag): return .value(.boolean(flag))
        case .array, .object:
            throw .illegalArgument("[missing] of a sort is [_first], [_last] or a value")
        }
    }

    private static func readMode(_ text: String) throws(RESTError) -> SortKey.Mode {
        switch text.lowercased() {
        case "min": return .minimum
        case "max": return .maximum
        case "sum": return .sum
        case "avg": return .average
        case "median": return .median
        default: throw .illegalArgument("Unknown SortMode [\(text)]")
        }
    }

    private static func type(_ name: String) -> FieldType {
        switch name {
        case "text": .text
        case "keyword": .keyword
        case "double", "half_float", "scaled_float": .double
        case "float": .float
        case "boolean": .boolean
        case "date", "date_nanos": .date
        default: .long
        }
    }

    private static func numericType(_ text: String) throws(RESTError) -> SortKey.NumericType {
        switch text {
        case "long": return .long
        case "double": return .double
        case "date": return .date
        case "date_nanos": throw .illegalArgument("[numeric_type] of [date_nanos] is not supported")
        default:
            throw .illegalArgument(
                "invalid value for [numeric_type], must be [long, double, date, date_nanos], got \(text)")
        }
    }
}
