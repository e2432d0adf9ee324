import VarveBytes

extension ColumnDrafts {
    /// Makes `numbers` of a column's values, all in units of the smallest fraction; false if they would not print
    /// back as they were.
    mutating func readNumbers(_ draft: inout ColumnDraft) -> Bool {
        // Those of integers are there already.
        if !draft.kinds.contains(.fraction) { return true }
        guard let (decimals, least) = fractionStyle(draft) else { return false }
        var powers: [Int64] = []
        for exponent in 0...decimals { powers.append(Int64(Decimals.power(exponent))) }
        for at in draft.values {
            let (number, overflow) = tokens[at].value.multipliedReportingOverflow(
                by: powers[decimals - tokens[at].decimals])
            if overflow { return false }
            numbers[at] = number
        }
        draft.decimals = decimals
        draft.decimalsMin = least
        return true
    }

    /// The most digits after the point, and how many are there even if they are zeros; nil if the values follow
    /// no such rule.
    private func fractionStyle(_ draft: ColumnDraft) -> (decimals: Int, least: Int)? {
        var most = 0
        var padded = -1
        var shortest = Int.max
        for at in draft.values where !tokens[at].kinds.isDisjoint(with: .numbers) {
            let digits = tokens[at].decimals
            most = max(most, digits)
            if digits > 0 && tokens[at].value % 10 == 0 {
                if padded >= 0 && padded != digits { return nil }
                padded = digits
            } else {
                shortest = min(shortest, digits)
            }
        }
        if padded < 0 { return (most, 0) }
        return shortest >= padded ? (most, padded) : nil
    }

    /// Makes `numbers` of a column's dates; false unless all are dates of one style.
    mutating func readDates(_ bytes: borrowing ByteBuffer, _ draft: inout ColumnDraft) -> Bool {
        let rows = bytes.bytes
        var style: DateStyle?
        for at in draft.values where tokens[at].kinds == .string {
            let value = tokens[at]
            if style == nil { style = DateStyle(byteCount: value.count - 2) }
            guard let style, value.count == style.byteCount + 2,
                let number = style.parse(rows, at: value.offset + 1)
            else { return false }
            numbers[at] = number
        }
        draft.dateStyle = style ?? .seconds
        return true
    }

    /// Plans the codes of a column; false if they would take more than its text, or more than 64 bits.
    func keepsNumbers(_ draft: inout ColumnDraft) -> Bool {
        let numbers = numbers.items
        let tokens = tokens.items
        let wordCount = UInt64(draft.wordCount)
        var least = Int64.max
        var greatest = Int64.min
        var textCount = draft.count
        for at in 0..<draft.count {
            let token = tokens[draft.first &+ at]
            textCount &+= token.count
            if wordCount > 0 && !token.kinds.isDisjoint(with: .words) { continue }
            let number = numbers[draft.firstNumber &+ at]
            least = min(least, number)
            greatest = max(greatest, number)
        }
        if least > greatest { (least, greatest) = (0, 0) }
        let range = UInt64(bitPattern: greatest &- least)
        let scale = commonStep(draft, from: least)
        guard range < UInt64.max - wordCount else { return false }
        let greatestCode = range / scale + wordCount
        draft.plan = CodePlan(
            base: least, range: greatestCode, scale: scale, width: Self.width(of: greatestCode))
        return draft.plan.width * draft.count <= textCount
    }

    /// The greatest step that leads from the least number to all others.
    private func commonStep(_ draft: ColumnDraft, from least: Int64) -> UInt64 {
        var step: UInt64 = 0
        for at in 0..<draft.count where draft.words == 0 || !isWord(draft, at) {
            var other = UInt64(bitPattern: numbers[draft.firstNumber &+ at] &- least)
            while other != 0 { (step, other) = (other, step % other) }
            if step == 1 { break }
        }
        return step == 0 || step > UInt64(Int64.max) ? 1 : step
    }

    /// Replaces `codes` by those of a column of numbers or dates.
    mutating func makeCodes(of draft: ColumnDraft) {
        Self.makeCodes(of: draft, numbers, tokens, into: &codes)
    }

    private static func makeCodes(
        of draft: ColumnDraft, _ numbers: borrowing ItemBuffer<Int64>,
        _ tokens: borrowing ItemBuffer<SourceToken>,
        into codes: inout ItemBuffer<UInt64>
    ) {
        let rest = numbers.items.extracting(draft.firstNumber..<draft.firstNumber + draft.count)
        let values = tokens.items.extracting(draft.values)
        let base = draft.plan.base
        let scale = draft.plan.scale
        let wordCount = UInt64(draft.wordCount)
        codes.removeAll()
        codes.reserve(rest.count)
        if wordCount == 0 && scale == 1 {
            for at in rest.indices { codes.append(UInt64(bitPattern: rest[at] &- base)) }
            return
        }
        for at in rest.indices {
            let kinds = values[at].kinds
            if wordCount > 0 && !kinds.isDisjoint(with: .words) {
                codes.append(wordCode(kinds, among: draft.words))
            } else {
                let distance = UInt64(bitPattern: rest[at] &- base)
                codes.append((scale == 1 ? distance : distance / scale) &+ wordCount)
            }
        }
    }

    func isWord(_ draft: ColumnDraft, _ at: Int) -> Bool {
        !tokens[draft.first &+ at].kinds.isDisjoint(with: .words)
    }

    /// A word's place among the words that a column has.
    static func wordCode(_ word: TokenKinds, among words: UInt8) -> UInt64 {
        UInt64((words & (word.rawValue &- 1)).nonzeroBitCount)
    }

    /// Bytes that hold the value.
    static func width(of value: UInt64) -> Int { (71 - value.leadingZeroBitCount) / 8 }
}
