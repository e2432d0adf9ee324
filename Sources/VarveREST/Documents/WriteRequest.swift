import Varve
import VarveBytes

/// What a write asks to hold before it goes ahead, as parameters or as a bulk's action line say it.
struct WriteTerms: Sendable {
    var isCreate = false
    var version: Int64?
    var versionType: String?
    var ifSequenceNumber: Int64?
    var ifPrimaryTerm: Int64?

    init() {}

    init(_ parameters: Parameters) throws(RESTError) {
        isCreate = parameters.query["op_type"].map { $0.lowercased() == "create" } ?? false
        if let type = parameters.query["op_type"], !["create", "index"].contains(type.lowercased()) {
            throw .illegalArgument("opType must be 'create' or 'index', found: [\(type)]")
        }
        version = try parameters.integer("version").map(Int64.init)
        versionType = parameters.query["version_type"]
        ifSequenceNumber = try parameters.integer("if_seq_no").map(Int64.init)
        ifPrimaryTerm = try parameters.integer("if_primary_term").map(Int64.init)
    }

    /// The condition of the library, or all that the terms break.
    func condition(isAutomaticID: Bool = false) throws(RESTError) -> WriteCondition {
        if version == nil && versionType == nil && ifSequenceNumber == nil && ifPrimaryTerm == nil {
            return isCreate && !isAutomaticID ? .absent : .always
        }
        let type = versionType?.lowercased() ?? "internal"
        guard ["internal", "external", "external_gt", "external_gte"].contains(type) else {
            throw .illegalArgument("No version type match [\(versionType ?? "")]")
        }
        var failures: [String] = []
        let hasSequence = ifSequenceNumber != nil || ifPrimaryTerm != nil
        if isCreate {
            if type != "internal" {
                failures.append("create operations only support internal versioning. use index instead")
            } else if version != nil {
                failures.append("create operations do not support explicit versions. use index instead")
            }
            if hasSequence {
                failures.append("create operations do not support compare and set. use index instead")
            }
        } else if type == "internal", version != nil {
            failures.append(
                "internal versioning can not be used for optimistic concurrency control. "
                    + "Please use `if_seq_no` and `if_primary_term` instead")
        }
        if isAutomaticID && (version != nil || type != "internal") {
            failures.append("an id must be provided if version type or value are set")
        }
        if hasSequence && (ifSequenceNumber == nil || ifPrimaryTerm == nil) {
            failures.append(
                ifSequenceNumber == nil
                    ? "ifSeqNo is unassigned, but primary term is [\(ifPrimaryTerm ?? 0)]"
                    : "ifSeqNo is set, but primary term is [0]")
        }
        if !failures.isEmpty { throw .validation(failures) }
        if let ifSequenceNumber {
            return .unchanged(since: SequenceNumber(rawValue: UInt64(max(0, ifSequenceNumber))))
        }
        if isCreate { return isAutomaticID ? .always : .absent }
        guard let version, type != "internal" else { return .always }
        guard version >= 0 else {
            throw .validation("illegal version value [\(version)] for version type [\(type.uppercased())]")
        }
        return type == "external_gte" ? .notOlder(version: version) : .newer(version: version)
    }
}

/// One write to one index, ready to be carried out.
struct WriteRequest: Sendable {
    /// Nil deletes.
    var source: ArraySlice<UInt8>?
    /// Nil for a generated one.
    var id: String?
    var condition: WriteCondition
    /// The term that the writer believes in; there is one only, 1.
    var primaryTerm: Int64?
    var routing: String?
}

extension WriteRequest {
    fileprivate func shardNumber(in index: Index) -> Int {
        DocumentTarget(index: index, routing: routing).shardNumber(of: id ?? "")
    }
}

/// What every write takes beside its terms: checked, since most of it has one meaning only on one node.
enum WriteParameters {
    static func check(_ parameters: Parameters) throws(RESTError) {
        if let name = parameters.query["pipeline"] { try check(pipeline: name) }
        if let text = parameters.query["timeout"] { _ = try TimeValue(text, setting: "timeout") }
        if let text = parameters.query["wait_for_active_shards"] { try check(activeShards: text) }
    }

    /// There are no pipelines: any but the one that stands for none is missing.
    static func check(pipeline name: String) throws(RESTError) {
        if name.isEmpty { throw .validation("pipeline cannot be an empty string") }
        if name != "_none" { throw .illegalArgument("pipeline with id [\(name)] does not exist") }
    }

