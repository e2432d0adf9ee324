import Varve
import VarveEngine

/// `_cat/segments` and `_cat/pit_segments`: one row a segment, of a point in time as it was when that was opened.
enum CatSegments {
    private static let columns: [CatTable.Column] = [
        .init("index", "i,idx", "index name"), .init("shard", "s,sh", "shard name", isRight: true),
        .init("prirep", "p,pr,primaryOrReplica", "primary or replica"),
        .init("ip", "", "ip of node where it lives"),
        .init("id", "", "unique id of node where it lives", isShown: false),
        .init("segment", "seg", "segment name"),
        .init("generation", "g,gen", "segment generation", isRight: true),
        .init("docs.count", "dc,docsCount", "number of docs in segment", isRight: true),
        .init("docs.deleted", "dd,docsDeleted", "number of deleted docs in segment", isRight: true),
        .init("size", "si", "segment size in bytes", isRight: true),
        .init("size.memory", "sm,sizeMemory", "segment memory in bytes", isRight: true),
        .init("committed", "ic,isCommitted", "is segment committed"),
        .init("searchable", "is,isSearchable", "is segment searched"),
        .init("version", "v,ver", "version"), .init("compound", "ico,isCompound", "is segment compound"),
    ]

    static func segments(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable(columns)
        for index in try call.indices(call.parameters["index"], IndexOptions(call.parameters)) {
            for (shard, facts) in try IndexStatistics(index).shards.enumerated() {
                table.rows += rows(index.name, shard, facts, call)
            }
        }
        return try table.answer(call)
    }

    static func pointInTime(_ call: Call) async throws(RESTError) -> RESTResponse {
        let ids = try PointInTimeHandlers.ids(
            call, "pit_id array element should only contain PIT identifier")
        return try answer(
            ids == ["_all"] ? PointInTimeListing.open(call.store).map(\.id) : ids, call)
    }

    static func allPointsInTime(_ call: Call) async throws(RESTError) -> RESTResponse {
        try answer(PointInTimeListing.open(call.store).map(\.id), call)
    }

    private static func answer(_ ids: [String], _ call: Call) throws(RESTError) -> RESTResponse {
        var pointsInTime: [PointInTime] = []
        for id in ids {
            pointsInTime.append(PointInTime(call.store, try PointInTimeHandlers.parse(id, call.store)))
        }
        for info in pointsInTime.compactMap(\.info) { _ = try call.admit(info) }
        var table = CatTable(columns)
        for pointInTime in pointsInTime {
            for held in pointInTime.segments { table.rows += rows(held.index, held.shard, held.facts, call) }
        }
        return try table.answer(call)
    }

    private static func rows(_ index: String, _ shard: Int, _ facts: ShardFacts, _ call: Call) -> [[CatCell]]
    {
        facts.segments.enumerated().map { place, segment in
            let name = SegmentName(segment, place: place)
            return [
                .text(index), .number(shard), .text("p"), .text(call.service.publishHost),
                .text(call.service.nodeID), .text(name.text), .number(name.generation),
                .number(segment.live), .number(segment.deleted), .bytes(segment.byteCount), .number(0),
                .text(String(segment.id != nil)), .text("true"), .text(RESTOptions.segmentVersion),
                .text("true"),
            ]
        }
    }
}

/// What a segment is called: `_` and its number in base 36. What is not flushed yet has its place in place of one.
struct SegmentName {
    let generation: Int
    let text: String

    init(_ segment: ShardFacts.Segment, place: Int) {
        generation = segment.id.map { Int(clamping: $0) } ?? place
        text = (segment.id == nil ? "_m" : "_") + String(generation, radix: 36)
    }
}
