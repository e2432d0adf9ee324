import Testing
import VarveBytes
import VarveDocument
import VarveSegment

@testable import VarveQuery

@Suite struct `Sorting over shards` {
    private let searcher = Searcher(SearchContext(now: 0))

    private func shard(_ type: FieldType, _ values: [ScriptedValue?]) -> SearchableShard {
        let field = FieldDefinition("f", type)
        let documents = values.enumerated().map { number, value in
            ScriptedDocument(
                id: "\(type)-\(number)", birth: UInt64(number), values: value.map { ["f": [$0]] } ?? [:])
        }
        return SearchableShard(
            segments: [SearchableSegment(ScriptedSegment(documents, [field]), of: documents)], fields: [field]
        )
    }

    private func ids(_ request: SearchRequest, _ shards: [SearchableShard]) throws -> [String] {
        try searcher.search(request, in: shards).hits.map(\.id)
    }

    @Test func `longs and doubles of different indexes sort by their numbers`() throws {
        let shards = [
            shard(.long, [.integer(3), .integer(-1), nil]), shard(.double, [.double(2.5), .double(-1)]),
            shard(.float, [.double(3.25)]),
        ]
        let sort: [SortKey] = [.ascending("f")]
        let all = ["long-1", "double-1", "double-0", "long-0", "float-0", "long-2"]
        let result = try searcher.search(SearchRequest(sort: sort), in: shards)
        #expect(result.hits.map(\.id) == all)
        #expect(
            result.hits.map { $0.sortValues[0] } == [-1, -1, 2.5, 3, 3.25, .infinity].map { .double($0) })
        for at in all.indices {
            let rest = try ids(SearchRequest(sort: sort, after: result.hits[at].cursor), shards)
            #expect(rest == Array(all[(at + 1)...]))
        }
        #expect(
            try ids(SearchRequest(sort: [.descending("f", missing: .first)]), shards)
                == ["long-2", "float-0", "long-0", "double-0", "long-1", "double-1"])
    }

    @Test func `a query reads its value as each index types the field`() throws {
        let shards = [
            shard(.long, [.integer(2), .integer(3)]), shard(.double, [.double(2.5)]),
            shard(.keyword, [.string("2.5")]),
        ]
        #expect(try ids(SearchRequest(.term("f", 2.5)), shards) == ["double-0", "keyword-0"])
        #expect(try ids(SearchRequest(.range("f", 2.5...)), shards) == ["long-1", "double-0", "keyword-0"])
    }

    @Test func `a field that no shard has sorts as if it were empty, if the request says so`() throws {
        let shards = [shard(.long, [.integer(1)]), shard(.long, [.integer(0)])]
        let result = try searcher.search(
            SearchRequest(sort: [SortKey("gone", .ascending, unmappedType: .date), .ascending("f")]),
            in: shards)
        #expect(result.hits.map(\.shard) == [1, 0])
        #expect(result.hits[0].sortValues == [.integer(.max), 0])
        let text = SortKey("gone", .descending, unmappedType: .keyword)
        #expect(try searcher.search(SearchRequest(sort: [text]), in: shards).hits[0].sortValues == [.missing])
    }

    @Test func `a field that one shard lacks is missing there`() throws {
        let other = SearchableShard(
            segments: shard(.long, [nil]).segments, fields: [FieldDefinition("other", .long)])
        let shards = [other, shard(.long, [.integer(7)])]
        #expect(
            try searcher.search(SearchRequest(sort: [.ascending("f")]), in: shards).hits.map(\.shard) == [
                1, 0,
            ])
    }

    @Test func `a cursor without the tie-break skips what ties with it`() throws {
        let shards = [shard(.long, [.integer(1), .integer(1), .integer(2), .integer(1)])]
        let sort: [SortKey] = [.ascending("f")]
        let first = try searcher.search(SearchRequest(sort: sort, size: 1), in: shards).hits[0]
        #expect(try ids(SearchRequest(sort: sort, after: first.sortValues), shards) == ["long-2"])
        #expect(
            try ids(SearchRequest(sort: sort, after: first.cursor), shards) == ["long-1", "long-3", "long-2"])
    }

    @Test func `the tie-break is the shard and the sequence number`() throws {
        let shards = [shard(.long, [.integer(1)]), shard(.long, [.integer(1), .integer(1)])]
        let hits = try searcher.search(SearchRequest(sort: [.descending("f")]), in: shards).hits
        let second: Int64 = 1 << 44
        #expect(hits.map(\.tieBreak) == [0, second, second + 1])
        #expect(hits.map { $0.sequenceNumber.rawValue } == [0, 0, 1])
        let explicit = try searcher.search(
            SearchRequest(sort: [SortKey("_shard_doc", .descending)]), in: shards
        ).hits
        let values: [[SortValue]] = [[.integer(second + 1)], [.integer(second)], [.integer(0)]]
        #expect(explicit.map(\.sortValues) == values)
    }

    @Test func `a page is complete though segments take turns`() throws {
        let field = FieldDefinition("f", .keyword)
        let parts = (0..<4).map { part in
            (0..<50).map { number in
                ScriptedDocument(
                    id: "\(part)-\(number)", birth: UInt64(part * 50 + number),
                    values: ["f": [.string("t\(1_000 + number * 4 + part)")]])
            }
        }
        let shards = [
            SearchableShard(
                segments: parts.map { SearchableSegment(ScriptedSegment($0, [field]), of: $0) },
                fields: [field])
        ]
        var request = SearchRequest(sort: [.descending("f")], size: 33)
        var terms: [SortValue] = []
        while let page = Optional(try searcher.search(request, in: shards).hits), let last = page.last {
            terms += page.map { $0.sortValues[0] }
            request.after = last.cursor
        }
        #expect(terms == (0..<200).reversed().map { .string("t\(1_000 + $0)") })
    }

    @Test func `no shard, no segment and no live document make an empty page`() throws {
        let dead = [ScriptedDocument(id: "a", birth: 0, values: ["f": [.integer(1)]], isDeleted: true)]
        let field = FieldDefinition("f", .long)
        let empty = SearchableShard(segments: [], fields: [field])
        let gone = SearchableShard(
            segments: [SearchableSegment(ScriptedSegment(dead, [field]), of: dead)], fields: [field])
        for shards in [[], [empty], [gone], [empty, gone]] {
            let result = try searcher.search(SearchRequest(.all, size: 3), in: shards)
            #expect(result.hits.isEmpty)
            #expect(result.total == TotalHits(0, .exactly))
        }
    }
}
