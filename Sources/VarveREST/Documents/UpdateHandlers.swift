import Varve
import VarveDocument
import VarveQuery

/// What an update asks for.
struct UpdateRequest: Sendable {
    private let body: JSONBody
    private var document: JSONNode?
    private var upsert: JSONNode?
    private var isUpsertDocument = false
    private var detectsNoop = true
    private(set) var source: SourceFilter?

    /// What is to be done about the document that is there.
    enum Plan: Sendable {
        case nothing(Document)
        case write(WriteRequest)
    }

    init(_ body: JSONBody) throws(RESTError) {
        self.body = body
        var hasScript = false
        for member in body.root.members ?? [] {
            switch member.key {
            case "doc": document = member.value
            case "upsert": upsert = member.value
            case "doc_as_upsert": isUpsertDocument = member.value.boolean ?? false
            case "detect_noop": detectsNoop = member.value.boolean ?? true
            case "script", "scripted_upsert": hasScript = true
            case "_source": source = try SourceFilterReader.read(member.value)
            case "if_seq_no", "if_primary_term": break
            default:
                let (line, column) = body.position(of: body.keyStart(of: member.value))
                let known = [
                    "doc", "upsert", "doc_as_upsert", "detect_noop", "script", "scripted_upsert", "_source",
                ]
                throw RESTError(
                    400, "x_content_parse_exception",
                    "[\(line):\(column)] [UpdateRequest] unknown field [\(member.key)]"
                        + Suggestion.text(for: member.key, among: known))
            }
        }
        if hasScript && document != nil { throw .validation("can't provide both script and doc") }
        if hasScript { throw .illegalArgument("scripts are not supported, send a [doc] instead") }
        if isUpsertDocument && document == nil {
            throw .validation("doc must be specified if doc_as_upsert is enabled")
        }
        if document == nil { throw .validation("script or doc is missing") }
    }

    func plan(for id: String, over found: Document?, in target: DocumentTarget) throws(RESTError) -> Plan {
        guard let found else {
            guard let first = upsert ?? (isUpsertDocument ? document : nil) else {
                throw RESTError(
                    404,
                    ErrorDetail(
                        "document_missing_exception", "[\(id)]: document missing",
                        extra: [
                            .init("index", .string(target.index.name)),
                            .init("shard", .string(String(target.shardNumber(of: id)))),
                            .init("index_uuid", .string(target.index.wireUUID)),
                        ]))
            }
            return .write(
                WriteRequest(
                    source: body.text(of: first), id: id, condition: .absent, routing: target.routing))
        }
        guard let document else { return .nothing(found) }
        let merged: JSONMerge
        do { merged = JSONMerge(try JSONBody(found.source), with: body, document) } catch {
            throw RESTError(error)
        }
        if detectsNoop && !merged.isChanged { return .nothing(found) }
        return .write(
            WriteRequest(
                source: merged.bytes[...], id: id, condition: .unchanged(since: found.sequenceNumber),
                routing: target.routing))
    }
}

enum UpdateHandlers {
    static func update(_ call: Call) async throws(RESTError) -> RESTResponse {
        let terms = try WriteTerms(call.parameters)
        let policy = try RefreshPolicy(call.parameters)
        let retries = try call.parameters.integer("retry_on_conflict") ?? 0
        guard let body = try call.json() else { throw .validation("script or doc is missing") }
        let request = try UpdateRequest(body)
        if terms.ifSequenceNumber != nil && retries > 0 {
            throw .validation("compare and write operations can not be retried")
        }
        if terms.ifSequenceNumber != nil && body.root["upsert"] != nil {
            throw .validation("upsert requests don't support `if_seq_no` and `if_primary_term`")
        }
        _ = try terms.condition()
        try WriteParameters.check(call.parameters)
        let id = call.segment("id")
        try DocumentHandlers.checkID(id)
        let target = try await DocumentHandlers.target(call)
        let index = target.index
        let parameterFilter =
            ["_source", "_source_includes", "_source_excludes"].contains(where: call.parameters.has)
            ? try SourceFilterReader.read(call.parameters) : nil
        let filter = request.source ?? parameterFilter
        var attempt = 0
        while true {
            let found = try await DocumentHandlers.document(id, target)
            try check(terms, found, id: id, target)
            switch try request.plan(for: id, over: found, in: target) {
            case .nothing(let document):
                return answer(document, index, filter)
            case .write(let write):
                do throws(RESTError) {
                    let receipt = try await Writer.write(write, to: index)
                    try await Writer.refresh(index, policy)
                    return answer(receipt, Array(write.source ?? []), index, policy, filter)
                } catch {
                    attempt += 1
                    if error.status == 409 && attempt <= retries { continue }
                    throw error
                }
            }
        }
    }

    static func check(
        _ terms: WriteTerms, _ found: Document?, id: String, _ target: DocumentTarget
    ) throws(RESTError) {
        guard let wanted = terms.ifSequenceNumber else { return }
        let term = terms.ifPrimaryTerm ?? 1
        let current = found.map { Int64(clamping: $0.sequenceNumber.rawValue) }
        if current == wanted && term == 1 { return }
        let tail =
            current.map { "current document has seqNo [\($0)] and primary term [1]" }
            ?? "but no document was found"
        throw .conflict(
            "[\(id)]: version conflict, required seqNo [\(wanted)], primary term [\(term)]. \(tail)",
            in: target.index, shard: target.shardNumber(of: id))
    }

    static func writeNoop(_ document: Document, _ index: Index, to json: inout JSONWriter) {
        json.add("_index", index.name)
        json.add("_id", document.id)
        json.add("_version", document.version)
        json.add("result", "noop")
        json.addShards(total: 0, successful: 0)
        json.add("_seq_no", Int64(clamping: document.sequenceNumber.rawValue))
        json.add("_primary_term", 1)
    }

    private static func answer(
        _ document: Document, _ index: Index, _ filter: SourceFilter?
    ) -> RESTResponse {
        var json = JSONWriter()
        json.beginObject()
        writeNoop(document, index, to: &json)
        writeGet(document.sequenceNumber, document.source, filter, to: &json)
        json.endObject()
        return .json(200, json)
    }

    private static func answer(
        _ receipt: Receipt, _ source: [UInt8], _ index: Index, _ policy: RefreshPolicy,
        _ filter: SourceFilter?
    ) -> RESTResponse {
        var json = JSONWriter()
        json.beginObject()
        receipt.write(index, policy, to: &json)
        writeGet(receipt.sequenceNumber, source, filter, to: &json)
        json.endObject()
        var response = RESTResponse.json(receipt.status, json)
        if receipt.outcome == .created {
            let path = "/\(PercentCoding.encode(index.name))/_doc/\(PercentCoding.encode(receipt.id))"
            response.headers.append(("Location", path))
        }
        return response
    }

    static func writeGet(
        _ number: SequenceNumber, _ source: [UInt8], _ filter: SourceFilter?, to json: inout JSONWriter
    ) {
        guard let filter, filter.isWanted else { return }
        json.key("get")
        json.beginObject()
        json.add("_seq_no", Int64(clamping: number.rawValue))
        json.add("_primary_term", 1)
        json.add("found", true)
        json.key("_source")
        json.raw(filter.applied(to: source))
        json.endObject()
    }
}
