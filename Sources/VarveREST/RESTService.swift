public import Varve
import VarveBytes

/// How the service presents itself.
public struct RESTOptions: Sendable {
    /// What `GET /` and the health of the cluster say. Clients of OpenSearch expect this one by default.
    public var clusterName = "docker-cluster"
    public var nodeName = "varve"
    /// The version of OpenSearch whose behaviour is kept.
    public var version = "3.3.0"
    /// Where clients reach it, as clients that look for nodes are told.
    public var publishAddress = "127.0.0.1:9200"
    /// The build of this program, beside it.
    public var build = "varve"
    /// Bytes of a bulk that are looked at before the first of them is applied: a malformed line within them
    /// refuses all of it.
    public var bulkBytes = 8 << 20
    /// The longest line of a bulk.
    public var bulkLineBytes = 17 << 20

    /// What the process has in RAM, for its metrics; nil if nobody knows.
    public var residentBytes: @Sendable () -> Int? = { nil }

    public init() {}

    /// What segments say of the version that wrote them.
    static let segmentVersion = "10.3.0"
}

/// OpenSearch's requests, answered from a store. It owns no socket: whoever does hands each request in.
///
/// ```swift
/// let service = RESTService(store: store)
/// let response = await service.respond(to: RESTRequest("GET", "/"))
/// ```
/// A bulk may come in pieces, so that it never lies in memory whole: see `bulkUpload(for:)`. All calls are safe
/// from any task; no error escapes, and every request gets an answer.
public final class RESTService: Sendable {
    public let store: Store
    public let options: RESTOptions
    /// Nil if nobody is asked who they are.
    let security: Security?
    let scrolls = ScrollTable()
    let warmUp: WarmUp
    package let metrics = ServiceMetrics()
    let settings: ClusterSettings
    private let router = Router(Routes.all)
    private let published: Locked<String>

    public init(store: Store, options: RESTOptions = RESTOptions(), security: Security? = nil) {
        self.store = store
        self.options = options
        settings = ClusterSettings(store)
        warmUp = WarmUp(store)
        self.security = security
        published = Locked(options.publishAddress)
    }

    /// Says where clients reach the service, once that is known.
    public func publish(at address: String) { published.withLock { $0 = address } }

    var publishAddress: String { published.withLock { $0 } }

    /// The host alone, for tables that show an address.
    var publishHost: String {
        let address = publishAddress
        guard let colon = address.lastIndex(of: ":") else { return address }
        return String(address[..<colon])
    }

    /// 22 characters that name the one node.
    var nodeID: String {
        UUID128(high: store.uuid.low, low: store.uuid.high).wireText
    }

    public func respond(to request: RESTRequest) async -> RESTResponse {
        let start = ContinuousClock.now
        var request = request
        if let refusal = await identify(&request) { return refusal }
        var parameters = Parameters()
        var response: RESTResponse
        var name = ""
        do throws(RESTError) {
            parameters = try Parameters(request.rawQuery)
            response = try await answer(request, &parameters, &name)
        } catch {
            let withTrace = (try? parameters.boolean("error_trace")) ?? false
            response = error.response(withTrace: withTrace)
        }
        response = finish(response, of: request, parameters)
        metrics.record(request.method, name, response, received: request.body.count, since: start)
        return response
    }

    private func answer(
        _ request: RESTRequest, _ parameters: inout Parameters, _ name: inout String
    ) async throws(RESTError) -> RESTResponse {
        let (route, segments) = try router.find(request)
        name = route.name
        parameters.path = segments
        try OtherSite.check(request)
        let body = try ContentType.body(of: request, parameters)
        try parameters.checkKnown(route.parameters, path: request.path)
        if !route.takesBody && !body.isEmpty {
            throw .illegalArgument(
                "request [\(request.method) \(request.path)] does not support having a body")
        }
        let call = Call(
            service: self, request: request, action: route.action, parameters: parameters, body: body)
        try call.admitRoute(route)
        if route.action.hasPrefix("indices:data/read/") { await warmUp.wait(for: call) }
        return try await route.handler(call)
    }

    /// Gives an answer the looks that were asked for.
    func finish(
        _ response: RESTResponse, of request: RESTRequest, _ parameters: Parameters
    ) -> RESTResponse {
        var response = response
        if let id = request.header("X-Opaque-Id") { response.headers.append(("X-Opaque-Id", id)) }
        if response.contentType == RESTResponse.jsonType && !response.chunks.isEmpty {
            if let filter = parameters.query["filter_path"], !filter.isEmpty {
                let patterns = filter.split(separator: ",").map(String.init)
                response.chunks = [JSONReshape.filter(response.body, patterns)]
            }
            if let isPretty = try? parameters.boolean("pretty"), isPretty {
                response.chunks = [JSONReshape.pretty(response.body)]
            }
        }
        if request.method == "HEAD" {
            response.omittedByteCount = response.byteCount
            response.chunks = []
        }
        return response
    }
}

/// Pages of other sites: a browser sends the credentials that it keeps along with what they ask.
enum OtherSite {
    /// Throws if a browser says that such a page asks for a change.
    static func check(_ request: RESTRequest) throws(RESTError) {
        guard request.method != "GET" && request.method != "HEAD",
            let site = request.header("Sec-Fetch-Site"), site == "cross-site" || site == "same-site"
        else { return }
        throw RESTError(
            403, "security_exception",
            "a page of another site must not change anything: Sec-Fetch-Site is [\(site)]")
    }
}

/// What bodies may be.
enum ContentType {
    /// The body, or what the parameter `source` holds instead.
    static func body(of request: RESTRequest, _ parameters: Parameters) throws(RESTError) -> [UInt8] {
        if request.body.isEmpty {
            guard let source = parameters.query["source"] else { return [] }
            try check(parameters.query["source_content_type"] ?? "application/json")
            return Array(source.utf8)
        }
        try check(request.header("Content-Type"))
        return request.body
    }

    static func check(_ type: String?) throws(RESTError) {
        guard let type, !type.isEmpty else { throw RESTError(plain: "Content-Type header is missing", 406) }
        let media = String(type.prefix { $0 != ";" }).trimmingBlanks.lowercased()
        guard ["application/json", "application/x-ndjson"].contains(media) else {
            throw RESTError(plain: "Content-Type header [\(type)] is not supported", 406)
        }
    }
}
