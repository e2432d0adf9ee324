import Testing
import VarveDocument
import VarveSegment

@testable import VarveQuery

/// What a search reads, which is what it costs: blocks of 64 rows here, of 4,096 in the store.
@Suite struct `What a search reads` {
    private static let fields = [
        FieldDefinition("time", .long), FieldDefinition("name", .keyword), FieldDefinition("group", .keyword),
        FieldDefinition("size", .long),
    ]
    private let searcher = Searcher(SearchContext(now: 0, blockRows: 64))
    private let view: CountingView
    private let shards: [SearchableShard]

    /// 100 blocks: `time` ascends, 16 documents to a value; `name` falls; `size` is spread out.
    init() {
        var documents: [ScriptedDocument] = []
        for number in 0..<6_400 {
            let values: [String: [ScriptedValue]] = [
                "time": [.integer(Int64(number / 16))],
                "group": [.string(number % 2 == 0 ? "even" : "odd")],
                "name": [.string("n\(99_999 - number)")],
                "size": [.integer(Int64(number * 7919 % 6_400))],
            ]
            documents.append(ScriptedDocument(id: "\(number)", birth: UInt64(number), values: values))
        }
        view = CountingView(ScriptedSegment(documents, Self.fields, blockRows: 64))
        shards = [
            SearchableShard(
                segments: [SearchableSegment(view: view, live: nil, liveCount: view.rowCount)],
                fields: Self.fields)
        ]
    }

    private func search(_ request: SearchRequest) throws -> (result: SearchResult, reads: CountingView.Reads)
    {
        _ = view.takeReads()
        return (try searcher.search(request, in: shards), view.takeReads())
    }

    @Test func `a page reads the blocks that it comes from, at any depth`() throws {
        var request = SearchRequest(sort: [.ascending("time")], size: 100)
        var pages = 0
        while true {
            let (result, reads) = try search(request)
            #expect(reads.columnBlocks <= 3, "page \(pages)")
            #expect(result.total == TotalHits(6_400, .exactly))
            guard let last = result.hits.last else { break }
            #expect(result.hits.map(\.id) == (pages * 100..<(pages + 1) * 100).map { "\($0)" })
            request.after = last.cursor
            pages += 1
        }
        #expect(pages == 64)
    }

    @Test func `the other direction reads as little`() throws {
        let (result, reads) = try search(SearchRequest(sort: [.descending("time")], size: 20))
        #expect(reads.columnBlocks <= 2)
        #expect(result.hits.first?.id == "6384")
    }

    @Test func `keywords are looked up for the hits alone`() throws {
        let (result, reads) = try search(SearchRequest(sort: [.ascending("name")], size: 10))
        #expect(result.hits.map(\.id) == (0..<10).map { "\(6_399 - $0)" })
        #expect(reads.columnBlocks == 1)
        #expect(reads.terms == 10)
        #expect(reads.sources == 10)
    }

    @Test func `document order reads no column at all`() throws {
        let (result, reads) = try search(SearchRequest(.all, from: 3_000, size: 10))
        #expect(result.hits.first?.id == "3000")
        #expect(reads.columnBlocks == 0)
    }

    @Test func `a second key is read where the first may tie only`() throws {
        let (_, reads) = try search(
            SearchRequest(sort: [.ascending("time"), .descending("size")], size: 10))
        #expect(reads.columnBlocks <= 2)
    }

    @Test func `counting stops where the request stops asking`() throws {
        let half = Query.range("size", ..<3_200)
        let exact = try search(SearchRequest(half, sort: [.ascending("time")], size: 10, totalHits: .exact))
        #expect(exact.result.total == TotalHits(3_200, .exactly))
        #expect(exact.reads.columnBlocks == 101)
        let bounded = try search(
            SearchRequest(half, sort: [.ascending("time")], size: 10, totalHits: .upTo(100)))
        #expect(bounded.result.total == TotalHits(100, .atLeast))
        #expect(bounded.reads.columnBlocks < 10)
        let none = try search(SearchRequest(half, sort: [.ascending("time")], size: 10, totalHits: .none))
        #expect(none.result.total == nil)
        #expect(none.reads.columnBlocks <= 3)
        #expect(none.result.hits.map(\.id) == exact.result.hits.map(\.id))
    }

    @Test func `a range that zone maps decide reads no block`() throws {
        let (result, reads) = try search(
            SearchRequest(.range("time", 100..<200), size: 0, totalHits: .exact))
        #expect(result.total == TotalHits(1_600, .exactly))
        #expect(reads.columnBlocks == 0)
        #expect(try search(SearchRequest(.range("time", 1_000...), size: 10)).reads.columnBlocks == 0)
    }

    @Test func `a column that filters and sorts is decoded once a block`() throws {
        let (result, reads) = try search(
            SearchRequest(.range("size", 1_000...), sort: [.ascending("size")], size: 5, totalHits: .exact))
        #expect(result.hits.count == 5)
        #expect(reads.columnBlocks == 100)
    }

    @Test func `nothing is read of sources that are not wanted`() throws {
        let (result, reads) = try search(SearchRequest(size: 10, source: .none))
        #expect(reads.sources == 0)
        #expect(result.hits.allSatisfy { $0.source == nil })
    }
}
