import Varve
import VarveBytes

/// One store under test, and the documents that it must hold: what a refresh saw last, and what each point in time saw.
struct SearchWorld {
    private struct View {
        var pointInTime: PointInTime?
        var documents: [PlainDocument]
    }

    private let store: Store
    private let index: Index
    private var maker: CaseMaker
    private var documents: [String: PlainDocument] = [:]
    private var views: [View] = [View(pointInTime: nil, documents: [])]
    /// Documents that may be there at once.
    private let idsMax: Int

    init(directory: String, seed: UInt64, isLarge: Bool) async throws {
        maker = CaseMaker(seed: seed)
        idsMax = isLarge ? 9_500 : 20 + maker.chance.below(100)
        var options = StoreOptions(durability: .async(syncInterval: .seconds(10)))
        options.refreshInterval = nil
        store = try await Store.open(at: directory, options: options)
        index = try await store.createIndex("i", mapping: Plain.mapping, shards: 1 + maker.chance.below(3))
    }

    func close() async throws { try await store.close() }

    /// Writes, refreshes, flushes or merges.
    mutating func change(isLarge: Bool) async throws {
        let count = isLarge && documents.isEmpty ? 9_500 : 1 + maker.chance.below(60)
        var written: [(id: String, document: PlainDocument?)] = []
        for number in 0..<count {
            let id = "d\(isLarge && documents.isEmpty ? number : maker.chance.below(idsMax))"
            written.append((id, maker.chance.once(in: 5) ? nil : maker.document(id)))
        }
        let receipts = try await index.write { batch in
            for (id, document) in written {
                if let document {
                    try batch.put(json: Array(document.json.utf8), id: id)
                } else {
                    try batch.delete(id)
                }
            }
        }
        for ((id, document), receipt) in zip(written, receipts) {
            documents[id] = document
            documents[id]?.shard = index.shardNumber(of: id)
            documents[id]?.sequence = try receipt.get().sequenceNumber.rawValue
        }
        switch maker.chance.below(6) {
        case 0: return
        case 1: try await index.flush()
        case 2: try await index.merge(toAtMost: 1 + maker.chance.below(2))
        default: break
        }
        try await index.refresh()
        views[0].documents = Array(documents.values)
        if maker.chance.once(in: 3) {
            let pointInTime = try await index.openPointInTime(keepAlive: .seconds(600), durable: false)
            views.append(View(pointInTime: pointInTime, documents: views[0].documents))
        }
    }

    /// One random request against one view; nil if the library answers as the model does.
    mutating func tryOne() async throws -> String? {
        let view = maker.chance.once(in: 2) ? views[0] : maker.chance.one(of: views)
        let query = maker.query()
        let sort = maker.sort()
        let expected = view.documents.filter { query.matches($0) }
            .sorted { PlainSort.isBefore($0, $1, sort) }
        var difference = try await pages(view, query, sort, expected)
        if difference == nil, maker.chance.once(in: 2) {
            difference = try await aggregations(view, query, expected)
        }
        if difference == nil, maker.chance.once(in: 6) {
            difference = try await slices(view, query, sort, expected)
        }
        if difference == nil, maker.chance.once(in: 4) {
            difference = try await window(view, query, sort, expected)
        }
        guard let difference else { return nil }
        let shown =
            view.documents.count > 200
            ? "" : view.documents.map { "\($0.id) \($0.json)" }.joined(separator: "\n")
        return "\(shown)\nquery \(query)\nsort \(sort)\n\(difference)"
    }

    private func search(_ view: View, _ request: SearchRequest) async throws -> SearchResult {
        if let pointInTime = view.pointInTime { return try await pointInTime.search(request) }
        return try await index.search(request)
    }

    private static func line(_ document: PlainDocument, _ sort: [PlainSort]) -> String {
        let keys = sort.map { key -> String in
            key.field == "_doc" ? "" : "\(key.key(of: document).sortValue)"
        }
        return "\(document.id)(\(keys.joined(separator: ",")))"
    }

    private static func line(_ hit: SearchHit, _ sort: [PlainSort]) -> String {
        let keys = zip(hit.sortValues, sort).map { value, key in key.field == "_doc" ? "" : "\(value)" }
        return "\(hit.id)(\(keys.joined(separator: ",")))"
    }

