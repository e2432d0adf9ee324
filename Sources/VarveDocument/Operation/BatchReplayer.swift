package import VarveBytes

/// Rebuilds prepared batches from the log's payloads: the same operations, their values extracted again with the
/// schema as it is now.
///
/// What was accepted once is never refused: a value that does not fit the schema any more is left out. Bytes that
/// are no batch are a `FormatError`.
package struct BatchReplayer: ~Copyable {
    private var extractor: ValueExtractor

    /// - Parameter seed: Of the hash of keys; it decides nothing that can be seen.
    package init(schema: Schema, seed: UInt64 = 0) {
        extractor = ValueExtractor(schema: schema, limits: JSONLimits(), seed: seed, isLenient: true)
    }

    package mutating func prepare(_ payload: SharedBytes) throws(FormatError) -> ReplayedBatch {
        let listing = try BatchListing(decoding: payload.bytes)
        var operations = listing.operations
        extractor.sink.values.removeAll()
        extractor.refresh()
        for place in operations.indices {
            let first = extractor.sink.values.count
            operations[place].firstValue = UInt32(first)
            try extract(operations[place], payload.bytes)
            operations[place].valueCount = UInt32(extractor.sink.values.count - first)
        }
        var strings = ByteBuffer(capacity: extractor.sink.strings.count)
        swap(&strings, &extractor.sink.strings)
        let batch = PreparedBatch(
            payload: payload, operations: operations, values: extractor.sink.values.copyItems(),
            strings: SharedBytes(strings))
        return ReplayedBatch(batch: batch, time: listing.time, checkpoint: listing.checkpoint)
    }

    private mutating func extract(
        _ operation: PreparedOperation, _ payload: RawSpan
    ) throws(FormatError) {
        guard operation.kind == .index || operation.kind == .create else { return }
        let source = payload.slice(Int(operation.sourceOffset), Int(operation.sourceCount))
        do throws(DocumentError) {
            try extractor.parser.parse(source)
            guard extractor.parser[0].tag == .object else {
                throw DocumentError(.notAnObject, "a document is a JSON object")
            }
            let id = payload.slice(Int(operation.idOffset), Int(operation.idCount))
            try extractor.extract(source, at: 0, id: id)
            let routing = payload.slice(Int(operation.routingOffset), Int(operation.routingCount))
            if routing.byteCount > 0 { try extractor.take(routing: routing) }
        } catch {
            throw FormatError("a document of a batch: \(error)", offset: Int(operation.sourceOffset))
        }
    }
}

/// A batch as the log had it.
package struct ReplayedBatch: Sendable {
    package let batch: PreparedBatch
    /// When it was written, in milliseconds since 1970.
    package let time: UInt64
    package let checkpoint: SourceCheckpoint?
}
