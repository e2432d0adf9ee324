import Varve
import VarveManifest
import VarveQuery

/// Which shards of the indices a search or a point in time reaches: `routing` and `preference`.
struct ShardChoice: Sendable {
    private var routing: [String]?
    private var shards: [Int]?

    init() {}

    init(_ call: Call) throws(RESTError) {
        routing = call.parameters.list("routing")
        guard let preference = call.parameters.query["preference"], preference.hasPrefix("_") else { return }
        let parts = preference.split(separator: "|", maxSplits: 1).map(String.init)
        for part in parts { try read(part, call.service) }
    }

    /// What one node can honour of a preference: the shards. All else it chooses by is one node here.
    private mutating func read(_ preference: String, _ service: RESTService) throws(RESTError) {
        let sides = preference.split(separator: ":", maxSplits: 1).map(String.init)
        let values = sides.count > 1 ? sides[1].split(separator: ",").map(String.init) : []
        switch sides[0] {
        case "_local", "_primary", "_primary_first", "_replica", "_replica_first": break
        case "_prefer_nodes" where !values.isEmpty: break
        case "_only_nodes" where !values.isEmpty:
            let names = [service.nodeID, service.options.nodeName, "_local", "data:true"]
            let isMeant = values.contains { value in names.contains { Wildcard.matches($0, value) } }
            if !isMeant {
                throw .illegalArgument("no data nodes with criteria [\(sides[1])] found for shard")
            }
        case "_shards" where !values.isEmpty:
            var numbers: [Int] = []
            for value in values {
                guard let number = Int(value) else {
                    throw .illegalArgument(
                        "Failed to parse int parameter [preference] with value [\(value)]")
                }
                numbers.append(number)
            }
            shards = numbers
        default: throw .illegalArgument("no Preference for [\(preference)]")
        }
    }

    /// The shards of one index, ascending; nil for all.
    func shards(of resolved: ResolvedIndex) -> [Int]? {
        var chosen: Set<Int>?
        if let values = routing(of: resolved) {
            chosen = Set(values.map { resolved.index.shardNumber(routing: $0) })
        }
        if let shards {
            let all = Set(shards).intersection(0..<resolved.index.shardCount)
            chosen = chosen?.intersection(all) ?? all
        }
        return chosen.map { $0.sorted() }
    }

    /// What the request says and the aliases' search routings say, if all of them say something.
    private func routing(of resolved: ResolvedIndex) -> [String]? {
        let said = resolved.aliases.compactMap(\.member.searchRouting)
        guard !resolved.isDirect, !said.isEmpty, said.count == resolved.aliases.count else { return routing }
        let values = Set(said.flatMap { $0.split(separator: ",").map(String.init) })
        guard let routing else { return values.sorted() }
        return routing.filter(values.contains)
    }
}

extension Call {
    /// What a search reaches: indices, their shards by routing and preference, and what aliases let through.
    func targets(
        _ expression: String?, _ options: IndexOptions = IndexOptions(), _ choice: ShardChoice = ShardChoice()
    ) throws(RESTError) -> [SearchTarget] {
        let resolved = try resolve(expression, options)
        _ = try admit(resolved.map(\.index))
        var targets: [SearchTarget] = []
        for one in resolved {
            try IndexBlock.check(one.index, .read)
            let filter = try AliasFilter(one).map { (filter) throws(RESTError) in try filter.query() }
            targets.append(SearchTarget(one.index, shards: choice.shards(of: one), filter: filter))
        }
        return targets
    }
}

/// The filters of the aliases through which an index is reached.
struct AliasFilter {
    /// Queries as JSON; whatever one of them matches is let through.
    private let filters: [[UInt8]]

    /// Nil if nothing is filtered: it is reached by name, or through an alias without a filter.
    init?(_ resolved: ResolvedIndex) {
        filters = resolved.aliases.map(\.member.filter)
        if resolved.isDirect || filters.isEmpty || filters.contains(where: \.isEmpty) { return nil }
    }

    /// One query as JSON.
    var json: [UInt8] {
        if filters.count == 1 { return filters[0] }
        let clauses = Array(filters.joined(separator: [0x2C]))
        return Array(#"{"bool":{"should":["#.utf8) + clauses + Array("]}}".utf8)
    }

    func query() throws(RESTError) -> Query { try Self.read(json) }

    /// One that a point in time has kept.
    static func frozen(_ json: [UInt8]) throws(VarveError) -> Query {
        do throws(RESTError) { return try read(json) } catch {
            throw VarveError(.invalid, "a filter that a point in time has kept: \(error.detail.reason)")
        }
    }

    static func read(_ json: [UInt8]) throws(RESTError) -> Query {
        let body: JSONBody
        do { body = try JSONBody(json) } catch { throw RESTError(error) }
        return try QueryReader(body).read(body.root).query
    }
}
