package import VarveBytes

/// Operations that are parsed, checked and ready to be numbered: the hand-over from a caller's thread to the
/// sequencer.
///
/// `payload` is the batch exactly as the log stores it (`docs/formats/batch.md`); ids and sources are ranges of
/// it, so the log, the memtable and the reader share one copy. `values` are the extracted field values of all
/// operations, one run after the other; strings lie in `strings`.
package struct PreparedBatch: Sendable {
    package let payload: SharedBytes
    package let operations: [PreparedOperation]
    package let values: [FieldValue]
    package let strings: SharedBytes

    package init(
        payload: SharedBytes, operations: [PreparedOperation], values: [FieldValue], strings: SharedBytes
    ) {
        self.payload = payload
        self.operations = operations
        self.values = values
        self.strings = strings
    }
}

/// One operation of a batch. Offsets are positions in the batch's payload.
package struct PreparedOperation: Sendable, BitwiseCopyable {
    package var kind: OperationKind
    package var versioning: Versioning
    /// The id was generated and cannot exist yet: nothing is looked up for it.
    package var idIsNew: Bool
    package var idCount: UInt16
    package var idOffset: UInt32
    /// Of the routing value; of no byte if there is none.
    package var routingOffset: UInt32
    package var routingCount: UInt16
    package var sourceOffset: UInt32
    package var sourceCount: UInt32
    /// The operation's run in `values`.
    package var firstValue: UInt32
    package var valueCount: UInt32
    /// Where the operation's kind byte and its 8-byte version lie in the payload.
    package var kindOffset: UInt32
    package var versionOffset: UInt32
    /// The version given (external), or 0.
    package var version: Int64
    /// For `.ifSequenceNumber`: the number that the current version must have.
    package var ifSequenceNumber: UInt64

    package init(kind: OperationKind) {
        self.kind = kind
        versioning = .blind
        idIsNew = false
        idCount = 0
        idOffset = 0
        routingOffset = 0
        routingCount = 0
        sourceOffset = 0
        sourceCount = 0
        firstValue = 0
        valueCount = 0
        kindOffset = 0
        versionOffset = 0
        version = 0
        ifSequenceNumber = 0
    }
}

/// Raw values are part of the log's format.
package enum OperationKind: UInt8, Sendable, BitwiseCopyable {
    /// Store the document, whatever was there.
    case index = 1
    /// Store it only if the id has no live version.
    case create = 2
    case delete = 3
    /// Fills the number of an operation that failed after its batch was sealed.
    case noOperation = 4
    /// Keeps a message of a stream that could not be applied; the source is the letter.
    case deadLetter = 5
    /// Drops such letters; the source names them.
    case removeLetters = 6

    /// Whether it is about a document.
    package var isOfDocument: Bool { self == .index || self == .create || self == .delete }
}

/// What must hold of the current version for an operation to go ahead.
package enum Versioning: UInt8, Sendable, BitwiseCopyable {
    /// Nothing, and the answer's version is not wanted: no look-up before the next refresh.
    case blind = 0
    /// Nothing, but the answer says which version this became and what was there before.
    case resolved = 1
    /// Given version > current version.
    case external = 2
    /// Given version >= current version.
    case externalOrEqual = 3
    /// The current version's sequence number and term are the given ones.
    case ifSequenceNumber = 4
}

/// One value of one field of one document.
package struct FieldValue: Sendable, BitwiseCopyable {
    /// The field's number in the schema that the batch was prepared with.
    package var field: UInt32
    /// Bytes of a string value, and whether it is the first token of a text; unused otherwise.
    package var count: UInt32
    /// The bit of `count` that the first token of each text has, so that arrays of texts are told from one text.
    package static let beginsText: UInt32 = 1 << 31

    package var byteCount: Int { Int(count & ~Self.beginsText) }
    /// long, date: the value; boolean: 0 or 1; double, float: `Double.sortableBits`; keyword and text tokens:
    /// offset in `strings`.
    package var payload: Int64

    package init(field: UInt32, count: UInt32 = 0, payload: Int64) {
        self.field = field
        self.count = count
        self.payload = payload
    }
}

extension Double {
    /// An integer that orders as the numbers do (-0 below 0, no NaN): how columns keep doubles.
    package var sortableBits: Int64 {
        let bits = Int64(bitPattern: bitPattern)
        return bits ^ ((bits &>> 63) & Int64.max)
    }

    package init(sortableBits bits: Int64) {
        self.init(bitPattern: UInt64(bitPattern: bits ^ ((bits &>> 63) & Int64.max)))
    }
}
