import VarveBytes
import VarveDocument
import VarveSegment

/// The terms around one term that fields of some segments have: the nearest ones, of equally near ones the first.
struct FuzzyExpansion {
    private let wanted: FuzzyTerm
    private var found: [[UInt8]: Float] = [:]

    init(_ wanted: FuzzyTerm) { self.wanted = wanted }

    mutating func add(_ view: any SegmentView, _ field: Int) throws {
        let builder = FilterBuilder(view, ColumnSet(view), blockRows: columnBlockRows)
        let ordinals = try builder.ordinals(startingWith: wanted.prefix, field, view.fields[field])
        var rows = EditRows()
        var scalars: [UInt32] = []
        var near: [([UInt8], Float)] = []
        // Each scalar of a term has one to four bytes.
        let (least, most) = (wanted.scalars.count - wanted.edits, 4 * (wanted.scalars.count + wanted.edits))
        try view.forEachTerm(of: ordinals, field) { _, term in
            if term.byteCount < least || term.byteCount > most { return }
            scalars.removeAll(keepingCapacity: true)
            var at = 0
            while at < term.byteCount {
                let (scalar, length) = term.decodedScalar(at: at)
                scalars.append(scalar)
                at += length
            }
            if let boost = wanted.boost(of: scalars, &rows) { near.append((term.copyBytes(), boost)) }
        }
        for (term, boost) in near { found[term] = boost }
    }

    /// At most as many as the query wants.
    var terms: [WordTest.Term] {
        let sorted = found.sorted {
            $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key)
        }
        return sorted.prefix(wanted.options.maxExpansions).map {
            WordTest.Term(bytes: $0.key, boost: $0.value)
        }
    }
}

extension PreparedQuery {
    /// The same with all terms in place that fuzzy parts stand for, looked up in all shards at once.
    func expanded(in shards: [SearchableShard]) throws -> PreparedQuery {
        switch self {
        case .all, .none, .ids, .exists: return self
        case .leaf(let path, let tests):
            var expanded = tests
            for (type, test) in tests {
                guard case .words(var words) = test else { continue }
                guard words.groups.contains(where: { $0.fuzzy != nil }) else { continue }
                for place in words.groups.indices {
                    try words.groups[place].expand(path, type, shards)
                }
                expanded[type] = .words(words)
            }
            return .leaf(path, expanded)
        case .bool(var clauses):
            clauses.required = try clauses.required.map { try $0.expanded(in: shards) }
            clauses.filtered = try clauses.filtered.map { try $0.expanded(in: shards) }
            clauses.optional = try clauses.optional.map { try $0.expanded(in: shards) }
            clauses.excluded = try clauses.excluded.map { try $0.expanded(in: shards) }
            return .bool(clauses)
        case .boosted(let query, let boost): return .boosted(try query.expanded(in: shards), boost)
        case .constant(let query): return .constant(try query.expanded(in: shards))
        case .best(let queries, let share):
            return .best(try queries.map { try $0.expanded(in: shards) }, share)
        }
    }
}

extension WordTest.Group {
    fileprivate mutating func expand(
        _ path: String, _ type: FieldType, _ shards: [SearchableShard]
    ) throws {
        guard let fuzzy else { return }
        var expansion = FuzzyExpansion(fuzzy)
        for segment in shards.flatMap(\.segments) {
            guard let field = segment.view.field(named: path),
                segment.view.fields[field].definition.type == type
            else { continue }
            try expansion.add(segment.view, field)
        }
        terms = expansion.terms
        self.fuzzy = nil
    }
}
