import VarveDocument

/// What a request fails with, in the shape in which OpenSearch says it.
struct RESTError: Error, Sendable {
    enum Body: Sendable {
        /// `{"error":"text"}`, with the status where OpenSearch has it.
        case plain(String, showsStatus: Bool)
        /// The usual body: root causes, then the error itself.
        case detailed(ErrorDetail, root: [ErrorDetail])
    }

    var status: Int
    var body: Body
    var headers: [(name: String, value: String)] = []

    init(_ status: Int, _ detail: ErrorDetail, root: [ErrorDetail]? = nil) {
        self.status = status
        body = .detailed(detail, root: root ?? [detail])
    }

    init(plain text: String, _ status: Int, showsStatus: Bool = true) {
        self.status = status
        body = .plain(text, showsStatus: showsStatus)
    }

    init(_ status: Int, _ type: String, _ reason: String) { self.init(status, ErrorDetail(type, reason)) }

    static func illegalArgument(_ reason: String, cause: ErrorDetail? = nil) -> RESTError {
        RESTError(400, ErrorDetail("illegal_argument_exception", reason, cause: cause))
    }

    /// All that a request breaks, in one message.
    static func validation(_ failures: [String]) -> RESTError {
        let text = failures.enumerated().map { "\($0.offset + 1): \($0.element);" }.joined()
        return RESTError(400, "action_request_validation_exception", "Validation Failed: " + text)
    }

    static func validation(_ failure: String) -> RESTError { validation([failure]) }

    static func noSuchIndex(_ name: String) -> RESTError {
        RESTError(
            404,
            ErrorDetail(
                "index_not_found_exception", "no such index [\(name)]", extra: noSuchIndexExtra(name)))
    }

    static func noSuchIndexExtra(_ name: String) -> [JSONValue.Member] {
        [
            .init("index", .string(name)), .init("resource.id", .string(name)),
            .init("resource.type", .string("index_or_alias")), .init("index_uuid", .string("_na_")),
        ]
    }

    /// The error itself, for an item of a bulk or an mget.
    var detail: ErrorDetail {
        switch body {
        case .plain(let text, _): ErrorDetail("exception", text)
        case .detailed(let detail, _): detail
        }
    }
}

/// One error in a body: its type, its reason and what it names besides.
struct ErrorDetail: Sendable {
    var type: String
    var reason: String
    var extra: [JSONValue.Member]
    private var causes: [ErrorDetail]

    var cause: ErrorDetail? { causes.first }

    init(_ type: String, _ reason: String, extra: [JSONValue.Member] = [], cause: ErrorDetail? = nil) {
        self.type = type
        self.reason = reason
        self.extra = extra
        causes = cause.map { [$0] } ?? []
    }

    /// The error and its causes, outermost first.
    var trace: String {
        let own = "\(type): \(reason)"
        return cause.map { own + "\nCaused by: " + $0.trace } ?? own
    }

    func write(into json: inout JSONWriter, withCause: Bool) {
        json.beginObject()
        writeMembers(into: &json, withCause: withCause)
        json.endObject()
    }

    func writeMembers(into json: inout JSONWriter, withCause: Bool) {
        json.add("type", type)
        json.add("reason", reason)
        for member in extra {
            json.key(member.key)
            json.value(member.value)
        }
        guard withCause, let cause else { return }
        json.key("caused_by")
        cause.write(into: &json, withCause: true)
    }
}

extension RESTError {
    /// - Parameter withTrace: Each error says what led to it as `stack_trace`.
    func response(withTrace: Bool = false) -> RESTResponse {
        var json = JSONWriter()
        json.beginObject()
        switch body {
        case .plain(let text, let showsStatus):
            json.add("error", text)
            if showsStatus { json.add("status", status) }
        case .detailed(let detail, let root):
            json.key("error")
            json.beginObject()
            json.key("root_cause")
            json.beginArray()
            for cause in root {
                json.beginObject()
                cause.writeMembers(into: &json, withCause: false)
                if withTrace { json.add("stack_trace", cause.trace) }
                json.endObject()
            }
            json.endArray()
            detail.writeMembers(into: &json, withCause: true)
            if withTrace { json.add("stack_trace", detail.trace) }
            json.endObject()
            json.add("status", status)
        }
        json.endObject()
        var response = RESTResponse.json(status, json)
        response.headers = headers
        return response
    }
}
