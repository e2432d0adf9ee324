import Testing

@testable import VarveQuery

@Suite struct `Writing queries` {
    @Test func `Swift's range operators state bounds`() {
        let five = 5
        let numbers: [(Query, QueryBounds)] = [
            (.range("n", ..<0), QueryBounds(to: .excluding(0))),
            (.range("n", ...0.5), QueryBounds(to: .including(0.5))),
            (.range("n", 1...), QueryBounds(from: .including(1))),
            (.range("n", 1..<five), QueryBounds(from: .including(1), to: .excluding(5))),
            (.range("n", -1.5...2), QueryBounds(from: .including(-1.5), to: .including(2.0))),
        ]
        for (query, bounds) in numbers { #expect(query == Query(.range("n", bounds))) }
    }

    @Test func `ranges elsewhere stay Swift's own`() {
        let range = 0..<10
        #expect(range.count == 10)
        let upTo = ...2.5
        #expect(upTo.contains(1))
        let texts = "a"..."z"
        #expect(texts.contains("m"))
    }

    @Test func `bounds that are strings may stand in any order`() {
        #expect(
            Query.range("taken", "now-1d/d"..<"2013-01-01")
                == .range("taken", QueryBounds(from: .including("now-1d/d"), to: .excluding("2013-01-01"))))
        #expect(Query.range("taken", "now"...) == .range("taken", QueryBounds(from: .including("now"))))
    }

    @Test func `chains of operators stay one level deep`() {
        let parts = ["a", "b", "c"].map { Query.term("f", $0) }
        let (a, b, c) = (parts[0], parts[1], parts[2])
        #expect((a && b && c) == .bool(must: parts))
        #expect((a || b || c) == .bool(should: parts))
        #expect((a && (b || c)) == .bool(must: [a, .bool(should: [b, c])]))
        #expect((!a && b) == .bool(must: [.bool(mustNot: [a]), b]))
        #expect((.bool() && b) == .bool(must: [.bool(), b]))
    }

    @Test func `an optional rule of one side is kept when queries are joined`() {
        let two = Query.bool(should: [.all, .all, .all], minimumShouldMatch: 2)
        #expect((two || .none) == .bool(should: [two, .none]))
    }

    @Test(arguments: [
        ("2", 3, 2), ("2", 1, 1), ("-1", 3, 2), ("-5", 3, 0), ("0", 3, 0), ("75%", 5, 3), ("75%", 1, 1),
        ("-25%", 5, 4), ("-25%", 3, 3), ("100%", 4, 4), ("3<90%", 3, 3), ("3<90%", 4, 3), ("3<90%", 10, 9),
        ("2<-25% 9<-3", 2, 2), ("2<-25% 9<-3", 9, 7), ("2<-25% 9<-3", 10, 7),
    ]) func `minimum_should_match reads as OpenSearch writes it`(text: String, clauses: Int, needed: Int)
        throws
    {
        let rule = try #require(MinimumShouldMatch(text))
        #expect(rule.required(of: clauses) == needed)
    }

    @Test(arguments: ["", "x", "5<", "<5", "3<1 2<1", "101%", "1 2", "1 2<3", "2<3 4", "9999999999999999999"])
    func `a malformed minimum_should_match is refused`(text: String) {
        #expect(MinimumShouldMatch(text) == nil)
    }
}
