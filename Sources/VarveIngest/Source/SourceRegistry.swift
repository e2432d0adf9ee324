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

    private var factories: [String: Factory] = [:]

    public init() {}

    /// The names, in order.
    public var types: [String] { factories.keys.sorted() }

    /// Makes a kind known; its name counts in any case. The factory is given the definition and how many shards the
    /// index has. It may be called again, after it failed or after parameters were changed.
    public mutating func register(_ type: String, _ factory: @escaping Factory) {
        factories[type.lowercased()] = factory
    }

    /// The stream of a definition; asked for when it is first needed.
    ///
    /// - Throws: If no kind has this name.
    package func stream(
        _ definition: SourceDefinition, shards: Int
    ) throws(IngestionSettingsError) -> any PartitionedStream {
        guard let factory = factories[definition.type.lowercased()] else {
            throw IngestionSettingsError(
                "unknown ingestion source type [\(definition.type)]. Valid values are: "
                    + types.joined(separator: ", "))
        }
        return LazyStream(definition, shards, factory)
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
