package import VarveBytes

/// A schema's bytes: opaque to the manifest and to the log's schema records. The page is `docs/formats/schema.md`.
///
/// ```
/// version u8 = 1 | generation varint | dynamic u8 | flags u8: 1 detects dates, 2 detects numbers
/// objects: varint count, each: path string | dynamic u8, 0 = the parent's | enabled u8
/// varint number of the first field | fields: varint count, each:
///   path string | type u8 | bits u8 | flags u8 | [ignore_above varint] [copies string] [format string] [null string]
///   [analyzer u8] [search analyzer u8] [copies to: varint count, paths]
/// ```
/// Flags of a field: 1 indexed, 2 column, then what follows: 4 ignore_above, 8 copies, 16 format, 32 null value,
/// 64 analyzer, 128 search analyzer. 128 in the bits: what it copies to follows.
extension SchemaSnapshot {
    package func encode(from first: Int, into buffer: inout ByteBuffer) {
        buffer.append(UInt8(1))
        buffer.appendVarint(generation)
        buffer.append(dynamic.rawValue)
        buffer.append((detectsDates ? 1 : 0) | (detectsNumbers ? 2 : 0) as UInt8)
        buffer.appendVarint(UInt64(objects.count))
        for object in objects {
            buffer.appendSized(object.path)
            buffer.append(object.dynamic?.rawValue ?? 0)
            buffer.append(object.isEnabled ? 1 : 0 as UInt8)
        }
        let new = fields[min(first, fields.count)...]
        buffer.appendVarint(UInt64(new.startIndex))
        buffer.appendVarint(UInt64(new.count))
        for field in new { field.encode(into: &buffer) }
    }

    /// Takes in what the bytes say. Fields are told by their paths: those that are there already have to be the
    /// same, the others come after them. What is said of dynamic mapping and objects counts unless this schema is
    /// newer than the bytes, as it is when an old record of the log is read once more.
    package mutating func apply(_ bytes: RawSpan) throws(FormatError) {
        var reader = ByteReader(bytes)
        let version: UInt8 = try reader.read()
        guard version == 1 else {
            throw FormatError("schema version \(version) is unknown", offset: 0, isNewerFormat: version > 1)
        }
        let written = try reader.readVarint()
        guard written < 1 << 62 else { throw FormatError("a schema's generation of \(written)", offset: 1) }
        let isNewer = written >= generation
        try applySettings(isNewer, &reader)
        try applyObjects(isNewer, &reader)
        let first = try reader.readCount(limit: Self.fieldsMax, of: "the number of a schema's first field")
        guard first <= fields.count else {
            throw FormatError(
                "fields from \(first) on, but only \(fields.count) are known", offset: reader.offset)
        }
        let count = try reader.readCount(limit: Self.fieldsMax, of: "a schema's number of fields")
        for _ in 0..<count {
            let at = reader.offset
            let field = try FieldDefinition(decoding: &reader)
            do throws(DocumentError) { try add(field) } catch {
                throw FormatError("\(error.message)", offset: at)
            }
        }
        try reader.expectEnd(of: "a schema")
        generation = max(generation, written)
    }

    private mutating func applySettings(_ isNewer: Bool, _ reader: inout ByteReader) throws(FormatError) {
        let dynamic = try Self.readDynamic(&reader)
        let flags: UInt8 = try reader.read()
        guard flags < 4 else { throw FormatError("unknown schema flags \(flags)", offset: reader.offset) }
        guard isNewer else { return }
        let (detectsDates, detectsNumbers) = (flags & 1 != 0, flags & 2 != 0)
        if (dynamic, detectsDates, detectsNumbers) == (self.dynamic, self.detectsDates, self.detectsNumbers) {
            return
        }
        self.dynamic = dynamic
        self.detectsDates = detectsDates
        self.detectsNumbers = detectsNumbers
        generation += 1
    }

    private mutating func applyObjects(_ isNewer: Bool, _ reader: inout ByteReader) throws(FormatError) {
        let count = try reader.readCount(limit: Self.fieldsMax, of: "a schema's number of objects")
        for _ in 0..<count {
            let at = reader.offset
            let path = try reader.readString(limit: Self.pathBytesMax, of: "an object's path")
            let code: UInt8 = try reader.read()
            guard code <= 3 else { throw FormatError("unknown dynamic \(code)", offset: reader.offset) }
            let enabled: UInt8 = try reader.read()
            guard enabled <= 1 else { throw FormatError("unknown enabled \(enabled)", offset: reader.offset) }
            let rule = ObjectRule(
                path: path, dynamic: Mapping.Dynamic(rawValue: code), isEnabled: enabled == 1)
            if !isNewer || self.rule(of: path) == rule { continue }
            do throws(DocumentError) { try add(rule) } catch {
                throw FormatError("\(error.message)", offset: at)
            }
        }
    }

