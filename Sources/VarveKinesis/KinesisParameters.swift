#if Kinesis
public import VarveIngest

extension SourceRegistry {
    /// Makes the kind `kinesis` known, with the parameters of `KinesisConfiguration(parameters:)`.
    public mutating func registerKinesis() {
        register(
            "kinesis",
            check: { (definition) throws(IngestionSettingsError) in
                // What is only referred to is looked up when the stream is opened, and checked then.
                var known = definition.parameters
                for (name, value) in known where ParameterReferences.isReference(value) {
                    known[name] = name == "endpoint_override" ? nil : "referred-to"
                }
                do throws(StreamSourceError) {
                    _ = try KinesisConfiguration(parameters: known)
                } catch { throw IngestionSettingsError(error.message) }
            },
            factory: { definition, _ in
                try KinesisStream(try KinesisConfiguration(parameters: definition.parameters))
            })
    }
}
#endif
