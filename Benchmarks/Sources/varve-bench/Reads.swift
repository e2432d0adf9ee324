import Varve

/// Gets by id, pages in order of time and a filter, over one merged segment.
struct Reads {
    let index: Index
    let input: String

    func run(_ report: inout Report) async throws {
        report.section("Reads of one merged segment")
        try await gets(&report)
        for pass in ["first", "second"] { try await pages(pass, &report) }
        try await depth(&report)
        let filter: Query = .term("carrier", "UA") && .range("distance", 2_000...)
        let counts = try await Sample.of(50) { _ in _ = try await index.count(filter) }
        report.add("filter.count", "filter: keyword and range, count", counts.median, "ms", .atMost(5))
        let best = try await Sample.of(50) { _ in
            _ = try await index.search(
                filter, sortedBy: .ascending("time_hour"), limit: 1_000, totalHits: .none)
        }
        report.add("filter.page", "filter: the first 1,000 by time", best.median, "ms", .atMost(10))
    }

    private func gets(_ report: inout Report) async throws {
        let ids = try Documents(input).spreadIDs
        let near = Array(ids.prefix(64))
        for id in near { _ = try await index.get(id) }
        let warm = try await Sample.of(20_000) { _ = try await index.get(near[$0 % near.count]) }
        report.add("get.warm", "get by id, block in the cache", warm.median * 1_000, "us", .atMost(10))
        let spread = try await Sample.of(ids.count) { round in
            guard try await index.get(ids[round]) != nil else {
                throw VarveError(.notFound, "there is no document \(ids[round])")
            }
        }
        report.add("get.spread", "get by id, all over the store", spread.median * 1_000, "us", .atMost(60))
    }

    private func page(after last: SearchHit?) async throws -> [SearchHit] {
        try await index.search(
            sortedBy: .ascending("time_hour"), limit: 1_000, after: last, totalHits: .none
        ).hits
    }

    /// All pages to the end.
    private func pages(_ pass: String, _ report: inout Report) async throws {
        var times: [Double] = []
        var hits = 0
        var bytes = 0
        let start = ContinuousClock.now
        var last: SearchHit?
        while true {
            let began = ContinuousClock.now
            let page = try await page(after: last)
            guard let end = page.last else { break }
            times.append(began.milliseconds)
            hits += page.count
            bytes += page.reduce(0) { $0 + ($1.source?.count ?? 0) }
            last = end
        }
        let total = start.seconds
        report.add(
            "page.\(pass)", "page of 1,000 by time, \(pass) pass, median", Sample(times).median, "ms",
            .atMost(3))
        report.add(
            "pages.\(pass)", "  all \(hits) to the end", Double(hits) / total, "docs/s", .atLeast(350_000))
        report.add("pages.\(pass).bytes", "  in bytes of source", Double(bytes) / total / 1e6, "MB/s")
    }

    /// Whether a page deep in the order costs more than the first.
    private func depth(_ report: inout Report) async throws {
        var last: SearchHit?
        var deep = 1
        while deep < 300, let end = try await page(after: last).last {
            last = end
            deep += 1
        }
        var (firsts, deeps): ([Double], [Double]) = ([], [])
        for _ in 0..<50 {
            var start = ContinuousClock.now
            _ = try await page(after: nil)
            firsts.append(start.milliseconds)
            start = ContinuousClock.now
            _ = try await page(after: last)
            deeps.append(start.milliseconds)
        }
        let (first, far) = (Sample(firsts).median, Sample(deeps).median)
        report.add("depth.first", "page 1", first, "ms")
        report.add("depth.deep", "page \(deep)", far, "ms")
        report.add("depth.ratio", "  against page 1", far / first, "x", .atMost(1.2))
    }
}

/// Every source of the merged segment, once, in order of writing.
struct Scan {
    let index: Index

    func run(_ report: inout Report) throws {
        report.section("Every source of one merged segment")
        var rates: [Double] = []
        var documents = 0
        for _ in 0..<4 {
            let snapshot = index.snapshot()
            var bytes = 0
            documents = 0
            let start = ContinuousClock.now
            try snapshot.forEachSource { source in
                bytes += source.byteCount
                documents += 1
            }
            rates.append(Double(bytes) / start.seconds / 1e6)
        }
        report.add("scan.first", "bare scan of \(documents), first", rates[0], "MB/s")
        report.add(
            "scan.sources", "bare scan, median of 3 more", Sample(Array(rates[1...])).median, "MB/s",
            .atLeast(500))
    }
}
