/// Bounds on one batch.
package struct BatchLimits: Sendable, Hashable {
    package var payloadBytes = 64 << 20
    package var operations = 10_000
    package var idBytes = 512
    package var document = JSONLimits()

    package init() {}
}

/// What an operation says besides id and source.
package struct OperationOptions: Sendable, Hashable {
    package var versioning = Versioning.blind
    /// For `external` and `externalOrEqual`.
    package var version: Int64 = 0
    package var ifSequenceNumber: UInt64 = 0
    /// The id was generated: nothing needs to be looked up for it.
    package var idIsNew = false
    /// Whether the document came with its id: messages leave out one that was made up.
    package var idIsGiven = true

    package init() {}

    package init(_ versioning: Versioning, version: Int64 = 0) {
        self.versioning = versioning
        self.version = version
    }
}
