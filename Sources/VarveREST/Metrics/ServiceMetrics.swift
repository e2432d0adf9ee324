import VarveBytes

/// What was done since the process started, counted under one short lock a request.
package final class ServiceMetrics: Sendable {
    struct Key: Hashable, Sendable {
        let method: String
        /// As in the table of routes; empty for what was no request of any.
        let route: String
    }

    struct Requests: Sendable {
        var byStatus: [Int: Int] = [:]
        /// One a bound of `bounds`, and one for what took longer.
        var byDuration = [Int](repeating: 0, count: ServiceMetrics.bounds.count + 1)
        var seconds = 0.0
        var received = 0
        var sent = 0
    }

    struct Connections: Sendable {
        var open = 0
        var accepted = 0
        var refused = 0
    }

    /// Seconds.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private let requests = Locked<[Key: Requests]>([:])
    private let connections = Locked(Connections())

    /// A request that was answered.
    func record(
        _ method: String, _ route: String, _ response: RESTResponse, received: Int,
        since start: ContinuousClock.Instant
    ) {
        let time = start.duration(to: .now) / .seconds(1)
        let place = Self.bounds.firstIndex { time <= $0 } ?? Self.bounds.count
        requests.withLock { requests in
            // The method is the client's: only one that a route has is a name of its own.
            let key = Key(method: route.isEmpty ? "" : method, route: route)
            requests[key, default: Requests()].add(
                response.status, place, time, received: received, sent: response.byteCount)
        }
    }

    /// The number of connections that are open now.
    package func connectionOpened() -> Int {
        connections.withLock {
            $0.open += 1
            $0.accepted += 1
            return $0.open
        }
    }

    package func connectionClosed() { connections.withLock { $0.open -= 1 } }
    package func connectionRefused() { connections.withLock { $0.refused += 1 } }

    var now: (requests: [Key: Requests], connections: Connections) {
        (requests.withLock { $0 }, connections.withLock { $0 })
    }
}

extension ServiceMetrics.Requests {
    fileprivate mutating func add(_ status: Int, _ place: Int, _ time: Double, received: Int, sent: Int) {
        byStatus[status, default: 0] += 1
        byDuration[place] += 1
        seconds += time
        self.received += received
        self.sent += sent
    }
}
