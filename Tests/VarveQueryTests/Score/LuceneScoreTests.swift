import Testing
import VarveDocument
import VarveSegment

@testable import VarveQuery

/// Scores beside those that Lucene 8 printed (`tools/lucene-scores/Scores.java`), to six significant digits, over
/// one segment or several, in memory or in files: statistics are those of the shard.
@Suite struct `Conformance 16: scores beside Lucene's` {
    private static let definitions = [FieldDefinition("t", .text), FieldDefinition("k", .keyword)]

    enum Shape: CaseIterable {
        case memory
        case file
        case threeFiles
    }

    @Test(arguments: Shape.allCases)
    func `every length and frequency`(shape: Shape) throws {
        var texts: [String] = []
        for length in 1...100 {
            for frequency in 1...min(20, length) {
                let words = (0..<length).map { $0 < frequency ? "hit" : "pad" }
                texts.append(words.joined(separator: " "))
            }
        }
        texts.append("none")
        let shard = try Self.shard(texts.map { ["t": [.string($0)]] }, shape)
        let golden = try Self.golden("grid")
        #expect(golden.count == 2)
        for (name, expected) in golden { try Self.check(.term("t", name), name, expected, shard) }
    }

    @Test(arguments: Shape.allCases)
    func `queries of all kinds`(shape: Shape) throws {
        let shard = try Self.shard(
            zip(Self.texts, Self.keys).map { ["t": [.string($0)], "k": [.string($1)]] }, shape)
        let golden = try Self.golden("small")
        #expect(Set(golden.keys) == Set(Self.queries.keys))
        for (name, query) in Self.queries {
            try Self.check(query, name, try #require(golden[name]), shard)
        }
    }

    @Test func `scores that are asked for are those that would sort`() throws {
        let shard = try Self.shard(
            zip(Self.texts, Self.keys).map { ["t": [.string($0)], "k": [.string($1)]] }, .threeFiles)
        let searcher = Searcher(SearchContext(now: 0))
        for (name, query) in Self.queries {
            let sorted = try searcher.search(SearchRequest(query, sort: [.score], size: 100), in: [shard])
            var request = SearchRequest(query, sort: [.descending("k")], size: 100)
            request.tracksScores = true
            let tracked = try searcher.search(request, in: [shard])
            #expect(tracked.maximumScore == sorted.maximumScore, "\(name)")
            let scores = Dictionary(uniqueKeysWithValues: sorted.hits.map { ($0.id, $0.score) })
            for hit in tracked.hits { #expect(scores[hit.id] == hit.score, "\(name)") }
        }
    }

    @Test func `pages by score neither lose nor repeat, and a least score leaves out`() throws {
        let shard = try Self.shard(
            zip(Self.texts, Self.keys).map { ["t": [.string($0)], "k": [.string($1)]] }, .threeFiles)
        let searcher = Searcher(SearchContext(now: 0))
        for (name, query) in Self.queries {
            let whole = try searcher.search(SearchRequest(query, sort: [.score], size: 100), in: [shard])
            var request = SearchRequest(query, sort: [.score], size: 2)
            var pages: [String] = []
            while true {
                let page = try searcher.search(request, in: [shard]).hits
                guard let last = page.last else { break }
                pages += page.map(\.id)
                request.after = last.cursor
            }
            #expect(pages == whole.hits.map(\.id), "\(name)")
            guard whole.hits.count > 2, let least = whole.hits[2].score else { continue }
            var limited = SearchRequest(query, sort: [.ascending("k")], size: 100)
            limited.minimumScore = least
            let kept = try searcher.search(limited, in: [shard])
            let expected = whole.hits.filter { ($0.score ?? 0) >= least }
            #expect(Set(kept.hits.map(\.id)) == Set(expected.map(\.id)), "\(name)")
            #expect(kept.total == TotalHits(expected.count, .exactly), "\(name)")
        }
    }

    @Test func `a point in time counts what it sees, however it is stored`() throws {
        let texts = ["one two", "one", "two two", "one one one two", "three"]
        let visible = [0, 2, 3]
        let whole = try Self.shard(visible.map { ["t": [.string(texts[$0])], "k": [.string("a")]] }, .memory)
        let documents = texts.enumerated().map { number, text in
            ScriptedDocument(
                id: "\(number)", birth: UInt64(number + 1),
                values: ["t": [.string(text)], "k": [.string("a")]], isDeleted: !visible.contains(number))
        }
        let view = try IndexedDocuments.memtable(documents, Self.definitions)
        var frozen = SearchableShard(
            segments: [SearchableSegment(view, of: documents)], fields: Self.definitions)
        frozen.isFrozen = true
        let searcher = Searcher(SearchContext(now: 0))
        for query in [
            Query.term("t", "one"), .match("t", "one two"), .phrase("t", "one two"), .term("k", "a"),
        ] {
            let request = SearchRequest(query, sort: [.score])
            let expected = try searcher.search(request, in: [whole]).hits.map(\.score)
            #expect(try searcher.search(request, in: [frozen]).hits.map(\.score) == expected)
        }
    }

    // MARK: Corpus

    private static let texts = [
        "the quick brown fox", "quick quick fox", "brown fox jumps over the lazy dog",
        "lazy lazy lazy dog dog", "the fox the fox the fox", "quick",
        "a quick brown dog and a brown fox quick brown", "fox brown quick",
        "one two three four five six seven eight nine ten quick", "brown x fox", "fox x x brown",
        "quack quirk quicks quicky", "the dog jumps over the brown fox and the fox jumps over the dog",
    ]
    private static let keys = ["a", "b", "a", "c", "a", "b", "d", "a", "c", "b", "a", "e", "a"]

    private static let queries: [String: Query] = {
        func word(_ text: String) -> Query { .term("t", text) }
        func fuzzy(
            _ text: String, _ edits: Int? = nil, prefix: Int = 0, most: Int = 50, transpositions: Bool = true
        ) -> Query {
            var options = FuzzyOptions()
            options.fuzziness = .edits(edits ?? 2)
            (options.prefixLength, options.maxExpansions) = (prefix, most)
            options.transpositions = transpositions
            return .fuzzy("t", .string(text), options)
        }
        let best = [word("quick"), word("brown"), Query.term("k", "a")]
        return [
            "quick": word("quick"), "key a": .term("k", "a"), "key e": .term("k", "e"),
            "quick^2.5": word("quick").boosted(by: 2.5), "or": .match("t", "quick brown fox"),
            "and": .match("t", "quick fox", .all),
            "must should filter": .bool(
                must: [word("fox")], filter: [word("the")], should: [word("brown"), .term("k", "a")]),
            "filter should": .bool(filter: [word("the")], should: [word("dog")]),
            "filter only": .bool(filter: [word("the")]),
            "two of three": .match("t", "quick brown dog", .atLeast(2)),
            "not": .bool(must: [word("fox")], mustNot: [word("quick")]),
            "nested": .bool(
                must: [.match("t", "quick lazy")],
                should: [Query.bool(must: [word("fox"), word("brown")]).boosted(by: 3)]),
            "constant": .bool(must: [word("fox").constant().boosted(by: 1.7)], should: [word("quick")]),
            "dis_max 0": .best(of: best), "dis_max 0.3": .best(of: best, tieBreaker: 0.3),
            "phrase": .phrase("t", "quick brown"), "phrase three": .phrase("t", "the brown fox"),
            "phrase slop 1": .phrase("t", "brown fox", PhraseOptions(slop: 1)),
            "phrase slop 2": .phrase("t", "brown fox", PhraseOptions(slop: 2)),
            "phrase slop 3": .phrase("t", "quick fox", PhraseOptions(slop: 3)),
            "phrase slop 4": .phrase("t", "the fox dog", PhraseOptions(slop: 4)),
            "phrase slop 10": .phrase("t", "dog jumps", PhraseOptions(slop: 10)),
            "phrase repeated": .phrase("t", "lazy lazy"),
            "phrase repeated slop 1": .phrase("t", "fox the fox", PhraseOptions(slop: 1)),
            "phrase repeated slop 3": .phrase("t", "lazy dog dog", PhraseOptions(slop: 3)),
            "fuzzy quick": fuzzy("quick"), "fuzzy quack 1": fuzzy("quack", 1),
            "fuzzy qiuck no transpositions": fuzzy("qiuck", 1, transpositions: false),
            "fuzzy qiuck": fuzzy("qiuck", 1), "fuzzy quirk prefix 3": fuzzy("quirk", 2, prefix: 3),
            "fuzzy quick two": fuzzy("quick", 2, most: 2),
            "regexp": .pattern("t", .regexp("qu(i|a)ck[a-z]?")),
            "regexp complement": .pattern("t", .regexp("q~(.*ck)")),
            "regexp interval": .pattern("k", .regexp("[a-c]&~b")), "prefix": .prefix("t", "qui"),
            "wildcard": .wildcard("t", "qu*k?"), "doubled": .match("t", "quick quick fox"),
        ]
    }()

    private static func shard(_ rows: [[String: [ScriptedValue]]], _ shape: Shape) throws -> SearchableShard {
        let documents = rows.enumerated().map { number, values in
            ScriptedDocument(id: "\(number)", birth: UInt64(number + 1), values: values)
        }
        let parts = shape == .threeFiles ? 3 : 1
        let size = (documents.count + parts - 1) / parts
        let segments = try stride(from: 0, to: documents.count, by: size).map { start in
            let part = Array(documents[start..<min(start + size, documents.count)])
            let memtable = try IndexedDocuments.memtable(part, definitions)
            let view: any SegmentView = shape == .memory ? memtable : try IndexedDocuments.segment(memtable)
            return SearchableSegment(view: view, live: nil, liveCount: part.count)
        }
        return SearchableShard(segments: segments, fields: definitions)
    }

    // MARK: Comparing

    /// Scores by document, by query.
    private static func golden(_ index: String) throws -> [String: [Int: Float]] {
        var found: [String: [Int: Float]] = [:]
        for line in try Golden.lines("scores.tsv") where line[0] == index {
            found[line[1], default: [:]][Int(line[2]) ?? -1] = line.count > 3 ? Float(line[3]) : nil
        }
        return found
    }

    private static func check(
        _ query: Query, _ name: String, _ expected: [Int: Float], _ shard: SearchableShard
    ) throws {
        let request = SearchRequest(query, sort: [.score], size: 10_000, totalHits: .exact)
        let result = try Searcher(SearchContext(now: 0)).search(request, in: [shard])
        var found: [Int: Float] = [:]
        for hit in result.hits { found[Int(hit.id) ?? -1] = hit.score }
        #expect(Set(found.keys) == Set(expected.keys), "\(name)")
        for (document, score) in expected {
            let own = found[document] ?? -1
            #expect(
                abs(own - score) <= score * 1e-6, "\(name): document \(document) scores \(own), not \(score)")
        }
        let scores = result.hits.map { $0.score ?? -1 }
        #expect(scores == scores.sorted(by: >), "\(name)")
        #expect(result.maximumScore == scores.first, "\(name)")
        #expect(result.total == TotalHits(expected.count, .exactly), "\(name)")
    }
}
