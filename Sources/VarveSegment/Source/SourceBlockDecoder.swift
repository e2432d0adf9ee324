package import VarveBytes

/// Inflates source blocks and checks all of them: what it returns renders without a further check.
///
/// It trusts no byte: a stored block that breaks any rule of `docs/formats/source-block.md` is a `FormatError`,
/// and memory is taken only after the lengths were held against the limits. Stored checksums are the caller's to
/// verify before; this is the second line.
package enum SourceBlockDecoder {
    /// - Parameters:
    ///   - rawCount: the inflated length, and `rowCount` the rows, as the source index says.
    ///   - dictionary: the preset dictionary of codec 1; empty for codec 2.
    package static func decode(
        stored: RawSpan, rawCount: Int, rowCount: Int, codec: SourceBlockCodec,
        dictionary: RawSpan = RawSpan()
    ) throws(FormatError) -> DecodedSourceBlock {
        guard rowCount >= 1 && rowCount <= SourceBlockLimits.rowCountMax else {
            throw FormatError("a source block of \(rowCount) rows", offset: 0)
        }
        let limit = rowCount == 1 ? SourceBlockLimits.loneRawBytesMax : SourceBlockLimits.rawBytesMax
        guard rawCount >= 0 && rawCount <= limit else {
            throw FormatError("\(rawCount) inflated bytes are over the limit of \(limit)", offset: 0)
        }
        guard dictionary.byteCount <= SourceBlockLimits.dictionaryBytesMax else {
            throw FormatError("a dictionary of \(dictionary.byteCount) bytes", offset: 0)
        }
        var raw = ByteBuffer(capacity: rawCount)
        var inflater = Inflater()
        try inflater.inflate(stored, rawCount: rawCount, dictionary: dictionary, into: &raw)
        return try decode(raw: raw, rowCount: rowCount, codec: codec)
    }

    /// Checks an inflated block, whose length was held against the limits.
    static func decode(
        raw: consuming ByteBuffer, rowCount: Int, codec: SourceBlockCodec
    ) throws(FormatError) -> DecodedSourceBlock {
        let payload = SharedBytes(raw)
        let plan: SourceBlockPlan
        switch codec {
        case .rows: plan = try RowBlockParser.parse(payload, rowCount: rowCount)
        case .columns: plan = try ColumnBlockParser.parse(payload, rowCount: rowCount)
        }
        return DecodedSourceBlock(rowCount: rowCount, plan: plan)
    }
}
