import VarveBytes

/// The kinds of sources that a store can start by itself, by name.
///
/// ```swift
/// var sources = SourceRegistry()
/// sources.register("thermometers") { definition, _ in Thermometers(definition.parameters["site"]) }
/// let store = try await Store.open(at: "data", sources: sources)
/// ```
public struct SourceRegistry: Sendable {
    public typealias Factory =
        @Sendable (_ definition: SourceDefinition, _ shards: Int) async throws -> any PartitionedStream

    public typealias Check = @Sendable (_ definition: SourceDefinition) throws(IngestionSettingsError) -> Void

    private struct Kind: Sendable {
        var check: Check?
        var factory: Factory
    }

    private var kinds: [String: Kind] = [:]
    /// Puts values in the place of references when a source is opened.
    package var references = ParameterReferences()

    public init() {}

    /// The names, in order.
    public var types: [String] { kinds.keys.sorted() }

    /// Makes a kind known; its name counts in any case. The factory is given the definition and how many shards the
    /// index has. It may be called again, after it failed or after parameters were changed.
    public mutating func register(_ type: String, _ factory: @escaping Factory) {
        kinds[type.lowercased()] = Kind(check: nil, factory: factory)
    }

    /// The same.
    ///
    /// - Parameters:
    ///   - type: The kind's name, in any case.
    ///   - check: Refuses parameters that can never be right, without asking the stream.
    ///   - factory: Makes the stream of a definition for an index of so many shards.
    public mutating func register(
        _ type: String, check: @escaping Check, factory: @escaping Factory
    ) {
        kinds[type.lowercased()] = Kind(check: check, factory: factory)
    }

    /// Lets parameters name files in these directories as `${file:PATH}`, beside variables as `${env:NAME}`.
    ///
    /// - Parameter directories: Absolute paths.
    public mutating func readSecrets(from directories: [String]) { references.directories = directories }

    /// Throws if no kind has this name, or if the parameters cannot be right.
    package func check(_ definition: SourceDefinition) throws(IngestionSettingsError) {
        guard let kind = kinds[definition.type.lowercased()] else { throw unknown(definition) }
        try references.check(definition)
        try kind.check?(definition)
    }

    private func unknown(_ definition: SourceDefinition) -> IngestionSettingsError {
        IngestionSettingsError(
            "unknown ingestion source type [\(definition.type)]. Valid values are: "
                + types.joined(separator: ", "))
    }

    /// The stream of a definition; asked for when it is first needed.
    ///
    /// - Throws: If no kind has this name.
    package func stream(
        _ definition: SourceDefinition, shards: Int
    ) throws(IngestionSettingsError) -> any PartitionedStream {
        guard let factory = kinds[definition.type.lowercased()]?.factory else { throw unknown(definition) }
        let references = self.references
        return LazyStream(definition, shards) { definition, shards in
            try await factory(try references.resolve(definition), shards)
        }
    }
}

/// A stream that is made when it is first asked, and again after that failed.
final class LazyStream: PartitionedStream {
    private let definition: SourceDefinition
    private let shards: Int
    private let factory: SourceRegistry.Factory
    private let made = Locked<(any PartitionedStream)?>(nil)

    init(_ definition: SourceDefinition, _ shards: Int, _ factory: @escaping SourceRegistry.Factory) {
        self.definition = definition
        self.shards = shards
        self.factory = factory
    }

    private var known: (any PartitionedStream)? { made.withLock { $0 } }

    private func stream() async throws -> any PartitionedStream {
        if let known { return known }
        let stream = try await factory(definition, shards)
        let first = made.withLock { made in
            if made == nil { made = stream }
            return made
        }
        return first ?? stream
    }

    var name: String { known?.name ?? definition.type }
    func partitions() async throws -> [StreamPartition] { try await stream().partitions() }
    func source(of partition: UInt32) async throws -> any StreamSource {
        try await stream().source(of: partition)
    }
    func check() async throws { try await stream().check() }
    func close() async { await known?.close() }

    func display(_ pointer: StreamPointer, partition: UInt32?) -> String {
        known?.display(pointer, partition: partition) ?? "\(pointer)"
    }
    func text(_ pointer: StreamPointer, partition: UInt32?) -> String {
        known?.text(pointer, partition: partition) ?? "\(pointer)"
    }
    func pointer(text: String) throws -> (partition: UInt32?, pointer: StreamPointer) {
        guard let known else { throw StreamSourceError("\(name) was not reached yet", isTransient: true) }
        return try known.pointer(text: text)
    }
}
