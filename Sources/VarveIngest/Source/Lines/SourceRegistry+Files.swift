/// The kind `file`.
extension SourceRegistry {
    /// Makes the kind `file` known: parameters `base_directory` and `stream`, files at
    /// `<base_directory>/<stream>/<partition>.ndjson`, and `rotation`, which is `stop` or `follow`.
    ///
    /// - Parameter directories: Absolute paths. Nothing outside of them is opened, except where links in them lead.
    public mutating func registerFiles(within directories: [String]) {
        let allowed = directories.map { Self.components(of: $0) }
        register(
            "file",
            check: { (definition) throws(IngestionSettingsError) in
                _ = try Self.directory(definition, allowed)
                _ = try Self.rotation(definition)
            },
            factory: { definition, shards in
                LineFilesStream(
                    directory: try Self.directory(definition, allowed), shards: shards,
                    followsRotation: try Self.rotation(definition) == .follow)
            })
    }

    private static func components(of path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }

    private static func directory(
        _ definition: SourceDefinition, _ allowed: [[Substring]]
    ) throws(IngestionSettingsError) -> String {
        for name in definition.parameters.keys.sorted()
        where !["base_directory", "stream", "rotation"].contains(name) {
            throw IngestionSettingsError(
                "unknown parameter [param.\(name)] of ingestion source type [file]. Valid parameters are: "
                    + "[base_directory, stream, rotation]")
        }
        var paths: [String] = []
        for name in ["base_directory", "stream"] {
            guard let path = definition.parameters[name], !path.isEmpty else {
                throw IngestionSettingsError(
                    "ingestion source type [file] requires the parameter [param.\(name)]")
            }
            guard !path.utf8.contains(0), !components(of: path).contains("..") else {
                throw IngestionSettingsError("[param.\(name)] must not contain [..]: [\(path)]")
            }
            paths.append(path)
        }
        let base = components(of: paths[0])
        guard paths[0].hasPrefix("/"), allowed.contains(where: { base.starts(with: $0) }) else {
            throw IngestionSettingsError(
                "[param.base_directory] [\(paths[0])] is in no directory that the server may read from: those are "
                    + "named by its option [--ingestion-directory]")
        }
        return "/" + (base + components(of: paths[1])).joined(separator: "/")
    }

    private static func rotation(
        _ definition: SourceDefinition
    ) throws(IngestionSettingsError) -> JSONLinesSource.Rotation {
        guard let name = definition.parameters["rotation"] else { return .stop }
        guard let rotation = JSONLinesSource.Rotation(rawValue: name.lowercased()) else {
            throw IngestionSettingsError("[param.rotation] is one of [stop, follow], not [\(name)]")
        }
        return rotation
    }
}
