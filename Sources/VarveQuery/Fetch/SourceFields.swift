import VarveBytes
import VarveDocument

/// Reads the values of fields from a source, as the mapping has them: numbers from texts, dates in their format. What
/// does not fit its field is left out, as it is from the index.
struct SourceFields {
    private let selection: FieldSelection

    init(_ selection: FieldSelection) { self.selection = selection }

    func read(_ source: RawSpan) -> [FieldValues] {
        guard let document = try? JSONValue(parsing: source) else { return [] }
        var found: [FieldValues] = []
        for field in selection.fields {
            var values: [FieldValues.Value] = []
            let path = field.definition.copies ?? field.definition.path
            collect(document, path[...], field, into: &values)
            if !values.isEmpty { found.append(FieldValues(field.definition.path, values)) }
        }
        return found
    }

    /// - Parameter path: What is left of it below `value`; empty at the values.
    private func collect(
        _ value: JSONValue, _ path: Substring, _ field: FieldSelection.Field,
        into values: inout [FieldValues.Value]
    ) {
        switch value {
        case .array(let elements): for element in elements { collect(element, path, field, into: &values) }
        case .object(let members):
            if path.isEmpty { return }
            for member in members {
                if path == member.key {
                    collect(member.value, path.dropFirst(path.count), field, into: &values)
                } else if path.hasPrefix(member.key + ".") {
                    collect(member.value, path.dropFirst(member.key.count + 1), field, into: &values)
                }
            }
        case .null:
            guard path.isEmpty, let text = field.definition.nullValue else { return }
            if let value = Self.value(.string(text), field) { values.append(value) }
        case .boolean, .integer, .real, .string:
            guard path.isEmpty, let value = Self.value(value, field) else { return }
            values.append(value)
        }
    }

    private static func value(_ json: JSONValue, _ field: FieldSelection.Field) -> FieldValues.Value? {
        let text = scalarText(json)
        switch field.definition.type {
        case .text: return .string(text)
        case .keyword:
            if let most = field.definition.ignoreAbove, text.unicodeScalars.count > most { return nil }
            return .string(text)
        case .boolean:
            switch text {
            case "true": return .boolean(true)
            case "false", "": return .boolean(false)
            default: return nil
            }
        case .long:
            if case .integer(let number) = json { return .integer(number) }
            if let number = Int64(text) { return .integer(number) }
            return Double(text).flatMap { Int64(exactly: $0.rounded(.towardZero)) }.map { .integer($0) }
        case .double: return Double(text).map { .double($0) }
        case .float: return Double(text).map { .float(Float($0)) }
        case .date:
            return field.reader.parse(Array(text.utf8).rawSpan).map {
                .string(field.format.text($0.milliseconds))
            }
        }
    }

    private static func scalarText(_ json: JSONValue) -> String {
        switch json {
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .real(let number): JavaNumber.text(number)
        case .string(let text): text
        case .null, .array, .object: ""
        }
    }
}
