import Varve
import VarveIngest

/// A new index that goes on in a stream exactly where another one has stopped: `continues` names that one, which has to
/// be paused, so that its pointers stay and neither a gap nor an overlap can come to be.
struct StreamHandOver {
    private let name: String
    private let ingestion: Ingestion

    init(from name: String, in store: Store) throws(RESTError) {
        self.name = name
        guard let index = try? store.index(name), let ingestion = index.ingestion else {
            throw .illegalArgument("\(Self.key) [\(name)] is no open index with an ingestion source")
        }
        self.ingestion = ingestion
    }

    private static let key = IngestionSetting.prefix + "continues"

    func pointers(for successor: IngestionSettings) throws(RESTError) -> [UInt32: StreamPointer] {
        guard ingestion.settings.source == successor.source else {
            throw .illegalArgument(
                "\(Self.key) [\(name)] has another source: type and parameters must be the same")
        }
        var pointers: [UInt32: StreamPointer] = [:]
        for state in ingestion.partitions {
            guard state.phase == .paused else {
                throw .illegalArgument(
                    "\(Self.key) [\(name)] is not paused: partition [\(state.partition)] is \(state.phase)")
            }
            pointers[state.partition] = state.committed
        }
        guard ingestion.isPaused, !pointers.isEmpty else {
            throw .illegalArgument("\(Self.key) [\(name)] is not paused, or has not read anything yet")
        }
        return pointers
    }
}
