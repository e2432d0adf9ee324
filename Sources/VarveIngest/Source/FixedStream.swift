/// Sources that a program hands in, as the partitions of a stream: the first is partition 0.
package struct FixedStream: PartitionedStream {
    private let sources: [any StreamSource]

    package init(_ sources: [any StreamSource]) { self.sources = sources }

    package var name: String { sources.map(\.name).joined(separator: ", ") }

    package func partitions() async throws -> [StreamPartition] {
        sources.indices.map { StreamPartition(number: UInt32($0)) }
    }

    package func source(of partition: UInt32) async throws -> any StreamSource {
        guard Int(partition) < sources.count else {
            throw StreamSourceError("\(name) has no partition \(partition)")
        }
        return sources[Int(partition)]
    }

    package func check() async throws {}
}
