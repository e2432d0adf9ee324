package import VarveBytes

/// A batch whose operations are checked but not numbered yet: what the sequencer gets.
///
/// While the draft lives, kind and version of an operation may be changed in place, in the payload too; sealing
/// hands the same memory on. There is one draft by type, so nobody reads bytes that still change.
package struct BatchDraft: ~Copyable, Sendable {
    package private(set) var operations: [PreparedOperation]
    package let values: [FieldValue]
    private var payload: ByteBuffer
    /// Bytes of the values that are strings.
    package let strings: SharedBytes

    init(
        payload: consuming ByteBuffer, operations: [PreparedOperation], values: [FieldValue],
        strings: SharedBytes
    ) {
        self.payload = payload
        self.operations = operations
        self.values = values
        self.strings = strings
    }

    /// Bytes of the payload.
    package var byteCount: Int { payload.count }
    package var payloadBytes: RawSpan {
        @_lifetime(borrow self)
        get { payload.bytes }
    }

    /// The id of an operation.
    @_lifetime(borrow self)
    package func id(of operation: Int) -> RawSpan {
        payload.bytes.slice(Int(operations[operation].idOffset), Int(operations[operation].idCount))
    }

    /// Makes the operation another one: of a refused one, a no-operation that fills its number.
    package mutating func setKind(_ kind: OperationKind, of operation: Int) {
        operations[operation].kind = kind
        payload.overwrite(kind.rawValue, at: Int(operations[operation].kindOffset))
    }

    /// Gives the operation the version that it turned out to have.
    package mutating func setVersion(_ version: Int64, of operation: Int) {
        operations[operation].version = version
        payload.overwrite(version, at: Int(operations[operation].versionOffset))
    }

    /// Sets when the batch was written, in milliseconds since 1970.
    package mutating func setTime(_ milliseconds: UInt64) {
        payload.overwrite(milliseconds, at: BatchHeader.timeOffset)
    }

    /// From here on nothing changes any more.
    package consuming func seal() -> PreparedBatch {
        PreparedBatch(
            payload: SharedBytes(payload), operations: operations, values: values, strings: strings)
    }
}
