import Varve
import VarveBytes
import VarveIngest

/// `wait_for_pointer` of a search, an addition to OpenSearch: waits until everything before a pointer of the stream can
/// be found. Several are separated by commas, each with its partition, as in `0:17,1:20`.
enum PointerWait {
    private static let limit = Duration.seconds(30)

    static func wait(_ call: Call) async throws(RESTError) {
        guard let text = call.parameters.query["wait_for_pointer"] else { return }
        guard let name = call.parameters.path["index"] else {
            throw .illegalArgument("[wait_for_pointer] needs the one index that is searched")
        }
        let index = try call.index(name)
        let ingestion = try await IngestionTargets.ingestion(of: index)
        // The form of `_state` may have a comma inside its braces.
        let pointers = text.contains("{") ? [text] : text.split(separator: ",").map(String.init)
        for pointer in pointers { try await wait(pointer, ingestion) }
    }

    private static func wait(_ text: String, _ ingestion: Ingestion) async throws(RESTError) {
        let (number, pointer): (UInt32?, StreamPointer)
        do { (number, pointer) = try ingestion.pointer(text: text) } catch { throw RESTError(error) }
        let partitions = ingestion.partitions.filter { number == nil || $0.partition == number }
        guard partitions.count == 1 else {
            throw .illegalArgument(
                "[wait_for_pointer] [\(text)] names \(partitions.count) partitions: name one, as in 0:17")
        }
        let (shard, partition) = (partitions[0].shard, partitions[0].partition)
        let outcome = Locked<Result<Void, VarveError>?>(nil)
        await Patience.wait(for: limit, thenCancels: true) {
            let result: Result<Void, VarveError>
            do throws(VarveError) {
                try await ingestion.wait(for: pointer, shard: shard, partition: partition)
                result = .success(())
            } catch { result = .failure(error) }
            outcome.withLock { if $0 == nil { $0 = result } }
        }
        switch outcome.withLock({ $0 }) {
        case .success?: return
        case .failure(let error)?: throw RESTError(error)
        case nil:
            throw RESTError(
                408, "timeout_exception",
                "partition [\(partition)] was not at [\(text)] after [30s]")
        }
    }
}
