import Varve
import VarveDocument
import VarveIngest

/// The indices that a request about ingestion names, and those among them that pull nothing.
struct IngestionTargets {
    /// What it takes beside its own parameters.
    static let parameters = IndexOptions.parameters + " " + Routes.wait

    private(set) var pulled: [Index] = []
    /// Named themselves. A pattern passes over such indices.
    private(set) var others: [Index] = []

    var isEmpty: Bool { pulled.isEmpty && others.isEmpty }

    init(_ call: Call) throws(RESTError) {
        for name in Routes.wait.split(separator: " ").map(String.init) {
            if let text = call.parameters.query[name] { _ = try TimeValue(text, setting: name) }
        }
        let expression = call.segment("index")
        let isPattern = expression == "_all" || expression.contains("*")
        for index in try call.indices(expression, IndexOptions(call.parameters)) {
            if index.isPulled { pulled.append(index) } else if !isPattern { others.append(index) }
        }
    }

    /// The one index that a request names which is about what one shard holds.
    static func one(_ call: Call) throws(RESTError) -> Index {
        let index = try call.index(call.segment("index"))
        guard index.isPulled else { throw Self.isNotPulled(index) }
        return index
    }

    static func isNotPulled(_ index: Index) -> RESTError {
        .illegalArgument("index [\(index.name)] has no ingestion source")
    }

    /// The ingestion of an index; it is started if it does not run.
    static func ingestion(of index: Index) async throws(RESTError) -> Ingestion {
        guard index.isPulled else { throw isNotPulled(index) }
        do throws(VarveError) {
            if let ingestion = try await index.startStoredIngestion() { return ingestion }
        } catch { throw RESTError(error) }
        throw .illegalArgument("ingestion of index [\(index.name)] does not run")
    }
}

extension Index {
    /// Its documents come from a stream alone.
    var isPulled: Bool { IngestionDefinition(settings).type != nil }
}

extension RESTError {
    /// What a request to write says to an index whose documents come from a stream.
    static func pushRefused(isDeletion: Bool) -> RESTError {
        RESTError(
            400, "ingestion_engine_exception",
            "push-based \(isDeletion ? "deletion" : "indexing") is not supported in ingestion engine, use "
                + "streaming source instead")
    }
}
