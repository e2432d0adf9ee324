import VarveBytes
import VarveFiles

/// Parameters that name where their value is instead of saying it: `${env:NAME}` and `${file:PATH}`. They are looked
/// up each time that a source is opened, and stand in settings as they were given.
///
/// Whoever may set parameters can have a value sent to a stream of their choice. So only variables with a certain
/// beginning can be named, and only files in certain directories.
package struct ParameterReferences: Sendable {
    package static let variablePrefix = "VARVE_INGESTION_"
    private static let bytesMax = 64 << 10
    /// Absolute paths of directories.
    package var directories: [String] = []
    package var environment: @Sendable (String) -> String? = { ProcessEnvironment.value(of: $0) }

    package init() {}

    private enum Reference {
        case variable(String)
        case file(String)

        /// Nil if the text says what it is itself.
        init?(_ text: String) {
            guard text.hasPrefix("${"), text.hasSuffix("}") else { return nil }
            let inner = text.dropFirst(2).dropLast()
            if inner.hasPrefix("env:") {
                self = .variable(String(inner.dropFirst(4)))
            } else if inner.hasPrefix("file:") {
                self = .file(String(inner.dropFirst(5)))
            } else {
                return nil
            }
        }
    }

    /// Whether a value says where to look, and not what it is.
    package static func isReference(_ text: String) -> Bool { Reference(text) != nil }

    /// Throws if a parameter names what may not be named.
    package func check(_ definition: SourceDefinition) throws(IngestionSettingsError) {
        for (name, text) in definition.parameters.sorted(by: { $0.key < $1.key }) {
            switch Reference(text) {
            case .variable(let variable)? where !variable.hasPrefix(Self.variablePrefix):
                throw IngestionSettingsError(
                    "[param.\(name)] names the variable [\(variable)]: only those that begin with "
                        + "[\(Self.variablePrefix)] can be named")
            case .file(let path)? where !isAllowed(path):
                throw Self.isElsewhere(path, name)
            default: break
            }
        }
    }

    private func isAllowed(_ path: String) -> Bool { Self.isPath(path, in: directories) }

    /// Whether an absolute path lies below one of these directories.
    package static func isPath(_ path: String, in directories: [String]) -> Bool {
        let parts = path.split(separator: "/")
        return path.hasPrefix("/") && !parts.contains("..") && !path.utf8.contains(0)
            && directories.contains { parts.starts(with: $0.split(separator: "/")) }
    }

    package static func isElsewhere(_ path: String, _ name: String) -> IngestionSettingsError {
        IngestionSettingsError(
            "[param.\(name)] names the file [\(path)], which is in no directory that the server may read secrets "
                + "from: those are named by its option [--ingestion-secrets-directory]")
    }

    /// The definition with the values in place.
    package func resolve(_ definition: SourceDefinition) throws -> SourceDefinition {
        try check(definition)
        var resolved = definition
        for (name, text) in definition.parameters {
            switch Reference(text) {
            case .variable(let variable)?:
                guard let value = environment(variable) else {
                    throw StreamSourceError("[param.\(name)]: there is no variable [\(variable)]")
                }
                resolved.parameters[name] = value
            case .file(let path)?: resolved.parameters[name] = try read(path, name)
            case nil: break
            }
        }
        return resolved
    }

    /// A file's text, without the line end behind it.
    private func read(_ path: String, _ name: String) throws -> String {
        var bytes: [UInt8]
        do throws(FileError) {
            let file = try InputFile.open(path)
            var buffer = ByteBuffer(capacity: 4_096)
            try buffer.append(upTo: Self.bytesMax) { room throws(FileError) in
                try file.read(at: 0, into: &room)
            }
            bytes = buffer.bytes.copyBytes()
        } catch {
            throw StreamSourceError("[param.\(name)]: the file [\(path)] cannot be read: \(error.code)")
        }
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw StreamSourceError("[param.\(name)]: the file [\(path)] is no text")
        }
        return text
    }
}
