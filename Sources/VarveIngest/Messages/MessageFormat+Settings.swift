public import VarveDocument

/// A setting of ingestion that breaks a rule. The text names the setting and the rule, in OpenSearch's words where
/// it has any.
public struct IngestionSettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

extension MessageFormat {
    fileprivate enum Key {
        static let id = "id_field"
        static let version = "version_field"
        static let operation = "op_type_field"
        static let deleteValue = "op_type_field.delete_value"
        static let createValue = "op_type_field.create_value"
        static let routing = "routing_field"
        static let all = [id, version, operation, deleteValue, createValue, routing]
    }

    /// The format that OpenSearch's settings `mapper_type` and `mapper_settings.*` mean.
    ///
    /// - Parameters:
    ///   - type: `default`, `raw_payload` or `field_mapping`, in any case.
    ///   - settings: Of `field_mapping`: `id_field`, `version_field`, `op_type_field` with `.delete_value` and
    ///     `.create_value`, and, beyond OpenSearch, `routing_field`. Fields may be paths with dots.
    /// - Throws: If the type or a key is unknown, or the settings contradict each other.
    public init(mapperType type: String, settings: [String: String] = [:]) throws(IngestionSettingsError) {
        switch type.lowercased() {
        case "default": self = .envelope
        case "raw_payload": self = .document
        case "field_mapping":
            self = .fields(try EnvelopeFields(settings))
            return
        default:
            throw IngestionSettingsError(
                "Unknown ingestion mapper type: \(type). Valid values are: default, raw_payload, field_mapping"
            )
        }
        guard settings.isEmpty else {
            throw IngestionSettingsError(
                "mapper_settings are not supported for mapper_type [\(type.lowercased())]")
        }
    }

    /// OpenSearch's name for it.
    public var mapperType: String {
        switch self {
        case .envelope: "default"
        case .document: "raw_payload"
        case .fields: "field_mapping"
        }
    }

    /// The settings that make this format.
    public var mapperSettings: [String: String] {
        guard case .fields(let mapping) = self else { return [:] }
        var settings: [String: String] = [:]
        settings[Key.id] = mapping.id
        settings[Key.version] = mapping.version
        settings[Key.operation] = mapping.operation
        settings[Key.deleteValue] = mapping.deleteValue
        settings[Key.createValue] = mapping.createValue
        settings[Key.routing] = mapping.routing
        return settings
    }
}

extension EnvelopeFields {
    fileprivate init(_ settings: [String: String]) throws(IngestionSettingsError) {
        typealias Key = MessageFormat.Key
        for key in settings.keys.sorted() where !Key.all.contains(key) {
            throw IngestionSettingsError(
                "unknown mapper_settings key [\(key)] for mapper_type [field_mapping]. Valid keys are: "
                    + "[\(Key.all.joined(separator: ", "))]")
        }
        let (deleteValue, createValue) = (settings[Key.deleteValue], settings[Key.createValue])
        if deleteValue != nil || createValue != nil, settings[Key.operation] == nil {
            throw IngestionSettingsError(
                "op_type_field.delete_value or op_type_field.create_value requires op_type_field to be configured"
            )
        }
        if let deleteValue, let createValue, deleteValue == createValue {
            throw IngestionSettingsError(
                "op_type_field.delete_value [\(deleteValue)] and op_type_field.create_value [\(createValue)] "
                    + "cannot be the same")
        }
        self.init(
            id: settings[Key.id], version: settings[Key.version], routing: settings[Key.routing],
            operation: settings[Key.operation], deleteValue: deleteValue, createValue: createValue)
    }
}