    /// The primaries are active; copies beyond them never come.
    static func check(activeShards text: String) throws(RESTError) {
        if text == "all" { return }
        guard let count = Int(text) else {
            throw .illegalArgument("cannot parse ActiveShardCount[\(text)]")
        }
        guard count >= 0 else {
            throw .illegalArgument("shard count cannot be a negative value")
        }
    }
}

/// When a write is to be seen by searches.
enum RefreshPolicy: Sendable {
    case none, immediate, waiting

    init(_ parameters: Parameters) throws(RESTError) {
        switch parameters.query["refresh"] {
        case nil, "false": self = .none
        case "", "true": self = .immediate
        case "wait_for": self = .waiting
        case let text?: throw .illegalArgument("Unknown value for refresh: [\(text)].")
        }
    }
}

/// Carries writes out.
enum Writer {
    /// One result a request, in order. Requests to one index that come in one call are committed together.
    static func write(
        _ requests: [WriteRequest], to index: Index
    ) async -> [Result<Receipt, RESTError>] {
        var answers = [Result<Receipt, RESTError>?](repeating: nil, count: requests.count)
        var batch = WriteBatch(index)
        var places: [Int] = []
        for (at, request) in requests.enumerated() {
            do throws(RESTError) {
                if request.primaryTerm != nil { try await checkTerm(request, index) }
                do throws(VarveError) { try add(request, to: &batch) } catch { throw RESTError(error) }
                places.append(at)
            } catch { answers[at] = .failure(error) }
        }
        if !places.isEmpty {
            do throws(VarveError) {
                for (at, result) in zip(places, try await index.commit(batch)) {
                    answers[at] = result.mapError { Self.error($0, index, requests[at]) }
                }
            } catch {
                for at in places { answers[at] = .failure(RESTError(error)) }
            }
        }
        return answers.compactMap { $0 }
    }

    private static func add(_ request: WriteRequest, to batch: inout WriteBatch) throws(VarveError) {
        if let source = request.source {
            try batch.put(
                json: source.rawSpan, id: request.id, if: request.condition, routing: request.routing)
        } else {
            try batch.delete(request.id ?? "", if: request.condition, routing: request.routing)
        }
    }

    private static func error(_ error: VarveError, _ index: Index, _ request: WriteRequest) -> RESTError {
        guard error.kind == .conflict else { return RESTError(error) }
        return .conflict(error.message, in: index, shard: request.shardNumber(in: index))
    }

    private static func checkTerm(_ request: WriteRequest, _ index: Index) async throws(RESTError) {
        guard let term = request.primaryTerm, term != 1, case .unchanged(let since) = request.condition,
            let id = request.id
        else { return }
        let found = try await DocumentHandlers.document(
            id, DocumentTarget(index: index, routing: request.routing))
        let current =
            found.map { "current document has seqNo [\($0.sequenceNumber)] and primary term [1]" }
            ?? "but no document was found"
        throw .conflict(
            "[\(id)]: version conflict, required seqNo [\(since)], primary term [\(term)]. \(current)",
            in: index, shard: request.shardNumber(in: index))
    }

    static func write(_ request: WriteRequest, to index: Index) async throws(RESTError) -> Receipt {
        guard let result = await write([request], to: index).first else {
            throw RESTError(500, "exception", "a write had no result")
        }
        return try result.get()
    }

    static func refresh(_ index: Index, _ policy: RefreshPolicy) async throws(RESTError) {
        if policy == .none { return }
        do { try await index.refresh() } catch { throw RESTError(error) }
    }
}

extension Receipt {
    var status: Int {
        switch outcome {
        case .created: 201
        case .updated, .deleted: 200
        case .notFound: 404
        }
    }

    private var result: String {
        switch outcome {
        case .created: "created"
        case .updated: "updated"
        case .deleted: "deleted"
        case .notFound: "not_found"
        }
    }

    /// The members of a write's answer.
    func write(_ index: Index, _ policy: RefreshPolicy, to json: inout JSONWriter) {
        json.add("_index", index.name)
        json.add("_id", id)
        json.add("_version", version)
        json.add("result", result)
        if policy == .immediate { json.add("forced_refresh", true) }
        json.addShards(total: 1 + index.replicaCount, successful: 1)
        json.add("_seq_no", Int64(clamping: sequenceNumber.rawValue))
        json.add("_primary_term", 1)
    }
}
