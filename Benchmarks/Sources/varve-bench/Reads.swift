import Varve

/// Gets by id, pages in order of time, a filter, and every document once, over one merged segment.
struct Reads {
    let index: Index

    func run(_ report: inout Report) async throws {
        let sample = try await index.search(limit: 10_000, source: .none).hits.map(\.id)
        let spread = stride(from: 0, to: sample.count, by: 7).map { sample[$0] }
        let gets = try await Sample.of(20_000) { round in
            _ = try await index.get(spread[round % spread.count])
        }
        report.add("get by id, warm, median", gets.median * 1_000, "us")

        for pass in ["first", "second"] {
            var pages: [Double] = []
            var hits = 0
            var bytes = 0
            let start = ContinuousClock.now
            var last: SearchHit?
            while true {
                let began = ContinuousClock.now
                let page = try await index.search(
                    sortedBy: .ascending("time_hour"), limit: 1_000, after: last, totalHits: .none)
                guard let end = page.hits.last else { break }
                pages.append((ContinuousClock.now - began).milliseconds)
                hits += page.hits.count
                bytes += page.hits.reduce(0) { $0 + ($1.source?.count ?? 0) }
                last = end
            }
            let total = (ContinuousClock.now - start).seconds
            report.add("page of 1,000 by time, \(pass) pass, first page", pages.first ?? 0, "ms")
            report.add("page of 1,000 by time, \(pass) pass, median", Sample(pages).median, "ms")
            report.add("page of 1,000 by time, \(pass) pass, last page", pages.last ?? 0, "ms")
            report.add("all \(hits) paged, \(pass) pass", total, "s")
            report.add("sources paged, \(pass) pass", Double(bytes) / total / 1e6, "MB/s")
        }
        let filter: Query = .term("carrier", "UA") && .range("distance", 2_000...)
        let counts = try await Sample.of(50) { _ in _ = try await index.count(filter) }
        report.add("filter: keyword and range, count, median", counts.median, "ms")
    }
}