    private static func compare(_ what: String, _ found: [String], _ expected: [String]) -> String? {
        if zip(found, expected).allSatisfy({ $0.utf8.elementsEqual($1.utf8) }), found.count == expected.count
        {
            return nil
        }
        let place =
            zip(found, expected).enumerated().first { !$0.element.0.utf8.elementsEqual($0.element.1.utf8) }?
            .offset
            ?? min(found.count, expected.count)
        let from = max(0, place - 2)
        return "\(what): \(found.count) for \(expected.count), differs at \(place)\n"
            + "  found    \(found.dropFirst(from).prefix(6))\n  expected \(expected.dropFirst(from).prefix(6))"
    }

    // MARK: Kinds of requests

    private mutating func pages(
        _ view: View, _ query: PlainQuery, _ sort: [PlainSort], _ expected: [PlainDocument]
    ) async throws -> String? {
        var found: [String] = []
        var request = SearchRequest(query.asked, sort: sort.map(\.asked), source: .none)
        let limit = maker.chance.below(expected.count + 2)
        request.totalHits = maker.chance.once(in: 2) ? .exact : .upTo(limit)
        request.size = maker.chance.one(of: [1, 2, 3, 10, 1_000])
        // A thousand requests of one hit each say no more than some.
        if expected.count > 300 { request.size = 1_000 }
        while true {
            let result = try await search(view, request)
            if let total = result.total, let wrong = check(total, request.totalHits, expected.count) {
                return wrong
            }
            found += result.hits.map { Self.line($0, sort) }
            guard let last = result.hits.last, found.count <= expected.count else { break }
            request.after = last.cursor
        }
        return Self.compare("pages of \(request.size)", found, expected.map { Self.line($0, sort) })
    }

    private func check(_ total: TotalHits, _ tracking: TotalHitsTracking, _ count: Int) -> String? {
        var expected = TotalHits(count, .exactly)
        if case .upTo(let limit) = tracking, count > limit { expected = TotalHits(limit, .atLeast) }
        return total == expected ? nil : "total \(total) for \(expected)"
    }

    private mutating func window(
        _ view: View, _ query: PlainQuery, _ sort: [PlainSort], _ expected: [PlainDocument]
    ) async throws -> String? {
        let from = maker.chance.below(expected.count + 3)
        let size = maker.chance.below(20)
        let request = SearchRequest(
            query.asked, sort: sort.map(\.asked), from: min(from, 9_000), size: size, source: .none)
        let found = try await search(view, request).hits.map { Self.line($0, sort) }
        let wanted = expected.dropFirst(min(from, 9_000)).prefix(size).map { Self.line($0, sort) }
        return Self.compare("from \(from), size \(size)", found, wanted)
    }

    private mutating func slices(
        _ view: View, _ query: PlainQuery, _ sort: [PlainSort], _ expected: [PlainDocument]
    ) async throws -> String? {
        let count = 2 + maker.chance.below(6)
        var found: [String] = []
        for number in 0..<count {
            var request = SearchRequest(query.asked, sort: sort.map(\.asked), size: 10_000, source: .none)
            request.slice = SearchSlice(number, of: count)
            let part = try await search(view, request).hits.map(\.id)
            let ids = Set(part)
            let wanted = expected.map(\.id).filter { ids.contains($0) }
            if part != wanted { return Self.compare("slice \(number) of \(count)", part, wanted) }
            found += part
        }
        return Self.compare("slices", found.sorted(), expected.map(\.id).sorted())
    }

    private mutating func aggregations(
        _ view: View, _ query: PlainQuery, _ expected: [PlainDocument]
    ) async throws -> String? {
        let nodes = maker.aggregations()
        var request = SearchRequest(
            query.asked, size: maker.chance.below(3), totalHits: .exact, source: .none)
        request.aggregations = nodes.map(\.asked)
        request.bucketsMax = 10_000_000
        let result = try await search(view, request)
        if let total = result.total, let wrong = check(total, .exact, expected.count) { return wrong }
        let found = FoundAnswers.text(result.aggregations, nodes)
        let wanted = PlainAnswers(every: view.documents).text(nodes, expected)
        if found.utf8.elementsEqual(wanted.utf8) { return nil }
        let place = zip(found, wanted).prefix { $0 == $1 }.count
        let from = max(0, place - 120)
        return "aggregations \(nodes)\n  found    …\(found.dropFirst(from).prefix(400))\n"
            + "  expected …\(wanted.dropFirst(from).prefix(400))"
    }
}
