import Varve

/// One line of the route table.
struct Route: Sendable {
    typealias Handler = @Sendable (Call) async throws(RESTError) -> RESTResponse

    /// The path as it is written in the table.
    let name: String
    let methods: [String]
    /// Literal segments, and `{name}` for one that may be anything.
    let pattern: [Substring]
    let parameters: Set<String>
    let takesBody: Bool
    /// What it does, in the words of roles: `indices:data/read/search`.
    let action: String
    let handler: Handler

    init(
        _ methods: String, _ pattern: String, _ action: String, _ handler: @escaping Handler,
        _ parameters: String = "",
        body: Bool = false
    ) {
        name = pattern
        self.methods = methods.split(separator: " ").map(String.init)
        self.pattern = pattern.split(separator: "/")
        self.parameters = Set(parameters.split(separator: " ").map(String.init))
        takesBody = body
        self.action = action
        self.handler = handler
    }

    /// What the path's segments stand for; nil if they do not fit.
    func match(_ segments: [String]) -> [String: String]? {
        guard segments.count == pattern.count else { return nil }
        var found: [String: String] = [:]
        for (name, segment) in zip(pattern, segments) {
            if name.first == "{" {
                found[String(name.dropFirst().dropLast())] = segment
            } else if name != segment {
                return nil
            }
        }
        return found
    }

    /// Literals come before what may be anything, the earlier segment counting more.
    static func isMoreLiteral(_ left: Route, _ right: Route) -> Bool {
        for (one, other) in zip(left.pattern, right.pattern) where (one.first == "{") != (other.first == "{")
        {
            return other.first == "{"
        }
        return false
    }
}

/// Finds the route of a request.
struct Router: Sendable {
    /// By number of segments, the most literal first.
    private let routes: [Int: [Route]]

    init(_ routes: [Route]) {
        self.routes = Dictionary(grouping: routes) { $0.pattern.count }
            .mapValues { $0.sorted(by: Route.isMoreLiteral) }
    }

    func find(_ request: RESTRequest) throws(RESTError) -> (Route, [String: String]) {
        var segments: [String] = []
        for part in request.path.split(separator: "/") { segments.append(try PercentCoding.decode(part)) }
        var allowed: Set<String> = []
        for route in routes[segments.count] ?? [] {
            guard let values = route.match(segments) else { continue }
            if route.methods.contains(request.method) { return (route, values) }
            allowed.formUnion(route.methods)
        }
        guard !allowed.isEmpty else {
            throw RESTError(
                plain: "no handler found for uri [\(request.uri)] and method [\(request.method)]", 400,
                showsStatus: false)
        }
        let order = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]
        let sorted = order.filter { allowed.contains($0) }
        var error = RESTError(
            plain: "Incorrect HTTP method for uri [\(request.uri)] and method [\(request.method)], "
                + "allowed: [\(sorted.joined(separator: ", "))]", 405)
        error.headers = [("Allow", sorted.joined(separator: ","))]
        throw error
    }
}

/// A request on its way through a handler.
struct Call: Sendable {
    let service: RESTService
    let request: RESTRequest
    /// The action of its route.
    let action: String
    let parameters: Parameters
    /// The body, or what `source` gave in its place; empty if there is none.
    let body: [UInt8]

    var store: Store { service.store }
    var principal: Principal? { request.principal }

    /// A segment of the path.
    func segment(_ name: String) -> String { parameters.path[name] ?? "" }

    /// The body as JSON; nil if there is none.
    func json() throws(RESTError) -> JSONBody? {
        if body.isEmpty { return nil }
        do { return try JSONBody(body) } catch {
            throw RESTError(400, RESTError.notJSON(error, body))
        }
    }
}
