/// Why a document, an operation or a mapping was refused: a rule that was broken, with the input that broke it.
///
/// Nothing of a refused document is kept: no field, no value, no byte of a batch. Messages are the words that
/// OpenSearch uses where it has any (`pit-and-search` 6.7); `cause` is the inner reason that it nests below.
package struct DocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a caller would act on differently.
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// Bytes that are not JSON.
        case malformedJSON
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// A limit of size, depth or number.
        case limit
        /// JSON, but not an object where an object has to be.
        case notAnObject
        /// The mapping is strict, and the field is not in it.
        case strictMapping
        /// A value that its field's type cannot take.
        case wrongType
        /// An object where a value is mapped, or a value where an object is.
        case objectConflict
        /// More mapped fields than an index may have.
        case fieldLimit
        /// A mapping that says something unknown or impossible.
        case invalidMapping
        /// A change of a mapping that would contradict what is indexed.
        case mappingConflict
        case invalidID
        /// An operation that cannot be: an unknown kind, a version where none is allowed, a message without source.
        case invalidOperation
    }

    package var kind: Kind
    /// One sentence with the values last.
    package var message: String
    /// The inner reason, if the message only names the place.
    package var cause: String?
    /// Where in the document, in bytes, if that is known.
    package var offset: Int?

    package init(_ kind: Kind, _ message: String, cause: String? = nil, offset: Int? = nil) {
        self.kind = kind
        self.message = message
        self.cause = cause
        self.offset = offset
    }

    package var description: String { cause.map { "\(message): \($0)" } ?? message }
}
