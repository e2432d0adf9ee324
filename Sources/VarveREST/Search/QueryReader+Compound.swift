import Varve
import VarveQuery

/// Queries made of queries.
extension QueryReader {
    func bool(_ node: JSONNode) throws(RESTError) -> Query {
        let kinds: Set<String> = ["must", "filter", "should", "must_not", "mustNot"]
        let boost = try boost(
            of: node, "bool", allowed: kinds.union(["minimum_should_match", "adjust_pure_negative"]))
        var clauses: [String: [Query]] = [:]
        for member in node.members ?? [] where kinds.contains(member.key) {
            let key = member.key == "mustNot" ? "must_not" : member.key
            for element in member.value.elements ?? [member.value] {
                clauses[key, default: []].append(try read(element).query)
            }
        }
        let share = try node["minimum_should_match"]?.scalarText.map {
            (text) throws(RESTError) in try minimum(text)
        }
        return Query.bool(
            must: clauses["must"] ?? [], filter: clauses["filter"] ?? [], should: clauses["should"] ?? [],
            mustNot: clauses["must_not"] ?? [], minimumShouldMatch: share
        ).boosted(by: boost)
    }

    func constantScore(_ node: JSONNode) throws(RESTError) -> Query {
        let boost = try boost(of: node, "constant_score", allowed: ["filter"])
        guard let filter = node["filter"] else {
            throw parsing("[constant_score] requires a 'filter' element", at: node.start)
        }
        return try read(filter).query.constant().boosted(by: boost)
    }

    func disMax(_ node: JSONNode) throws(RESTError) -> Query {
        let boost = try boost(of: node, "dis_max", allowed: ["queries", "tie_breaker"])
        var queries: [Query] = []
        for element in node["queries"].map({ $0.elements ?? [$0] }) ?? [] {
            queries.append(try read(element).query)
        }
        if queries.isEmpty {
            throw parsing(
                "[dis_max] requires 'queries' field with at least one clause", at: node.end - 1)
        }
        var share: Float = 0
        if let given = node["tie_breaker"] { share = try number(given, "tie_breaker", "dis_max") }
        return .best(of: queries, tieBreaker: share).boosted(by: boost)
    }
}
