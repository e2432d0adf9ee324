import VarveBytes

extension ColumnDrafts {
    /// Puts the column's numbers into `numbers`, all in units of the smallest fraction; false if they do not
    /// print back as they were.
    mutating func readNumbers(_ values: Span<SourceToken>, _ draft: inout ColumnDraft) -> Bool {
        if !draft.kinds.contains(.fraction) {
            for at in values.indices { numbers.append(values[at].value) }
            return true
        }
        guard let (decimals, least) = Self.fractionStyle(values) else { return false }
        var powers: [Int64] = []
        for exponent in 0...decimals { powers.append(Int64(Decimals.power(exponent))) }
        let before = numbers.count
        for at in values.indices {
            let (number, overflow) = values[at].value.multipliedReportingOverflow(
                by: powers[decimals - values[at].decimals])
            if overflow {
                numbers.removeSubrange(before...)
                return false
            }
            numbers.append(number)
        }
        draft.decimals = decimals
        draft.decimalsMin = least
        return true
    }

    /// The most digits after the point, and how many are there even if they are zeros; nil if the values follow
    /// no such rule.
    private static func fractionStyle(_ values: Span<SourceToken>) -> (decimals: Int, least: Int)? {
        var most = 0
        var padded = -1
        var shortest = Int.max
        for at in values.indices where !values[at].kinds.isDisjoint(with: .numbers) {
            let digits = values[at].decimals
            most = max(most, digits)
            if digits > 0 && values[at].value % 10 == 0 {
                if padded >= 0 && padded != digits { return nil }
                padded = digits
            } else {
                shortest = min(shortest, digits)
            }
        }
        if padded < 0 { return (most, 0) }
        return shortest >= padded ? (most, padded) : nil
    }

    /// Puts the column's dates into `numbers`; false unless all are dates of one style.
    mutating func readDates(_ values: Span<SourceToken>, _ rows: RawSpan, _ draft: inout ColumnDraft) -> Bool
    {
        let before = numbers.count
        var style: DateStyle?
        for at in values.indices {
            let value = values[at]
            if value.kinds != .string {
                numbers.append(0)
                continue
            }
            if style == nil { style = DateStyle(byteCount: value.count - 2) }
            guard let style, value.count == style.byteCount + 2,
                let number = style.parse(rows, at: value.offset + 1)
            else {
                numbers.removeSubrange(before...)
                return false
            }
            numbers.append(number)
        }
        draft.dateStyle = style ?? .seconds
        return true
    }

    /// False, and nothing is left of them in `numbers`, if the column's codes would take more than its text.
    mutating func keepsNumbers(_ draft: ColumnDraft) -> Bool {
        if let plan = makeCodes(of: draft), plan.width * codes.count <= textCount(draft) { return true }
        numbers.removeSubrange(draft.values.lowerBound...)
        return false
    }

    /// Bytes of the values, and one more for each.
    func textCount(_ draft: ColumnDraft) -> Int {
        var total = draft.values.count
        for at in draft.values { total &+= tokens[at].count }
        return total
    }

    /// How numbers become codes.
    struct CodePlan {
        var base: Int64
        var scale: UInt64
        var width: Int
    }

    /// Replaces `codes` by those of a column of numbers or dates: the distance from the least number, in steps
    /// that all of them share; words come before. Nil if 64 bits do not hold them.
    mutating func makeCodes(of draft: ColumnDraft) -> CodePlan? {
        codes.removeAll(keepingCapacity: true)
        let all = draft.terms.isEmpty ? numbers : draft.rest
        let values = draft.terms.isEmpty ? all.span.extracting(draft.values) : all.span
        var least = Int64.max
        var greatest = Int64.min
        let hasWords = draft.words != 0
        for at in values.indices {
            if hasWords && isWord(draft, at) { continue }
            least = min(least, values[at])
            greatest = max(greatest, values[at])
        }
        if least > greatest { (least, greatest) = (0, 0) }
        let range = UInt64(bitPattern: greatest &- least)
        let wordCount = UInt64(draft.wordCount)
        guard range < UInt64.max - wordCount else { return nil }
        var scale: UInt64 = 0
        for at in values.indices {
            let isWord = hasWords && isWord(draft, at)
            let distance = isWord ? 0 : UInt64(bitPattern: values[at] &- least)
            codes.append(distance)
            if scale != 1 { scale = Self.commonDivisor(scale, distance) }
        }
        scale = max(scale, 1)
        for at in codes.indices where scale > 1 || hasWords {
            codes[at] = hasWords && isWord(draft, at) ? wordCode(draft, at) : codes[at] / scale + wordCount
        }
        return CodePlan(base: least, scale: scale, width: Self.width(of: range / scale + wordCount))
    }

    private func isWord(_ draft: ColumnDraft, _ at: Int) -> Bool {
        !tokens[draft.values.lowerBound &+ at].kinds.isDisjoint(with: .words)
    }

    /// Its place among the words that the column has.
    func wordCode(_ draft: ColumnDraft, _ at: Int) -> UInt64 {
        let word = tokens[draft.values.lowerBound &+ at].kinds.rawValue
        return UInt64((draft.words & (word &- 1)).nonzeroBitCount)
    }

    /// Bytes that hold the value.
    static func width(of value: UInt64) -> Int { (71 - value.leadingZeroBitCount) / 8 }

    private static func commonDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
        var (left, right) = (left, right)
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }
}
