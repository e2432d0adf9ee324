/// What a leaf of a query asks of a field's values, in terms of how the field's type keeps them.
enum FieldTest: Equatable {
    case nothing
    case anyValue
    /// A value in one of these ranges of column values; ascending and disjoint.
    case numbers([ClosedRange<Int64>])
    /// One of these terms; ascending and distinct.
    case terms([[UInt8]])
    case termRange(TermBounds)
    case termPrefix([UInt8])
    case termPattern(WildcardPattern)
    case automaton(Automaton)
    /// Words that count in the score.
    case words(WordTest)
    case phrase(PhraseTest)
    /// Any row, with or without a value.
    case everything
}

/// A range of terms in bytewise order.
struct TermBounds: Equatable {
    struct Bound: Equatable {
        var term: [UInt8]
        var isIncluded: Bool
    }

    var lower: Bound?
    var upper: Bound?
}
