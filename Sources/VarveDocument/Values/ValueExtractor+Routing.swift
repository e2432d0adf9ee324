import VarveBytes

/// The routing value of a document is the value of a keyword field of its own, which an index gets with the first
/// document that has one: so it is stored, merged and searched like any other.
extension ValueExtractor {
    /// Appends the routing value of the document that was extracted last.
    mutating func take(routing: RawSpan) throws(DocumentError) {
        while true {
            if let number = snapshot.number(of: SchemaSnapshot.routingPath) {
                sink.values.append(
                    FieldValue(
                        field: UInt32(number), count: UInt32(routing.byteCount),
                        payload: Int64(sink.strings.count)))
                sink.strings.append(routing)
                return
            }
            let field = FieldDefinition(SchemaSnapshot.routingPath, .keyword)
            if let newer = try schema.add([field], since: snapshot.generation) {
                keepNewFields(newer)
            } else {
                adopt(schema.snapshot)
            }
        }
    }
}

extension SchemaSnapshot {
    /// The field of routing values.
    package static let routingPath = "_routing"

    /// Names that the members of a document may not have.
    static let metadataNames: Set<String> = [
        "_id", "_index", "_routing", "_source", "_version", "_seq_no", "_primary_term", "_field_names",
        "_ignored", "_nested_path", "_type",
    ]
}
