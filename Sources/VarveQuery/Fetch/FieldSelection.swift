import VarveBytes
import VarveDocument

/// The fields that patterns select of a mapping, each once, and how their dates are written.
struct FieldSelection {
    struct Field {
        let definition: FieldDefinition
        /// How dates of the source are read.
        let reader: DateFormat
        let format: DateTextFormat
    }

    let fields: [Field]

    init(_ selections: [SearchDetails.Fields], _ definitions: [FieldDefinition]) throws(QueryError) {
        var fields: [Field] = []
        var places: [String: Int] = [:]
        for selection in selections {
            let pattern = WildcardPattern(
                selection.pattern.replacing("\\", with: "\\\\").replacing("?", with: "\\?"))
            for definition in definitions where pattern.matches(definition.path) {
                let own = selection.format == "use_field_mapping" ? nil : selection.format
                if let own, definition.type != .date {
                    guard selection.pattern.contains("*") else {
                        throw QueryError(
                            .invalidRequest,
                            "Field [\(definition.path)] of type [\(definition.typeName)] doesn't support formats, "
                                + "got [\(own)]", field: definition.path)
                    }
                }
                let isDate = definition.type == .date
                let field = Field(
                    definition: definition, reader: definition.format.flatMap { DateFormat($0) } ?? .standard,
                    format: try DateTextFormat(isDate ? own ?? definition.format : nil))
                if let place = places[definition.path] {
                    fields[place] = field
                } else {
                    places[definition.path] = fields.count
                    fields.append(field)
                }
            }
        }
        self.fields = fields
    }
}

extension WildcardPattern {
    fileprivate func matches(_ text: String) -> Bool { matches(Array(text.utf8).rawSpan) }
}
