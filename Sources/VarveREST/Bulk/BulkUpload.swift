import Varve
import VarveDocument

/// A bulk whose body comes in pieces. Complete lines are applied in batches while it comes, so that memory stays
/// bounded whatever its size.
///
/// Its first `RESTOptions.bulkBytes` are read before any of them is applied: a malformed line there refuses the
/// whole bulk, as in OpenSearch. A malformed line further on ends it, and what came before stays.
///
/// ```swift
/// guard let upload = service.bulkUpload(for: request) else { return await service.respond(to: request) }
/// for try await chunk in body { await upload.receive(chunk) }
/// return await upload.finish()
/// ```
/// One call at a time, in order. A body that was cut short is not to be finished: what was applied stays.
public actor BulkUpload {
    private let call: Call
    private var lines: BulkLines
    private var runner: BulkRunner
    private var failure: RESTError?
    private let start = ContinuousClock.now
    private var received = 0

    init(_ call: Call, policy: RefreshPolicy) {
        self.call = call
        lines = BulkLines(lineBytesMax: call.service.options.bulkLineBytes)
        runner = BulkRunner(call, policy)
    }

    /// Takes the next piece of the body.
    public func receive(_ chunk: [UInt8]) async {
        received += chunk.count
        if failure != nil { return }
        lines.append(chunk)
        if lines.byteCount >= call.service.options.bulkBytes { await apply(isLast: false) }
    }

    /// The answer, once the body is complete.
    public func finish() async -> RESTResponse {
        if failure == nil { await apply(isLast: true) }
        if failure == nil && runner.itemCount == 0 { failure = .validation("no requests added") }
        if failure == nil { await refresh() }
        let answer = failure?.response() ?? runner.response(since: start)
        let response = call.service.finish(answer, of: call.request, call.parameters)
        let name = call.parameters.path["index"] == nil ? "/_bulk" : "/{index}/_bulk"
        call.service.metrics.record(call.request.method, name, response, received: received, since: start)
        return response
    }

    private func apply(isLast: Bool) async {
        do throws(RESTError) {
            let actions = try lines.take(isLast: isLast)
            var runner = self.runner
            try await runner.run(actions)
            self.runner = runner
        } catch { failure = error }
    }

    private func refresh() async {
        do throws(RESTError) { try await runner.refresh() } catch { failure = error }
    }
}

extension RESTService {
    /// Where the body of this request goes piece by piece; nil if it is no bulk, or one that is refused whatever
    /// its body: then `respond(to:)` has the answer. Where users are known, `identify` comes first.
    public func bulkUpload(for request: RESTRequest) -> BulkUpload? {
        guard request.method == "POST" || request.method == "PUT" else { return nil }
        let segments = request.path.split(separator: "/")
        guard segments.last == "_bulk", segments.count <= 2 else { return nil }
        guard security == nil || request.principal?.rights.permits(BulkHandlers.action) == true else {
            return nil
        }
        do throws(RESTError) {
            try ContentType.check(request.header("Content-Type"))
            var parameters = try Parameters(request.rawQuery)
            if segments.count == 2 { parameters.path["index"] = try PercentCoding.decode(segments[0]) }
            try parameters.checkKnown(BulkHandlers.known, path: request.path)
            return try BulkHandlers.upload(
                Call(
                    service: self, request: request, action: BulkHandlers.action, parameters: parameters,
                    body: []))
        } catch { return nil }
    }
}

enum BulkHandlers {
    static let action = "indices:data/write/bulk"
    static let parameters =
        "refresh routing timeout pipeline require_alias wait_for_active_shards type batch_size "
        + "_source _source_includes _source_excludes"
    static let known = Set(parameters.split(separator: " ").map(String.init))

    static func upload(_ call: Call) throws(RESTError) -> BulkUpload {
        try WriteParameters.check(call.parameters)
        return BulkUpload(call, policy: try RefreshPolicy(call.parameters))
    }

    static func bulk(_ call: Call) async throws(RESTError) -> RESTResponse {
        if call.body.isEmpty { throw RESTError(400, "parse_exception", "request body is required") }
        let policy = try RefreshPolicy(call.parameters)
        try WriteParameters.check(call.parameters)
        var lines = BulkLines(lineBytesMax: call.service.options.bulkLineBytes)
        let start = ContinuousClock.now
        var runner = BulkRunner(call, policy)
        // The same pieces as of a body that comes in pieces: actions of more than one are not held at once.
        let step = max(1, call.service.options.bulkBytes)
        for place in stride(from: 0, to: call.body.count, by: step) {
            let end = min(place + step, call.body.count)
            lines.append(call.body[place..<end])
            try await runner.run(try lines.take(isLast: end == call.body.count))
        }
        if runner.itemCount == 0 { throw .validation("no requests added") }
        try await runner.refresh()
        return runner.response(since: start)
    }
}
