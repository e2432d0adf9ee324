/// How the rows of a source block are laid out before deflating; the format page is
/// `docs/formats/source-block.md`. Raw values are part of the format.
package enum SourceBlockCodec: UInt8, Sendable, BitwiseCopyable {
    /// Row lengths, then rows; deflated with a preset dictionary.
    case rows = 1
    /// Typed columns beside the rows' shapes; deflated without a dictionary.
    case columns = 2
}

/// What is known of one finished source block: the segment's source index holds one of these each.
package struct SourceBlockEntry: Equatable, Sendable, BitwiseCopyable {
    package var firstRow: Int
    package var rowCount: Int
    /// Where the stored bytes begin in the output buffer; a multiple of 8 if the buffer began at one.
    package var offset: Int
    /// Deflated length, padding not counted.
    package var storedCount: Int
    /// Inflated length.
    package var rawCount: Int
    package var codec: SourceBlockCodec

    package init(
        firstRow: Int, rowCount: Int, offset: Int, storedCount: Int, rawCount: Int, codec: SourceBlockCodec
    ) {
        self.firstRow = firstRow
        self.rowCount = rowCount
        self.offset = offset
        self.storedCount = storedCount
        self.rawCount = rawCount
        self.codec = codec
    }
}

package struct SourceBlockOptions: Sendable {
    package var codec: SourceBlockCodec
    /// Deflate level: 1 at a flush, 6 at a merge.
    package var level: Int

    package init(codec: SourceBlockCodec = .columns, level: Int = 1) {
        self.codec = codec
        self.level = level
    }
}

/// Limits of the format, checked by readers before anything is allocated.
package enum SourceBlockLimits {
    package static let rowCountMax = 1024
    /// One document's JSON.
    package static let sourceBytesMax = 16 << 20
    /// Inflated bytes of a block of several rows.
    package static let rawBytesMax = 1 << 20
    /// Inflated bytes of a block that holds one row alone.
    package static let loneRawBytesMax = sourceBytesMax + 64
    /// A preset dictionary of codec 1.
    package static let dictionaryBytesMax = 4096
}
