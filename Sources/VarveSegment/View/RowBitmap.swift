/// One bit a row of a segment. Words beyond `rowCount` have no bit set.
package struct RowBitmap: Equatable, Sendable {
    package let rowCount: Int
    package var words: [UInt64]

    package init(rowCount: Int, filledWith value: Bool = false) {
        self.rowCount = rowCount
        words = [UInt64](repeating: value ? .max : 0, count: (rowCount + 63) / 64)
        if value && rowCount % 64 != 0 { words[words.count - 1] = (1 &<< UInt64(rowCount % 64)) &- 1 }
    }

    package subscript(row: Int) -> Bool {
        get { words[row &>> 6] &>> UInt64(row & 63) & 1 == 1 }
        set {
            let bit: UInt64 = 1 &<< UInt64(row & 63)
            if newValue { words[row &>> 6] |= bit } else { words[row &>> 6] &= ~bit }
        }
    }

    package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
