package import VarveBytes

/// Checks operations one by one and lays them out as the log stores them, with the values that the memtable
/// wants: all the work that needs no number, done on the caller's thread.
///
/// An operation that is refused leaves the builder as it was. A builder serves one thread and lives long: what it
/// learned of the documents' shape makes the next batch cheap, and nothing is allocated per document.
package struct BatchBuilder: ~Copyable {
    package let limits: BatchLimits
    var extractor: ValueExtractor
    /// Memory for a document that is put together from parts of its message.
    var spliced: ByteBuffer?
    private var payload = ByteBuffer(capacity: 4_096)
    private var operations: [PreparedOperation] = []
    private var isFresh = true

    /// More than what an operation and a checkpoint take besides id, routing, source and pointer.
    private static let spareBytes = SourceCheckpoint.pointerBytesMax + 128

    /// - Parameter seed: Of the hash of keys; it decides nothing that can be seen.
    package init(schema: Schema, limits: BatchLimits = BatchLimits(), seed: UInt64 = 0) {
        precondition(limits.payloadBytes < 1 << 32 && limits.operations <= 65_535, "beyond the format")
        self.limits = limits
        extractor = ValueExtractor(schema: schema, limits: limits.document, seed: seed, isLenient: false)
        begin()
    }

    package var operationCount: Int { operations.count }
    /// Bytes of the payload so far.
    package var byteCount: Int { payload.count }
    /// Bytes of memory in the extracted values so far.
    package var valueByteCount: Int {
        extractor.sink.values.count * MemoryLayout<FieldValue>.stride + extractor.sink.strings.count
    }

    /// Whether an operation with a source of this size still fits.
    package func hasRoom(for sourceBytes: Int) -> Bool {
        operations.count < limits.operations && payload.count + sourceBytes + 2_048 <= limits.payloadBytes
    }

    // MARK: Operations

    /// Stores a document, whatever was there.
    package mutating func index(
        id: RawSpan, source: RawSpan, options: OperationOptions = OperationOptions(),
        routing: RawSpan = RawSpan()
    ) throws(DocumentError) {
        try put(.index, id, source, options, routing)
    }

    /// Stores a document only if its id has none.
    package mutating func create(
        id: RawSpan, source: RawSpan, options: OperationOptions = OperationOptions(),
        routing: RawSpan = RawSpan()
    ) throws(DocumentError) {
        try put(.create, id, source, options, routing)
    }

    package mutating func delete(
        id: RawSpan, options: OperationOptions = OperationOptions(), routing: RawSpan = RawSpan()
    ) throws(DocumentError) {
        try check(routing: routing)
        try check(id, options, bytes: id.byteCount + routing.byteCount)
        append(.delete, id, options, routing, source: RawSpan(), firstValue: extractor.sink.values.count)
    }

    private mutating func put(
        _ kind: OperationKind, _ id: RawSpan, _ source: RawSpan, _ options: OperationOptions,
        _ routing: RawSpan
    ) throws(DocumentError) {
        try check(routing: routing)
        try check(id, options, bytes: id.byteCount + routing.byteCount + source.byteCount)
        try extractor.parser.parse(source)
        try append(kind, id, options, routing, document: source, at: 0, in: source)
    }

    /// Appends a document that the parser has just read.
    ///
    /// - Parameters:
    ///   - source: The document's own bytes.
    ///   - index: Where it stands on the tape.
    ///   - text: What was parsed.
    mutating func append(
        _ kind: OperationKind, _ id: RawSpan, _ options: OperationOptions, _ routing: RawSpan,
        document source: RawSpan, at index: Int, in text: RawSpan
    ) throws(DocumentError) {
        guard extractor.parser[index].tag == .object else {
            throw DocumentError(
                .notAnObject, "failed to parse", cause: "a document is a JSON object", offset: 0)
        }
        if isFresh { extractor.refresh() }
        isFresh = false
        let firstValue = extractor.sink.values.count
        try extractor.extract(text, at: index, id: options.idIsGiven ? id : RawSpan())
        if routing.byteCount > 0 { try extractor.take(routing: routing) }
        append(kind, id, options, routing, source: source, firstValue: firstValue)
    }

    mutating func append(
        _ kind: OperationKind, _ id: RawSpan, _ options: OperationOptions, _ routing: RawSpan,
        source: RawSpan, firstValue: Int
    ) {
        var operation = PreparedOperation(kind: kind)
        operation.versioning = options.versioning
        operation.version = options.version
        operation.ifSequenceNumber = options.ifSequenceNumber
        operation.idIsNew = options.idIsNew
        operation.firstValue = UInt32(firstValue)
        operation.valueCount = UInt32(extractor.sink.values.count - firstValue)
        OperationLayout.encode(&operation, id: id, routing: routing, source: source, into: &payload)
        operations.append(operation)
    }

    // MARK: Checks

    func check(routing: RawSpan) throws(DocumentError) {
        if routing.byteCount > OperationLayout.idBytesMax {
            throw DocumentError(
                .invalidOperation,
                "a routing value has at most \(OperationLayout.idBytesMax) bytes, this one has \(routing.byteCount)"
            )
        }
    }

    func check(_ id: RawSpan, _ options: OperationOptions, bytes: Int) throws(DocumentError) {
        if id.byteCount == 0 {
            throw DocumentError(.invalidID, "if _id is specified it must not be empty")
        }
        if id.byteCount > limits.idBytes {
            throw DocumentError(
                .invalidID,
                "id is too long, must be no longer than \(limits.idBytes) bytes but was: \(id.byteCount)")
        }
        if !id.isValidUTF8 { throw DocumentError(.invalidUTF8, "an id is not valid UTF-8") }
        if options.version < 0 {
            throw DocumentError(
                .invalidOperation, "illegal version value [\(options.version)] for version type [EXTERNAL]")
        }
        if operations.count >= limits.operations {
            throw DocumentError(.limit, "a batch has at most \(limits.operations) operations")
        }
        if payload.count + bytes + Self.spareBytes > limits.payloadBytes {
            throw DocumentError(.limit, "a batch has at most \(limits.payloadBytes) bytes")
        }
    }

    // MARK: The end

    /// The batch so far; the builder goes on with an empty one.
    ///
    /// - Parameters:
    ///   - time: When the batch is written, in milliseconds since 1970.
    ///   - checkpoint: The place in a stream source that the batch reaches.
    package mutating func finish(at time: UInt64, checkpoint: SourceCheckpoint? = nil) -> BatchDraft {
        let header = BatchHeader(
            time: time, operationsEnd: payload.count, operationCount: operations.count,
            isCheckpointed: checkpoint != nil)
        checkpoint?.encode(into: &payload)
        header.patch(&payload)
        var sealed = ByteBuffer(capacity: payload.capacity)
        var strings = ByteBuffer(capacity: extractor.sink.strings.capacity)
        swap(&sealed, &payload)
        swap(&strings, &extractor.sink.strings)
        let draft = BatchDraft(
            payload: sealed, operations: operations, values: extractor.sink.values.copyItems(),
            strings: SharedBytes(strings))
        begin()
        return draft
    }

    /// Drops the batch so far.
    package mutating func removeAll() {
        payload.removeAll()
        extractor.sink.strings.removeAll()
        begin()
    }

    private mutating func begin() {
        isFresh = true
        let places = operations.capacity
        operations = []
        operations.reserveCapacity(places)
        extractor.sink.values.removeAll()
        BatchHeader(time: 0, operationsEnd: 0, operationCount: 0, isCheckpointed: false).encode(
            into: &payload)
    }
}
