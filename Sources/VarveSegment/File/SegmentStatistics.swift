package import VarveBytes
import VarveDocument

/// What a segment file consists of, for tools that show where the bytes went.
package struct SegmentStatistics: Sendable {
    package struct Section: Sendable {
        /// Nil for a kind that this version does not know.
        package let kind: SectionKind?
        /// The path of the field that the section belongs to, if it belongs to one.
        package let field: String?
        package let offset: UInt64
        package let byteCount: UInt64
        /// Blocks, entries, rows or terms, as the format page says of the kind.
        package let items: UInt64
        package let checksum: UInt64
    }

    package let sections: [Section]
    package let rowCount: Int
    package let tombstoneCount: Int
    package let births: ClosedRange<SequenceNumber>

    /// Bytes of all sections of a kind.
    package func byteCount(of kind: SectionKind) -> UInt64 {
        sections.reduce(0) { $0 + ($1.kind == kind ? $1.byteCount : 0) }
    }
}

extension SegmentReader {
    package var statistics: SegmentStatistics {
        let parts = sections.entries.map { entry in
            let kind = SectionKind(rawValue: entry.kind)
            let hasField = kind?.isOfField ?? false
            return SegmentStatistics.Section(
                kind: kind, field: hasField ? fields[Int(entry.field)].definition.path : nil,
                offset: entry.offset, byteCount: entry.length, items: entry.items, checksum: entry.checksum)
        }
        return SegmentStatistics(
            sections: parts, rowCount: rowCount, tombstoneCount: tombstoneCount, births: births)
    }
}

extension SectionKind {
    /// There is one for each field that has such a thing.
    var isOfField: Bool {
        switch self {
        case .column, .lengths, .terms, .termIndex, .postings, .postingsIndex: true
        case .sources, .sourceDictionaries, .sourceIndex, .ids, .idIndex, .idFilter, .births, .versions,
            .places, .tombstones, .fields, .columnIndex:
            false
        }
    }
}
