import Varve
import VarveBytes
import VarveIngest

/// Pointers of the stream of an index, as parameters of requests: an addition to OpenSearch. Several are separated by
/// commas, each with its partition, as in `0:17,1:20`.
struct PointerWait {
    private static let limit = Duration.seconds(30)
    private let parameter: String
    private let text: String
    private let ingestion: Ingestion
    private let places: [(state: IngestionState, pointer: StreamPointer)]

    /// Nil if the request has no such parameter.
    init?(_ parameter: String, _ call: Call) async throws(RESTError) {
        guard let text = call.parameters.query[parameter] else { return nil }
        guard let name = call.parameters.path["index"] else {
            throw .illegalArgument("[\(parameter)] needs the one index that is searched")
        }
        let ingestion = try await IngestionTargets.ingestion(of: try call.index(name))
        // The form of `_state` may have a comma inside its braces.
        let pointers = text.contains("{") ? [text] : text.split(separator: ",").map(String.init)
        var places: [(IngestionState, StreamPointer)] = []
        for pointer in pointers {
            let place = try Self.place(of: pointer, parameter, ingestion)
            guard !places.contains(where: { $0.0.partition == place.0.partition }) else {
                throw .illegalArgument(
                    "[\(parameter)] [\(text)] names partition [\(place.0.partition)] twice")
            }
            places.append(place)
        }
        self.parameter = parameter
        self.text = text
        self.ingestion = ingestion
        self.places = places
    }

    private static func place(
        of text: String, _ parameter: String, _ ingestion: Ingestion
    ) throws(RESTError) -> (IngestionState, StreamPointer) {
        let (number, pointer): (UInt32?, StreamPointer)
        do { (number, pointer) = try ingestion.pointer(text: text) } catch { throw RESTError(error) }
        let partitions = ingestion.partitions.filter { number == nil || $0.partition == number }
        guard partitions.count == 1 else {
            throw .illegalArgument(
                "[\(parameter)] [\(text)] names \(partitions.count) partitions: name one, as in 0:17")
        }
        return (partitions[0], pointer)
    }

    /// Waits until everything before the pointers can be found.
    func wait() async throws(RESTError) {
        let (ingestion, places) = (self.ingestion, self.places)
        try await limited { () async throws(VarveError) in
            for (state, pointer) in places {
                try await ingestion.wait(for: pointer, shard: state.shard, partition: state.partition)
            }
        }
    }

    /// Does something while the partitions stand exactly at the pointers.
    func standing<Answer: Sendable>(
        _ body: @escaping @Sendable () async throws(VarveError) -> Answer
    ) async throws(RESTError) -> Answer {
        let ingestion = self.ingestion
        let pointers = places.map { ($0.state.partition, $0.pointer) }
        return try await limited { () async throws(VarveError) in
            try await ingestion.standing(at: pointers, body)
        }
    }

    private func limited<Answer: Sendable>(
        _ body: @escaping @Sendable () async throws(VarveError) -> Answer
    ) async throws(RESTError) -> Answer {
        let outcome = Locked<Result<Answer, VarveError>?>(nil)
        await Patience.wait(for: Self.limit, thenCancels: true) {
            let result: Result<Answer, VarveError>
            do throws(VarveError) { result = .success(try await body()) } catch { result = .failure(error) }
            outcome.withLock { if $0 == nil { $0 = result } }
        }
        switch outcome.withLock({ $0 }) {
        case .success(let answer)?: return answer
        case .failure(let error)?: throw RESTError(error)
        case nil:
            throw RESTError(408, "timeout_exception", "ingestion was not at [\(text)] after [30s]")
        }
    }
}
