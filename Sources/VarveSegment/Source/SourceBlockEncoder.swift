package import VarveBytes

/// Turns documents into source blocks: rows go in one after the other, finished blocks come out behind each
/// other in the caller's buffer.
///
/// Every row comes back byte for byte, whatever its bytes are; a tombstone is an empty row. Blocks start at
/// multiples of 8 in the output and are zero padded. Checksums are the caller's, who knows the file and the
/// offset that they are bound to. The format page is `docs/formats/source-block.md`.
package struct SourceBlockEncoder: ~Copyable {
    private var rows: RowBlockEncoder?
    private var columns: ColumnBlockEncoder?

    package init(options: SourceBlockOptions = SourceBlockOptions()) {
        switch options.codec {
        case .rows: rows = RowBlockEncoder(level: options.level)
        case .columns: columns = ColumnBlockEncoder(level: options.level)
        }
    }

    /// Adds a row. Blocks that it completes are appended to `output`, and told of in `blocks`.
    ///
    /// - Parameter source: at most 16 MiB; empty for a tombstone.
    package mutating func append(
        _ source: RawSpan, into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]
    ) {
        precondition(source.byteCount <= SourceBlockLimits.sourceBytesMax, "a source over 16 MiB")
        columns?.append(source, into: &output, blocks: &blocks)
        rows?.append(source, into: &output, blocks: &blocks)
    }

    /// Completes the block of the rows that are still pending, if any. More rows may follow.
    package mutating func finish(into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]) {
        columns?.finish(into: &output, blocks: &blocks)
        rows?.finish(into: &output, blocks: &blocks)
    }

    /// Leaves out row numbers that the caller fills with blocks copied from elsewhere; call `finish` before.
    package mutating func skip(rows count: Int) {
        columns?.skip(rows: count)
        rows?.skip(rows: count)
    }

    /// The preset dictionary that the blocks of codec 1 need; empty if there is none. Fixed from the first
    /// completed block on.
    package var dictionary: [UInt8] {
        switch rows {
        case .some(let rows): rows.dictionary
        case .none: []
        }
    }
}
