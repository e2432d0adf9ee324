import VarveBytes

/// A number written as text inside a string, as coercion and numeric detection read it: JSON's grammar, with a
/// plus sign and blanks around it allowed.
enum NumberText {
    case integer(Int64)
    /// Beyond Int64.
    case bigInteger(Double)
    case real(Double)

    static func parse(_ text: RawSpan) -> NumberText? {
        var start = 0
        var end = text.byteCount
        while start < end && text.byte(at: start) <= 0x20 { start += 1 }
        while end > start && text.byte(at: end - 1) <= 0x20 { end -= 1 }
        if start < end && text.byte(at: start) == 0x2B { start += 1 }
        guard start < end, end - start <= 1_024 else { return nil }
        let isSigned = text.byte(at: start) == 0x2D
        guard isSigned || text.byte(at: start) &- 0x30 <= 9 else { return nil }
        let part = text.slice(start, end - start)
        let number: JSONNumber
        do throws(JSONFault) {
            number = try JSONNumber.read(part, 0, digitsMax: 1_000)
        } catch {
            return nil
        }
        guard number.end == part.byteCount else { return nil }
        switch number.tag {
        case .integer: return .integer(Int64(bitPattern: number.payload))
        case .real: return .real(Double(bitPattern: number.payload))
        case .bigInteger: return .bigInteger(JSONNumber.decode(part))
        default: return .real(JSONNumber.decode(part))
        }
    }
}
