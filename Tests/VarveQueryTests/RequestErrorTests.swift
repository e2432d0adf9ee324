import Testing
import VarveDocument
import VarveSegment

@testable import VarveQuery

@Suite struct `Requests that cannot be carried out` {
    private let shards: [SearchableShard]
    private let searcher = Searcher(SearchContext(now: 0))

    init() {
        var hidden = FieldDefinition("hidden", .keyword)
        hidden.isIndexed = false
        hidden.hasColumn = false
        var bare = FieldDefinition("bare", .keyword)
        bare.hasColumn = false
        var small = FieldDefinition("small", .long)
        small.bits = 16
        let fields = [
            FieldDefinition("k", .keyword), FieldDefinition("t", .text), FieldDefinition("n", .long),
            FieldDefinition("d", .double), FieldDefinition("at", .date), FieldDefinition("b", .boolean),
            hidden,
            bare, small,
        ]
        let document = ScriptedDocument(id: "1", birth: 0, values: ["k": [.string("x")]])
        shards = [
            SearchableShard(
                segments: [SearchableSegment(ScriptedSegment([document], fields), of: [document])],
                fields: fields)
        ]
    }

    private func refusal(of request: SearchRequest) -> QueryError? {
        do {
            _ = try searcher.search(request, in: shards)
            return nil
        } catch {
            return error as? QueryError
        }
    }

    private func nested(_ levels: Int) -> Query {
        var query = Query.all
        for _ in 1..<levels { query = .bool(must: [query]) }
        return query
    }

