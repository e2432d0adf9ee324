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
        case .constant:
            guard let missing = keys[number].missingTerm else { return keys[number].directed(0) }
            return keys[number].directed(1 + Int64(term.compare(missing.rawSpan).signum()))
        case .column, .births, .scores: return keys[number].directed(0)
        }
        let key = keys[number]
        switch position {
        case .found(let ordinal): return key.directed(Int64(ordinal) &<< key.termShift &+ key.termShift)
        case .absent(let ordinal):
            let side = key.missingTerm.map { Int64(term.compare($0.rawSpan).signum()) } ?? 0
            return key.directed(Int64(ordinal) &<< key.termShift &+ side)
        }
    }

    /// Appends the term that a row's key stands for.
    func appendTerm(_ key: Int64, row: Int, _ number: Int, to buffer: inout ByteBuffer) throws {
        switch sources[number] {
        case .ordinals:
            guard let field = view.field(named: keys[number].field) else { return }
            let place = keys[number].directed(key)
            if place & 3 != 2, let missing = keys[number].missingTerm {
                buffer.append(missing)
            } else {
                try view.appendTerm(Int(place >> keys[number].termShift), field: field, to: &buffer)
            }
        case .ids: try view.appendID(ofRow: row, to: &buffer)
        case .constant: if let missing = keys[number].missingTerm { buffer.append(missing) }
        case .column, .births, .scores: return
        }
    }
}
