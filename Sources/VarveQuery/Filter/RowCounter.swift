import VarveSegment

/// Counts for every row in how many bitmaps it is, 64 rows at a time: the counters' digits are bitmaps themselves,
/// so that a thousand bitmaps take ten.
struct RowCounter {
    /// Digit `i` of each row's count; the least one first.
    private var digits: [RowBitmap] = []
    private let rowCount: Int

    init(rowCount: Int) { self.rowCount = rowCount }

    mutating func add(_ rows: RowBitmap) {
        var carry = rows
        for digit in digits.indices {
            var isCarried: UInt64 = 0
            for i in carry.words.indices {
                let both = digits[digit].words[i] & carry.words[i]
                digits[digit].words[i] ^= carry.words[i]
                carry.words[i] = both
                isCarried |= both
            }
            if isCarried == 0 { return }
        }
        digits.append(carry)
    }

    /// Rows whose count is not below `minimum`, which is at least 1.
    func rows(atLeast minimum: Int) -> RowBitmap {
        var result = RowBitmap(rowCount: rowCount)
        precondition(minimum > 0, "every row is counted zero times or more")
        guard minimum < 1 << digits.count else { return result }
        for i in result.words.indices {
            // From the highest digit down: greater as soon as a digit is where the minimum has none.
            var greater: UInt64 = 0
            var equal = UInt64.max
            for digit in digits.indices.reversed() {
                let word = digits[digit].words[i]
                if minimum >> digit & 1 == 1 {
                    equal &= word
                } else {
                    greater |= equal & word
                    equal &= ~word
                }
            }
            result.words[i] = greater | equal
        }
        return result
    }
}
