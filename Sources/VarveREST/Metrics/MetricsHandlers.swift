import Varve
import VarveEngine

/// `GET /_prometheus/metrics`, as the exporters for OpenSearch have it: numbers of the service, the store and the process.
enum MetricsHandlers {
    static func show(_ call: Call) async throws(RESTError) -> RESTResponse {
        var text = PrometheusText()
        let (requests, connections) = call.service.metrics.now
        writeRequests(requests, to: &text)
        text.family("varve_http_connections", .gauge, "Connections that are open.")
        text.sample("varve_http_connections", connections.open)
        text.family("varve_http_connections_accepted_total", .counter, "Connections that were opened.")
        text.sample("varve_http_connections_accepted_total", connections.accepted)
        text.family("varve_http_connections_refused_total", .counter, "Connections beyond the limit.")
        text.sample("varve_http_connections_refused_total", connections.refused)
        writePointsInTime(call.store, to: &text)
        writeIndices(call.store, to: &text)
        IngestionMetrics.write(call.store, to: &text)
        if let bytes = call.service.options.residentBytes() {
            text.family("process_resident_memory_bytes", .gauge, "Memory of the process that is in RAM.")
            text.sample("process_resident_memory_bytes", bytes)
        }
        return RESTResponse(
            status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", chunks: [text.finish()])
    }

    private static func writeRequests(
        _ requests: [ServiceMetrics.Key: ServiceMetrics.Requests], to text: inout PrometheusText
    ) {
        let all = requests.sorted { ($0.key.route, $0.key.method) < ($1.key.route, $1.key.method) }
            .map { (labels: [("method", $0.key.method), ("route", $0.key.route)], found: $0.value) }
        text.family("varve_http_requests_total", .counter, "Requests that were answered.")
        for (labels, found) in all {
            for (status, count) in found.byStatus.sorted(by: { $0.key < $1.key }) {
                text.sample("varve_http_requests_total", count, labels + [("status", String(status))])
            }
        }
        let duration = "varve_http_request_duration_seconds"
        text.family(duration, .histogram, "From the first byte that was looked at to the answer.")
        for (labels, found) in all {
            var count = 0
            for (bound, more) in zip(ServiceMetrics.bounds, found.byDuration) {
                count += more
                text.sample("\(duration)_bucket", count, labels + [("le", String(bound))])
            }
            count += found.byDuration[ServiceMetrics.bounds.count]
            text.sample("\(duration)_bucket", count, labels + [("le", "+Inf")])
            text.sample("\(duration)_sum", found.seconds, labels)
            text.sample("\(duration)_count", count, labels)
        }
        text.family("varve_http_request_bytes_total", .counter, "Bytes of bodies, inflated.")
        for (labels, found) in all { text.sample("varve_http_request_bytes_total", found.received, labels) }
        text.family(
            "varve_http_response_bytes_total", .counter, "Bytes of answers, before they are compressed.")
        for (labels, found) in all { text.sample("varve_http_response_bytes_total", found.sent, labels) }
    }

    private static func writePointsInTime(_ store: Store, to text: inout PrometheusText) {
        let counts = store.pointInTimeCounts
        text.family("varve_points_in_time", .gauge, "Points in time that are open, scrolls among them.")
        text.sample("varve_points_in_time", counts.open)
        text.family("varve_points_in_time_created_total", .counter, "Points in time that were opened.")
        text.sample("varve_points_in_time_created_total", counts.created)
        text.family("varve_points_in_time_expired_total", .counter, "Points in time whose time was over.")
        text.sample("varve_points_in_time_expired_total", counts.expired)
    }

    private static func writeIndices(_ store: Store, to text: inout PrometheusText) {
        let all = store.indices.compactMap { index in
            (try? index.shardFacts()).map { (labels: [("index", index.name)], facts: $0) }
        }
        for (name, kind, help, value) in figures {
            text.family(name, kind, help)
            for (labels, facts) in all { text.sample(name, facts.reduce(0) { $0 + value($1) }, labels) }
        }
    }

    private typealias Figure = (String, PrometheusText.Kind, String, @Sendable (ShardFacts) -> Int)
    private static let figures: [Figure] = [
        ("varve_documents", .gauge, "Documents that searches see.", { $0.live }),
        (
            "varve_documents_deleted", .gauge, "Rows that no search sees and no merge has dropped.",
            { $0.deleted }
        ),
        (
            "varve_segments", .gauge, "Segments, without what is only in memory.",
            { $0.segments.count { $0.id != nil } }
        ),
        ("varve_stored_bytes", .gauge, "Bytes of segments on the disk.", { $0.storedBytes }),
        ("varve_memory_bytes", .gauge, "Bytes of documents that are not flushed.", { $0.memoryBytes }),
        ("varve_log_bytes", .gauge, "Bytes of the log that a start would read.", { $0.logBytes }),
        ("varve_indexed_total", .counter, "Documents that were put.", { $0.counters.indexed }),
        ("varve_deleted_total", .counter, "Documents that were deleted.", { $0.counters.deleted }),
        ("varve_queries_total", .counter, "Searches of a shard.", { $0.counters.queries }),
        ("varve_refreshes_total", .counter, "Refreshes.", { $0.counters.refreshes }),
        ("varve_flushes_total", .counter, "Flushes.", { $0.counters.flushes }),
        ("varve_merges_total", .counter, "Merges.", { $0.counters.merges }),
    ]
}
