import Varve
import VarveBytes

/// Several searches in one request: lines in turn of a header and a body. Each has an answer of its own.
enum MultiSearchHandlers {
    static let parameters =
        "max_concurrent_searches max_concurrent_shard_requests pre_filter_shard_size search_type typed_keys "
        + "rest_total_hits_as_int ccs_minimize_roundtrips " + IndexOptions.parameters
    private static let searchesMax = 1_000
    /// What a header may say beside the indices.
    private static let headers: Set<String> = [
        "preference", "routing", "search_type", "request_cache", "allow_partial_search_results",
        "ignore_unavailable", "allow_no_indices", "expand_wildcards", "ignore_throttled",
        "ccs_minimize_roundtrips", "cancel_after_time_interval",
    ]

    private struct Item {
        var parameters: Parameters
        var body: [UInt8]
    }

    static func search(_ call: Call) async throws(RESTError) -> RESTResponse {
        let start = ContinuousClock.now
        if let count = try call.parameters.integer("max_concurrent_searches"), count < 1 {
            throw .illegalArgument("maxConcurrentSearchRequests must be positive")
        }
        let items = try read(call)
        var answers = JSONWriter()
        answers.beginArray()
        for item in items {
            let part = Call(
                service: call.service, request: call.request, action: call.action,
                parameters: item.parameters, body: item.body)
            do throws(RESTError) {
                answers.raw(withStatus(try await SearchHandlers.search(part)))
            } catch { answers.raw(error.response().body) }
        }
        answers.endArray()
        var json = JSONWriter()
        json.beginObject()
        json.add("took", start.duration(to: .now).wholeMilliseconds)
        json.key("responses")
        json.raw(answers.finish())
        json.endObject()
        return .json(200, json)
    }

    /// A search's answer with its status as the last member.
    private static func withStatus(_ response: RESTResponse) -> [UInt8] {
        Array(response.body.dropLast()) + Array(#","status":\#(response.status)}"#.utf8)
    }

    // MARK: Reading

    private static func read(_ call: Call) throws(RESTError) -> [Item] {
        guard let last = call.body.last else {
            throw RESTError(400, "parse_exception", "request body is required")
        }
        guard last == 0x0A else {
            throw .illegalArgument("The msearch request must be terminated by a newline [\\n]")
        }
        let lines = call.body.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        var items: [Item] = []
        var at = 0
        while at < lines.count {
            let header = trimmed(lines[at])
            at += 1
            // A blank line where a header belongs says nothing about the search after it, unless nothing comes.
            if header.isEmpty && at == lines.count { break }
            guard at < lines.count else {
                throw .illegalArgument("the search after line [\(at)] has no body")
            }
            items.append(Item(parameters: try parameters(header, call), body: trimmed(lines[at])))
            at += 1
            guard items.count <= searchesMax else {
                throw .illegalArgument("a request may hold \(searchesMax) searches, this one has more")
            }
        }
        if items.isEmpty { throw .validation("no requests added") }
        return items
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> [UInt8] {
        Array(line.last == 0x0D ? line.dropLast() : line)
    }

    private static func parameters(_ header: [UInt8], _ call: Call) throws(RESTError) -> Parameters {
        var query: [String: String] = [:]
        for name in ["typed_keys", "rest_total_hits_as_int", "search_type", "ccs_minimize_roundtrips"]
            + IndexOptions.parameters.split(separator: " ").map(String.init)
        {
            if let text = call.parameters.query[name] { query[name] = text }
        }
        var path: [String: String] = [:]
        if let index = call.parameters.path["index"] { path["index"] = index }
        if header.isEmpty { return Parameters(query: query, path: path) }
        let body: JSONBody
        do { body = try JSONBody(header) } catch {
            throw RESTError(400, "json_parse_exception", error.description)
        }
        for member in body.root.members ?? [] {
            let text =
                member.value.elements.map { $0.compactMap(\.scalarText).joined(separator: ",") }
                ?? member.value.scalarText
            switch member.key {
            case "index", "indices":
                if let text, !text.isEmpty { path["index"] = text }
            case _ where headers.contains(member.key): if let text { query[member.key] = text }
            default:
                throw .illegalArgument(
                    "key [\(member.key)] is not supported in the metadata section"
                        + Suggestion.text(for: member.key, among: headers.sorted()))
            }
        }
        return Parameters(query: query, path: path)
    }
}
