/// Why a value does not fit its field.
enum ValueRule: Error {
    /// Not the text of a number.
    case notANumber
    /// A boolean where a number is expected.
    case notNumeric
    case outOfRange
    case notFinite
    case notABoolean
    case notADate
    case immenseTerm
    /// A value where an object is mapped.
    case valueForObject
    /// An object where a value is mapped.
    case objectForValue
    case strict
    case impossible
    case metadata
}

/// The same with the place. Small, to be thrown from the inner loop; worded once it is out of it.
struct ValueFault: Error {
    let rule: ValueRule
    /// Tape index of the value.
    let index: Int
    let node: Int
    /// The field that refused it.
    let field: UInt32
}
