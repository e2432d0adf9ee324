import VarveBytes
import VarveDocument

/// A field's terms, as a query says them.
extension FieldDefinition {
    /// Whether its values are terms rather than numbers.
    var hasTerms: Bool { type == .keyword || type == .text }

    /// What cuts the text of a query on this field.
    var queryAnalyzer: Analyzer {
        searchAnalyzer ?? analyzer ?? (type == .text ? .standard : .keyword)
    }

    /// A value as the field's normalizer leaves it; texts have none.
    func normalized(_ text: String) -> String {
        String(decoding: term(text), as: UTF8.self)
    }

    /// The same as a term.
    func term(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard type == .keyword, analyzer == .lowercase else { return bytes }
        var buffer = ByteBuffer()
        Lowercase.append(bytes.rawSpan, to: &buffer)
        return buffer.bytes.copyBytes()
    }
}