    @Test func `sort keys must be fields that can be sorted by`() {
        #expect(
            refusal(of: SearchRequest(sort: [.ascending("gone")]))
                == QueryError(
                    .unknownSortField, "no mapping found for [gone] in order to sort on", field: "gone"))
        #expect(
            refusal(of: SearchRequest(sort: [.ascending("t")]))
                == QueryError(
                    .unsortableField, "[t] is a text field; sort by a keyword field instead", field: "t"))
        #expect(
            refusal(of: SearchRequest(sort: [.ascending("bare")]))
                == QueryError(.unsortableField, "[bare] has no column to sort by", field: "bare"))
        #expect(
            refusal(of: SearchRequest(sort: (0..<9).map { _ in .ascending("n") }))
                == QueryError(.tooComplex, "a search may have 8 sort keys, this one has 9"))
        #expect(refusal(of: SearchRequest(sort: [SortKey("gone", .ascending, unmappedType: .long)])) == nil)
    }

    @Test func `a field is not a keyword here and a number there`() throws {
        let other = SearchableShard(segments: [], fields: [FieldDefinition("k", .long)])
        #expect(
            throws: QueryError(
                .unsortableField, "[k] is a keyword in one index and a number in another", field: "k")
        ) {
            _ = try searcher.search(SearchRequest(sort: [.ascending("k")]), in: shards + [other])
        }
    }

    @Test func `values must fit their field`() {
        let misfits: [(Query, String)] = [
            (.term("n", "x"), "failed to read [x] as a value of field [n] of type [long]"),
            (.term("n", true), "failed to read [true] as a value of field [n] of type [long]"),
            (.range("small", "a"...), "failed to read [a] as a value of field [small] of type [short]"),
            (.terms("d", [1, "y"]), "failed to read [y] as a value of field [d] of type [double]"),
            (.term("b", 1), "failed to read [1] as a value of field [b] of type [boolean]"),
            (.term("at", true), "failed to read [true] as a value of field [at] of type [date]"),
            (.match("n", "two words"), "failed to read [two words] as a value of field [n] of type [long]"),
        ]
        for (query, message) in misfits {
            // Whatever else the query has, and whether or not a document has the field.
            let refused = refusal(of: SearchRequest(.bool(must: [.none, query])))
            #expect(refused?.kind == .invalidValue)
            #expect(refused?.message == message)
        }
    }

    @Test func `a query needs a field that it can search`() {
        #expect(
            refusal(of: SearchRequest(.prefix("n", "1")))
                == QueryError(
                    .invalidRequest,
                    "Can only use prefix queries on keyword, text and wildcard fields - not on [n] which is of type "
                        + "[long]",
                    field: "n"))
        #expect(
            refusal(of: SearchRequest(.wildcard("at", "*")))?.message
                == "Can only use wildcard queries on keyword, text and wildcard fields - not on [at] which is of type [date]"
        )
        #expect(
            refusal(of: SearchRequest(.term("hidden", "x")))
                == QueryError(
                    .invalidRequest, "cannot search on field [hidden] since it is not indexed",
                    field: "hidden"))
        #expect(refusal(of: SearchRequest(.term("gone", "x"))) == nil)
    }

    @Test func `depth, clauses and values have limits`() {
        #expect(refusal(of: SearchRequest(nested(20))) == nil)
        #expect(
            refusal(of: SearchRequest(nested(21)))
                == QueryError(.tooComplex, "a query may be 20 levels deep, this one is deeper"))
        let many = Query.bool(should: (0..<1023).map { _ in .all })
        #expect(refusal(of: SearchRequest(many)) == nil)
        #expect(
            refusal(of: SearchRequest(many || .none))
                == QueryError(.tooComplex, "a query may have 1024 clauses, this one has more"))
        #expect(
            refusal(of: SearchRequest(.terms("n", (0...65_536).map { .integer($0) })))
                == QueryError(.tooComplex, "a query may name 65536 values, this one names 65537"))
    }

    @Test func `the window has limits`() {
        #expect(refusal(of: SearchRequest(from: 9_990, size: 10)) == nil)
        #expect(
            refusal(of: SearchRequest(from: 9_991, size: 10))
                == QueryError(
                    .windowTooLarge,
                    "from + size is 10001, beyond the result window of 10000; page with search_after instead")
        )
        #expect(refusal(of: SearchRequest(from: 1, size: .max))?.kind == .windowTooLarge)
        #expect(
            refusal(of: SearchRequest(size: -1))
                == QueryError(.invalidRequest, "[size] parameter cannot be negative, found [-1]"))
        #expect(
            refusal(of: SearchRequest(from: -1))
                == QueryError(.invalidRequest, "[from] parameter cannot be negative, found [-1]"))
        #expect(
            refusal(of: SearchRequest(sort: [.ascending("n")], from: 1, after: [1]))
                == QueryError(
                    .invalidRequest, "`from` parameter must be set to 0 when `search_after` is used."))
    }

    @Test func `a cursor fits the sort keys`() {
        let two: [SortKey] = [.ascending("n"), .ascending("k")]
        #expect(
            refusal(of: SearchRequest(sort: two, after: [1]))
                == QueryError(.invalidCursor, "search_after has 1 value(s) but sort has 2."))
        #expect(
            refusal(of: SearchRequest(sort: two, after: [1, "a", 3, 4]))
                == QueryError(.invalidCursor, "search_after has 4 value(s) but sort has 2."))
        #expect(
            refusal(of: SearchRequest(after: []))
                == QueryError(.invalidCursor, "search_after has 0 value(s) but sort has 0."))
        let misfits: [(String, SortValue)] = [
            ("n", "x"), ("n", 1.5), ("d", "x"), ("d", .boolean(true)), ("at", "now"), ("at", "now-1d"),
            ("_seq_no", "x"),
        ]
        for (field, value) in misfits {
            #expect(
                refusal(of: SearchRequest(sort: [.ascending(field)], after: [value]))
                    == QueryError(
                        .invalidCursor, "failed to parse search_after value for field [\(field)]",
                        field: field))
        }
        #expect(
            refusal(of: SearchRequest(sort: [.ascending("n")], after: [1, "x"]))
                == QueryError(
                    .invalidCursor, "failed to parse search_after value for field [_shard_doc]",
                    field: "_shard_doc"))
        let fits: [(String, SortValue)] = [
            ("n", "12"), ("n", 1.0), ("n", .missing), ("d", "1.5"), ("d", 1), ("at", "2014-11-18"), ("at", 5),
            ("k", 5), ("k", .boolean(true)), ("b", "true"), ("_id", "a"), ("_doc", 7),
        ]
        for (field, value) in fits {
            #expect(refusal(of: SearchRequest(sort: [.ascending(field)], after: [value])) == nil)
        }
    }

    @Test func `a search that is given up says so`() {
        let searcher = Searcher(SearchContext(now: 0, isCancelled: { true }))
        #expect(throws: QueryError(.cancelled, "the search was given up before it ended")) {
            _ = try searcher.search(SearchRequest(), in: shards)
        }
    }
}
