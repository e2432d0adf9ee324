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

/// How a value is rendered: the frequent ways have a short one each.
enum SourceColumnForm: UInt8, Sendable, BitwiseCopyable {
    /// A number without words, terms or fraction.
    case integer
    case entry
    /// Bytes without words.
    case bytes
    case fixedBytes
    case general
}

/// One column of an inflated block: where its bytes lie, and how they become values.
struct SourceColumn: Sendable, BitwiseCopyable {
    var kind: SourceColumnKind
    var form = SourceColumnForm.general
    /// Bytes of a code, each in its own plane; 0: every code is 0.
    var width: UInt8 = 0
    /// The words that the column has: bits of `SourceWord`. Codes below `wordCount` are words.
    var words: UInt8 = 0
    var wordCount: UInt8 = 0
    /// Quotes go around every value that is not a word. Set only if there are words: otherwise the quotes are
    /// part of the literals.
    var isQuoted = false
    /// Digits after the point that a unit stands for, and how many are printed even if they are zeros.
    var decimals: UInt8 = 0
    var decimalsMin: UInt8 = 0
    var dateStyle = DateStyle.seconds
    var termCount: UInt8 = 0
    /// Where the places of rows lie in `ranks`; negative if a row's number is its place.
    var ranks: Int32 = -1
    var firstTerm = 0
    /// First plane in the payload, and the length of a plane.
    var planes = 0
    var planeCount = 0
    /// First boundary in `bounds`; for bytes of a fixed length, the first value's offset in the payload.
    var table = 0
    /// The length of every value of a bytes column, if they are all alike.
    var fixedCount = 0
    var base: Int64 = 0
    var scale: Int64 = 1

    init(kind: SourceColumnKind) { self.kind = kind }

    @inline(__always)
    func code(at place: Int, in payload: RawSpan) -> UInt64 {
        if width == 1 { return UInt64(payload.byte(at: planes &+ place)) }
        var code: UInt64 = 0
        var at = planes &+ place
        var shift: UInt64 = 0
        while shift < UInt64(width) &* 8 {
            code |= UInt64(payload.byte(at: at)) &<< shift
            at &+= planeCount
            shift &+= 8
        }
        return code
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

/// A value of one column helps to tell the value of another: it is added, times a factor, or looked up in a
/// table, if it is a dictionary's ordinal.
struct SourceTerm: Sendable, BitwiseCopyable {
    var column: Int
    var factor: Int64 = 0
    /// Bytes of a table's entry, each in its own plane; 0: no table, a factor.
    var width = 0
    var planes = 0
    var planeCount = 0
    var base: Int64 = 0

    func entry(_ ordinal: Int, in payload: RawSpan) -> Int64 {
        var code: UInt64 = 0
        for plane in 0..<width {
            code |= UInt64(payload.byte(at: planes + plane * planeCount + ordinal)) &<< UInt64(plane &* 8)
        }
        return base &+ Int64(bitPattern: code)
    }
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
