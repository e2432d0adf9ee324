import VarveBytes
import VarveDocument

/// The list of a segment's fields, as a section. The format page is `docs/formats/segment.md` (fields).
///
/// ```
/// per field: path string | type u8 | flags u8: 1 indexed, 2 column, 4 several values, 8 ignore above, 16 copies
/// | ignore above varint, if flagged | copies string, if flagged | terms varint | rows with value varint
/// | for keyword and text: tokens varint
/// | minimum zigzag | maximum zigzag
/// ```
enum SegmentFields {
    private static let indexed: UInt8 = 1
    private static let column: UInt8 = 2
    private static let several: UInt8 = 4
    private static let ignoresAbove: UInt8 = 8
    private static let copies: UInt8 = 16
    private static let pathBytesMax = 1024

    static func encode(_ fields: [SegmentField], into buffer: inout ByteBuffer) {
        for field in fields {
            let definition = field.definition
            buffer.appendSized(definition.path)
            buffer.append(definition.type.rawValue)
            var flags: UInt8 = 0
            if definition.isIndexed { flags |= indexed }
            if definition.hasColumn { flags |= column }
            if field.isMultiValued { flags |= several }
            if definition.ignoreAbove != nil { flags |= ignoresAbove }
            if definition.copies != nil { flags |= copies }
            buffer.append(flags)
            if let limit = definition.ignoreAbove { buffer.appendVarint(UInt64(limit)) }
            if let path = definition.copies { buffer.appendSized(path) }
            buffer.appendVarint(UInt64(field.termCount))
            buffer.appendVarint(UInt64(field.rowsWithValue))
            if definition.hasTerms { buffer.appendVarint(UInt64(field.tokenCount)) }
            buffer.appendZigzag(field.minimum)
            buffer.appendZigzag(field.maximum)
        }
    }

    static func decode(_ bytes: RawSpan, count: Int, rowCount: Int) throws(FormatError) -> [SegmentField] {
        var reader = ByteReader(bytes)
        var fields: [SegmentField] = []
        var paths: Set<String> = []
        for _ in 0..<count {
            let at = reader.offset
            let field = try decodeField(&reader, rowCount: rowCount)
            guard paths.insert(field.definition.path).inserted else {
                throw FormatError("a second field \(field.definition.path)", offset: at)
            }
            fields.append(field)
        }
        try reader.expectEnd(of: "a list of fields")
        return fields
    }

    @_lifetime(reader: copy reader)
    private static func decodeField(
        _ reader: inout ByteReader, rowCount: Int
    ) throws(FormatError) -> SegmentField {
        let path = try reader.readString(limit: pathBytesMax, of: "a field's path")
        let at = reader.offset
        let rawType: UInt8 = try reader.read()
        let flags: UInt8 = try reader.read()
        guard let type = FieldType(rawValue: rawType), flags < 32 else {
            throw FormatError("a field of type \(rawType) with flags \(flags)", offset: at)
        }
        var definition = FieldDefinition(path, type)
        definition.isIndexed = flags & indexed != 0
        definition.hasColumn = flags & column != 0
        if flags & ignoresAbove != 0 {
            definition.ignoreAbove = try reader.readCount(limit: Int(Int32.max), of: "a length of values")
        }
        if flags & copies != 0 {
            definition.copies = try reader.readString(limit: pathBytesMax, of: "a field's path")
        }
        guard type != .text || !definition.hasColumn else {
            throw FormatError("a column of text", offset: at)
        }
        let terms = try reader.readCount(limit: 1 << 40, of: "a number of terms")
        guard definition.hasTerms || terms == 0 else { throw FormatError("terms of a number", offset: at) }
        return SegmentField(
            definition: definition, termCount: terms,
            rowsWithValue: try reader.readCount(limit: rowCount, of: "a number of rows"),
            tokenCount: definition.hasTerms
                ? try reader.readCount(limit: 1 << 40, of: "a number of tokens") : 0,
            isMultiValued: flags & several != 0, minimum: try reader.readZigzag(),
            maximum: try reader.readZigzag())
    }
}

extension FieldDefinition {
    /// Strings have terms, whatever else is built for them.
    var hasTerms: Bool { type == .keyword || type == .text }
    /// Rows by term are kept.
    var hasPostings: Bool { type == .text || (type == .keyword && isIndexed) }
    /// Tokens a row are kept.
    var hasLengths: Bool { type == .text }
}
