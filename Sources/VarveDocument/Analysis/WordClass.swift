/// What a scalar is to the rules for word boundaries (UAX #29), with the scripts and emoji that the standard
/// analyzer tells apart. Raw values are those of `WordClassTable`.
enum WordClass: UInt8 {
    case other = 0
    case letter = 1
    case hangul = 2
    case hebrew = 3
    case digit = 4
    case katakana = 5
    /// Joins letters and digits: the underscore.
    case joiner = 6
    /// Between letters.
    case midLetter = 7
    /// Between digits.
    case midDigit = 8
    /// Between either.
    case middle = 9
    case singleQuote = 10
    case doubleQuote = 11
    /// Belongs to what stands before it.
    case extend = 12
    /// Zero width joiner, which extends as well.
    case zeroWidthJoiner = 13
    case han = 14
    case hiragana = 15
    /// Thai, Lao, Khmer, Myanmar and others that are written without blanks.
    case southEastAsian = 16
    /// A mark of those.
    case southEastAsianMark = 17
    /// Half a flag.
    case regional = 18
    case emoji = 19
    /// A skin tone.
    case emojiModifier = 20

    var extends: Bool {
        switch self {
        case .extend, .zeroWidthJoiner, .southEastAsianMark: true
        default: false
        }
    }

    /// The classes of the first 65,536 scalars.
    private static let basic: [UInt8] = {
        var classes = [UInt8](repeating: 0, count: 0x1_0000)
        let runs = WordClassTable.runs
        for at in runs.indices {
            let start = Int(runs[at] >> 5)
            if start >= classes.count { break }
            let end = at + 1 < runs.count ? min(Int(runs[at + 1] >> 5), classes.count) : classes.count
            for scalar in start..<end { classes[scalar] = UInt8(runs[at] & 31) }
        }
        return classes
    }()

    static func of(_ scalar: UInt32) -> WordClass {
        if scalar < 0x1_0000 { return WordClass(rawValue: basic[Int(scalar)]) ?? .other }
        let runs = WordClassTable.runs
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle] >> 5 <= scalar { low = middle } else { high = middle }
        }
        return WordClass(rawValue: UInt8(runs[low] & 31)) ?? .other
    }
}
