import VarveBytes
import VarveDocument

/// Keys as the values that hits show.
extension RankedHits {
    func sortValues(of hit: Int) -> [SortValue] {
        let width = plan.keys.count
        return plan.keys.indices.map { value(of: keys[hit * width + $0], $0) }
    }

    private func value(of key: Int64, _ number: Int) -> SortValue {
        let sortKey = plan.keys[number]
        if let table = tables[number] {
            if Self.isMissing(key) { return .missing }
            return .string(table.withTerm(key) { String(validating: $0) ?? "" })
        }
        let value = sortKey.directed(key)
        switch sortKey.source {
        case .number(.double): return .double(Double(sortableBits: value))
        case .number(.float), .score: return .float(Float(Double(sortableBits: value)))
        case .number(.integer), .number(.date), .document, .sequenceNumber, .term, .id: return .integer(value)
        }
    }
}
