package import VarveBytes

/// The fields of one index, shared by all who write to it: the current snapshot, and the one place where it
/// grows.
///
/// Whoever prepares a document works on a snapshot and collects the fields that the document would add. They are
/// added at its end, all or none, and only if nobody changed the schema meanwhile: otherwise the document is
/// looked at again, with the fields that others added.
package final class Schema: Sendable {
    private let current: Locked<SchemaSnapshot>

    package init(_ snapshot: SchemaSnapshot = SchemaSnapshot()) {
        current = Locked(snapshot)
    }

    package convenience init(_ mapping: Mapping) throws(DocumentError) {
        var snapshot = SchemaSnapshot()
        try snapshot.merge(mapping)
        self.init(snapshot)
    }

    package var snapshot: SchemaSnapshot { current.withLock { $0 } }

    package var generation: UInt64 { current.withLock { $0.generation } }

    /// Adds fields that a document brought, and returns the schema with them; nil if the schema is not the one of
    /// `generation` any more, so that the fields have to be thought over.
    package func add(
        _ fields: [FieldDefinition], since generation: UInt64
    ) throws(DocumentError) -> SchemaSnapshot? {
        try change { (snapshot) throws(DocumentError) in
            guard snapshot.generation == generation else { return false }
            let first = snapshot.fields.count
            for field in fields { try snapshot.add(field) }
            // A field that was there already would give the ones after it other numbers than was thought.
            return snapshot.fields.count == first + fields.count
        }
    }

    /// Takes a mapping in: new fields and objects are added, what is there may not change its type.
    @discardableResult
    package func merge(_ mapping: Mapping) throws(DocumentError) -> SchemaSnapshot {
        let merged = try change { (snapshot) throws(DocumentError) in
            try snapshot.merge(mapping)
            return true
        }
        return merged ?? snapshot
    }

    /// All or nothing: an error leaves the schema as it was.
    private func change(
        _ body: (inout SchemaSnapshot) throws(DocumentError) -> Bool
    ) throws(DocumentError) -> SchemaSnapshot? {
        try current.withLock { (state) throws(DocumentError) in
            var next = state
            guard try body(&next) else { return nil }
            state = next
            return next
        }
    }

    // MARK: Bytes, for manifests and for schema records of the log

    /// Appends the schema's bytes with the fields from number `first` on: 0 for the whole schema.
    package func encode(from first: Int = 0, into buffer: inout ByteBuffer) {
        snapshot.encode(from: first, into: &buffer)
    }

    /// Takes the bytes of a whole schema or of later fields in. Fields that are there already have to be the same.
    package func apply(_ bytes: RawSpan) throws(FormatError) {
        try current.withLock { (state) throws(FormatError) in
            var next = state
            try next.apply(bytes)
            state = next
        }
    }
}
