import Testing
import VarveDocument

@testable import VarveIngest

@Suite struct `Settings of message formats` {
    @Test func `types are known in any case`() throws {
        #expect(try MessageFormat(mapperType: "DEFAULT") == .envelope)
        #expect(try MessageFormat(mapperType: "raw_payload") == .document)
        let settings = ["id_field": "k", "op_type_field": "o", "op_type_field.delete_value": "d"]
        let format = try MessageFormat(mapperType: "Field_Mapping", settings: settings)
        #expect(format == .fields(EnvelopeFields(id: "k", operation: "o", deleteValue: "d")))
        #expect(format.mapperType == "field_mapping" && format.mapperSettings == settings)
    }

    @Test(arguments: [
        (
            "avro", [:],
            "Unknown ingestion mapper type: avro. Valid values are: default, raw_payload, field_mapping"
        ),
        ("default", ["id_field": "k"], "mapper_settings are not supported for mapper_type [default]"),
        (
            "field_mapping", ["id": "k"],
            "unknown mapper_settings key [id] for mapper_type [field_mapping]. Valid keys are: [id_field, "
                + "version_field, op_type_field, op_type_field.delete_value, op_type_field.create_value, "
                + "routing_field]"
        ),
        (
            "field_mapping", ["op_type_field.delete_value": "d"],
            "op_type_field.delete_value or op_type_field.create_value requires op_type_field to be configured"
        ),
        (
            "field_mapping",
            ["op_type_field": "o", "op_type_field.delete_value": "x", "op_type_field.create_value": "x"],
            "op_type_field.delete_value [x] and op_type_field.create_value [x] cannot be the same"
        ),
    ])
    func `each wrong setting is named`(type: String, settings: [String: String], expected: String) {
        #expect(throws: IngestionSettingsError(expected)) {
            try MessageFormat(mapperType: type, settings: settings)
        }
    }
}
