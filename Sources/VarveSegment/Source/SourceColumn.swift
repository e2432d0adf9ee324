import VarveBytes

/// How the values of a column are kept. Raw values are part of the format.
enum SourceColumnKind: UInt8, Sendable, BitwiseCopyable {
    /// Integers and decimal fractions.
    case numbers = 1
    /// Points in time in one of the `DateStyle`s.
    case dates = 2
    /// Distinct values, and the ordinal of each row's.
    case dictionary = 3
    /// The values themselves, one after the other.
    case bytes = 4
}

/// Words of JSON that a column of numbers, dates or bytes may hold besides. Raw values are part of the format.
enum SourceWord: UInt8, CaseIterable {
    case null = 1
    case yes = 2
    case no = 4

    var text: String {
        switch self {
        case .null: "null"
        case .yes: "true"
        case .no: "false"
        }
    }
}

/// One column of an inflated block: where its bytes lie, and how they become values.
struct SourceColumn: Sendable, BitwiseCopyable {
    var kind: SourceColumnKind
    var codes = SourcePlanes()
    /// The words that the column has: bits of `SourceWord`. Codes below `wordCount` are words.
    var words: UInt8 = 0
    var wordCount: UInt8 = 0
    /// Quotes go around every value that is not a word, and inside them a prefix before and a suffix after it. Set
    /// only if there are words: otherwise they are part of the literals.
    var isQuoted = false
    var prefix = SourcePart()
    var suffix = SourcePart()
    /// Integers are printed with zeros before them, to have so many digits; 0 for as many as they have.
    var digitsMin: UInt8 = 0
    /// Digits after the point that a unit stands for, and how many are printed even if they are zeros.
    var decimals: UInt8 = 0
    var decimalsMin: UInt8 = 0
    var dateStyle = DateStyle.seconds
    var termCount: UInt8 = 0
    var firstTerm: UInt32 = 0
    /// Dictionaries and bytes: the first boundary in `bounds`. Bytes of one length: the offset of the first value.
    var table: UInt32 = 0
    /// The length of every value of a bytes column, if they are all alike.
    var fixedCount: UInt32 = 0
    var base: Int64 = 0
    var scale: Int64 = 1

    init(kind: SourceColumnKind) { self.kind = kind }

    /// What a value is printed as is its code, counted from the base.
    var isPlainInteger: Bool {
        let isBare = !isQuoted && prefix.count == 0 && suffix.count == 0
        return kind == .numbers && isBare && decimals == 0 && digitsMin == 0 && termCount == 0 && scale == 1
    }

    @inline(never)
    func appendWord(_ code: UInt64, to buffer: inout ByteBuffer) {
        var left = code
        for word in SourceWord.allCases where words & word.rawValue != 0 {
            if left == 0 {
                buffer.append(utf8: word.text)
                return
            }
            left -= 1
        }
    }
}

/// Bytes of the payload.
struct SourcePart: Sendable, BitwiseCopyable {
    var offset: UInt32 = 0
    var count: UInt32 = 0

    init() {}

    init(_ range: Range<Int>) {
        offset = UInt32(range.lowerBound)
        count = UInt32(range.count)
    }
}

/// What other columns tell of a number: a number of theirs times a factor, or an entry of a table, by the ordinal
/// of one dictionary or of two.
struct SourceTerm: Sendable, BitwiseCopyable {
    /// The other column's codes, or the dictionary's ordinals.
    var codes = SourcePlanes()
    /// Codes below it are words, which tell nothing.
    var wordCount: UInt8 = 0
    /// Added for every code that is no word, besides the code times the factor.
    var constant: Int64 = 0
    /// 0 for a table.
    var factor: Int64 = 0
    /// Ordinals of the second dictionary, and how many entries it has: 1 if there is none.
    var second = SourcePlanes()
    var secondCount: UInt32 = 1
    var table = SourcePlanes()

    @inline(__always)
    func value(at place: Int, in payload: RawSpan) -> Int64 {
        let code = codes.code(at: place, in: payload)
        if factor != 0 {
            let step = Int64(bitPattern: code &- UInt64(wordCount))
            return code < UInt64(wordCount) ? 0 : constant &+ factor &* step
        }
        let entry = Int(code) &* Int(secondCount) &+ Int(second.code(at: place, in: payload))
        return constant &+ Int64(bitPattern: table.code(at: entry, in: payload))
    }
}

/// A literal, and how the value behind it is rendered.
struct SourceSlot: Sendable, BitwiseCopyable {
    /// The frequent ways of rendering have a short one each.
    enum Form: UInt8, Sendable, BitwiseCopyable {
        /// An integer of scale 1 without terms.
        case integer
        case entry
        /// Bytes without words.
        case bytes
        case fixedBytes
        case general
    }

    var literalOffset: UInt32
    var literalCount: UInt32
    var form: Form
    var wordCount: UInt8
    var codes: SourcePlanes
    /// Where the places of rows lie in `ranks`; negative if a row's number is its place.
    var ranks: Int32
    /// `table` and, for bytes of one length, `fixedCount` of the column.
    var table: UInt32
    var fixedCount: UInt32
    var column: UInt32
    var base: Int64

    init(literal: Range<Int>, _ column: SourceColumn, number: Int, ranks: Int32) {
        literalOffset = UInt32(literal.lowerBound)
        literalCount = UInt32(literal.count)
        form = Self.form(of: column)
        wordCount = column.wordCount
        codes = column.codes
        self.ranks = ranks
        table = column.table
        fixedCount = column.fixedCount
        self.column = UInt32(number)
        base = column.base
    }

    private static func form(of column: SourceColumn) -> Form {
        switch column.kind {
        case .numbers:
            column.isPlainInteger ? .integer : .general
        case .dates: .general
        case .dictionary: .entry
        case .bytes where column.wordCount > 0: .general
        case .bytes: column.codes.width == 0 ? .fixedBytes : .bytes
        }
    }
}

struct SourceShape: Sendable, BitwiseCopyable {
    var firstSlot: Int
    var slotCount: Int
    /// The literal after the last slot.
    var tailOffset: Int
    var tailCount: Int
}
