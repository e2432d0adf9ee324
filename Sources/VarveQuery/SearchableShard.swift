package import VarveDocument
package import VarveSegment

/// A shard's part of a search: the segments of one snapshot of it, and the mapping of its index.
package struct SearchableShard: Sendable {
    /// Their births do not overlap.
    package let segments: [SearchableSegment]
    /// The mapping. A field that only a segment knows counts as mapped too.
    package let fields: [FieldDefinition]
    /// A point in time: what it does not see is of no account for scores either.
    package var isFrozen = false

    package init(segments: [SearchableSegment], fields: [FieldDefinition]) {
        self.segments = segments
        self.fields = fields
    }
}
