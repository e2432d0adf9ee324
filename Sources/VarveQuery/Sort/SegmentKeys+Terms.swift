import VarveBytes
import VarveSegment

/// Terms as keys of one segment, and back.
extension SegmentKeys {
    /// The key that a row with this term has, or the place between its neighbours if the segment lacks it.
    func place(of term: RawSpan, key number: Int) throws -> Int64 {
        let position: TermPosition
        switch sources[number] {
        case .ordinals:
            guard let field = view.field(named: keys[number].field) else { return keys[number].directed(0) }
            position = try view.ordinal(of: term, field: field)
        case .ids(let ranks): position = try ranks.position(of: term)
        case .constant, .column, .births: return keys[number].directed(0)
        }
        switch position {
        case .found(let ordinal): return keys[number].directed(2 * Int64(ordinal) + 1)
        case .absent(let ordinal): return keys[number].directed(2 * Int64(ordinal))
        }
    }

    /// Appends the term that a row's key stands for.
    func appendTerm(_ key: Int64, row: Int, _ number: Int, to buffer: inout ByteBuffer) throws {
        switch sources[number] {
        case .ordinals:
            guard let field = view.field(named: keys[number].field) else { return }
            try view.appendTerm(Int(keys[number].directed(key) >> 1), field: field, to: &buffer)
        case .ids: try view.appendID(ofRow: row, to: &buffer)
        case .constant, .column, .births: return
        }
    }
}
