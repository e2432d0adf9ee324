import VarveBytes
import VarveIngest

/// A stream in memory whose partitions appear and close as the test says.
final class MemoryStream: PartitionedStream {
    struct Part {
        var source: MemorySource
        var parents: [UInt32] = []
        var isClosed = false
    }
    private let parts: Locked<[Part]>
    private let reachable = Locked(true)
    let name = "memory"

    init(_ count: Int) { parts = Locked((0..<count).map { Part(source: MemorySource(name: "part \($0)")) }) }

    subscript(partition: Int) -> MemorySource { parts.withLock { $0[partition].source } }

    func add(parents: [UInt32] = []) {
        parts.withLock { parts in
            parts.append(Part(source: MemorySource(name: "part \(parts.count)"), parents: parents))
        }
    }
    func close(_ partition: Int) { parts.withLock { $0[partition].isClosed = true } }
    func setReachable(_ isReachable: Bool) { reachable.withLock { $0 = isReachable } }

    func partitions() async throws -> [StreamPartition] {
        guard reachable.withLock({ $0 }) else { throw StreamSourceError("no broker", isTransient: true) }
        return parts.withLock { parts in
            parts.enumerated().map { at, part in
                StreamPartition(number: UInt32(at), parents: part.parents, isClosed: part.isClosed)
            }
        }
    }

    func source(of partition: UInt32) async throws -> any StreamSource { self[Int(partition)] }
}
