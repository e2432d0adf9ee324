import Testing
import VarveBytes
import VarveDocument
import VarveSegment

@testable import VarveQuery

/// Random documents, queries and sorts against the plain evaluation: sets, order, values, totals and pages.
@Suite struct `Random searches` {
    @Test(arguments: 0..<40) func `agree with a plain evaluation of every document`(seed: UInt64) throws {
        var random = SearchRandom(seed: seed &* 7919 &+ 1)
        let rig = try SearchRig(random.corpus()) { documents in
            ScriptedSegment(documents, SearchRandom.definitions, blockRows: 64)
        }
        for number in 0..<100 { try rig.check(&random, "seed \(seed), case \(number)") }
    }

    @Test(arguments: 0..<6) func `agree with it over frozen memtables and over segments`(seed: UInt64) throws
    {
        var random = SearchRandom(seed: seed &* 104_729 &+ 5)
        var isWritten = seed % 2 == 0
        let rig = try SearchRig(random.corpus(), blockRows: columnBlockRows) { documents in
            let memtable = try IndexedDocuments.memtable(documents, SearchRandom.definitions)
            isWritten.toggle()
            return isWritten ? try IndexedDocuments.segment(memtable) : memtable
        }
        for number in 0..<100 { try rig.check(&random, "seed \(seed), case \(number)") }
    }

    @Test func `agree with it over blocks of 4,096 rows`() throws {
        var random = SearchRandom(seed: 11)
        var number = 0
        let corpus = [10_000, 4_097].map { count -> [[ScriptedDocument]] in
            let first = number
            number += count
            return [(first..<number).map { random.document($0, birth: UInt64($0)) }]
        }
        let rig = try SearchRig(corpus, blockRows: columnBlockRows) { documents in
            let memtable = try IndexedDocuments.memtable(documents, SearchRandom.definitions)
            return try IndexedDocuments.segment(memtable)
        }
        for number in 0..<12 { try rig.check(&random, "case \(number)", pageSize: 2_000) }
    }
}

/// One corpus, ready for both ways of searching it.
struct SearchRig {
    let shards: [SearchableShard]
    let plain: PlainSearch
    let searcher: Searcher

    init(
        _ corpus: [[[ScriptedDocument]]], blockRows: Int = 64,
        view: ([ScriptedDocument]) throws -> any SegmentView
    ) throws {
        let definitions = SearchRandom.definitions
        searcher = Searcher(SearchContext(now: 0, blockRows: blockRows))
        shards = try corpus.map { segments in
            // The searcher finds the order of segments by itself.
            SearchableShard(
                segments: try segments.reversed().map { SearchableSegment(try view($0), of: $0) },
                fields: definitions)
        }
        var fields: [String: FieldType] = [:]
        for definition in definitions { fields[definition.path] = definition.type }
        plain = PlainSearch(fields: fields, shards: corpus.map { $0.joined().filter { !$0.isDeleted } })
    }

    func check(_ random: inout SearchRandom, _ name: String, pageSize: Int? = nil) throws {
        let query = random.query()
        let sort = random.sort()
        let expected = plain.hits(query, sort)
        switch random.below(4) {
        case 0: try checkWindow(query, sort, expected, &random, name)
        case 1: try checkPages(query, sort, expected, size: pageSize ?? random.pick([1, 2, 7, 40]), name)
        case 2: try checkJump(query, sort, expected, &random, name)
        default:
            let count = try searcher.count(query, in: shards)
            #expect(count == expected.count, "\(name): count of \(query)")
        }
    }

    private func checkWindow(
        _ query: Query, _ sort: [SortKey], _ expected: [PlainSearch.Hit], _ random: inout SearchRandom,
        _ name: String
    ) throws {
        let tracking: TotalHitsTracking = random.pick([.exact, .none, .upTo(0), .upTo(5), .upTo(10_000)])
        let request = SearchRequest(
            query, sort: sort, from: random.pick([0, 0, 1, 30]), size: random.pick([0, 1, 10, 100, 1000]),
            totalHits: tracking)
        let result = try searcher.search(request, in: shards)
        let total: TotalHits? =
            switch tracking {
            case .exact: TotalHits(expected.count, .exactly)
            case .none: nil
            case .upTo(let limit):
                expected.count > limit ? TotalHits(limit, .atLeast) : TotalHits(expected.count, .exactly)
            }
        #expect(result.total == total, "\(name): total of \(query)")
        expect(
            result.hits, are: expected.dropFirst(request.from).prefix(request.size), sort,
            "\(name): \(request)")
    }

    private func checkPages(
        _ query: Query, _ sort: [SortKey], _ expected: [PlainSearch.Hit], size: Int, _ name: String
    ) throws {
        var request = SearchRequest(query, sort: sort, size: size, totalHits: .none)
        var hits: [SearchHit] = []
        // A page too many shows that the end is the end; a page that repeats must not go on for ever.
        while hits.count <= expected.count {
            let page = try searcher.search(request, in: shards).hits
            hits += page
            guard let last = page.last else { break }
            request.after = last.cursor
        }
        expect(hits, are: expected[...], sort, "\(name): pages of \(request)")
    }

    /// A cursor that is no hit's, or a hit's without the tie-break: everything that ties with it is left out.
    private func checkJump(
        _ query: Query, _ sort: [SortKey], _ expected: [PlainSearch.Hit], _ random: inout SearchRandom,
        _ name: String
    ) throws {
        let everywhere = plain.hits(.all, sort)
        guard !everywhere.isEmpty, !sort.isEmpty else { return }
        let place = everywhere[random.below(everywhere.count)]
        let after = zip(place.keys, sort).map { plain.sortValue($0, $1.field) }
        let result = try searcher.search(
            SearchRequest(query, sort: sort, size: 50, after: after, totalHits: .exact), in: shards)
        #expect(result.total == TotalHits(expected.count, .exactly), "\(name): total after a cursor")
        let rest = expected.drop { PlainSearch.order($0.keys, place.keys, sort) <= 0 }
        expect(result.hits, are: rest.prefix(50), sort, "\(name): after \(after) of \(query), \(sort)")
    }

    private func expect(
        _ hits: [SearchHit], are expected: ArraySlice<PlainSearch.Hit>, _ sort: [SortKey], _ name: String
    ) {
        let isSame =
            hits.map(\.id) == expected.map(\.document.id)
            && zip(hits, expected).allSatisfy { hit, wanted in
                hit.sortValues == zip(wanted.keys, sort).map { plain.sortValue($0, $1.field) }
                    && hit.shard == wanted.shard && hit.version == wanted.document.version
                    && hit.sequenceNumber.rawValue == wanted.document.birth
                    && hit.source?.text == wanted.document.source
            }
        #expect(isSame, "\(name): \(hits.map(\.id)), expected \(expected.map(\.document.id))")
    }
}