    private static func readDynamic(_ reader: inout ByteReader) throws(FormatError) -> Mapping.Dynamic {
        let code: UInt8 = try reader.read()
        guard let dynamic = Mapping.Dynamic(rawValue: code) else {
            throw FormatError("unknown dynamic \(code)", offset: reader.offset)
        }
        return dynamic
    }
}

extension FieldDefinition {
    func encode(into buffer: inout ByteBuffer) {
        buffer.appendSized(path)
        buffer.append(type.rawValue)
        buffer.append(bits | (copyTo.isEmpty ? 0 : Self.copiesFollow))
        var flags: UInt8 = (isIndexed ? 1 : 0) | (hasColumn ? 2 : 0)
        if ignoreAbove != nil { flags |= 4 }
        if copies != nil { flags |= 8 }
        if format != nil { flags |= 16 }
        if nullValue != nil { flags |= 32 }
        if analyzer != nil { flags |= 64 }
        if searchAnalyzer != nil { flags |= 128 }
        buffer.append(flags)
        if let ignoreAbove { buffer.appendVarint(UInt64(ignoreAbove)) }
        for text in [copies, format, nullValue] {
            if let text { buffer.appendSized(text) }
        }
        for choice in [analyzer, searchAnalyzer] {
            if let choice { buffer.append(choice.rawValue) }
        }
        if copyTo.isEmpty { return }
        buffer.appendVarint(UInt64(copyTo.count))
        for path in copyTo { buffer.appendSized(path) }
    }

    /// Set in the bits of a field whose values go to other fields too.
    private static let copiesFollow: UInt8 = 128

    init(decoding reader: inout ByteReader) throws(FormatError) {
        let path = try reader.readString(limit: SchemaSnapshot.pathBytesMax, of: "a field's path")
        let code: UInt8 = try reader.read()
        guard let type = FieldType(rawValue: code) else {
            throw FormatError("unknown field type \(code)", offset: reader.offset)
        }
        self.init(path, type)
        let width: UInt8 = try reader.read()
        bits = width & ~Self.copiesFollow
        guard bits == 64 || (type == .long && [8, 16, 32].contains(bits)) else {
            throw FormatError("a \(type) of \(bits) bits", offset: reader.offset)
        }
        let flags: UInt8 = try reader.read()
        isIndexed = flags & 1 != 0
        hasColumn = flags & 2 != 0
        if flags & 4 != 0 { ignoreAbove = try reader.readCount(limit: Int(Int32.max), of: "ignore_above") }
        if flags & 8 != 0 { copies = try reader.readString(limit: 255, of: "the path of a value") }
        if let copies, !path.hasPrefix(copies + ".") {
            throw FormatError("\(path) is no multi-field of \(copies)", offset: reader.offset)
        }
        if flags & 16 != 0 { format = try reader.readString(limit: 255, of: "a date format") }
        if let format, type != .date || DateFormat(format) == nil {
            throw FormatError("unknown date format \(format)", offset: reader.offset)
        }
        if flags & 32 != 0 { nullValue = try reader.readString(limit: 32_766, of: "a null value") }
        if flags & 64 != 0 { analyzer = try Self.analyzer(&reader) }
        if flags & 128 != 0 { searchAnalyzer = try Self.analyzer(&reader) }
        guard width & Self.copiesFollow != 0 else { return }
        for _ in 0..<(try reader.readCount(limit: SchemaSnapshot.fieldsMax, of: "a count of copies")) {
            copyTo.append(try reader.readString(limit: SchemaSnapshot.pathBytesMax, of: "a field's path"))
        }
    }

    private static func analyzer(_ reader: inout ByteReader) throws(FormatError) -> Analyzer {
        let code: UInt8 = try reader.read()
        guard let analyzer = Analyzer(rawValue: code) else {
            throw FormatError("unknown analyzer \(code)", offset: reader.offset)
        }
        return analyzer
    }
}
