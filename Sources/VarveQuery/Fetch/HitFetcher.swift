import VarveBytes
import VarveSegment

/// Reads what a page shows of its hits: ids, sequence numbers, versions and sources.
///
/// Hits are read segment by segment in row order, so that every block of ids, births and sources is opened once
/// whatever the order of the page.
struct HitFetcher {
    /// Where a hit lies.
    struct Place {
        let segment: Int
        let row: Int
    }

    /// What is known of one hit.
    struct Fetched {
        var id = ""
        var birth: UInt64 = 0
        var version: Int64 = 0
        var source = 0..<0
        var routing: String?
    }

    let segments: [any SegmentView]
    let source: SourceFilter
    private(set) var fetched: [Fetched] = []
    private var births: [UInt64] = []
    private var versions: [Int64] = []

    init(_ segments: [any SegmentView], source: SourceFilter) {
        self.segments = segments
        self.source = source
    }

    /// Reads the hits at these places; answers the bytes that the sources' ranges lie in.
    mutating func fetch(_ places: [Place]) throws -> SharedBytes {
        fetched = [Fetched](repeating: Fetched(), count: places.count)
        let order = places.indices.sorted {
            (places[$0].segment, places[$0].row) < (places[$1].segment, places[$1].row)
        }
        var page = ByteBuffer()
        var start = 0
        while start < order.count {
            let segment = places[order[start]].segment
            var end = start
            while end < order.count && places[order[end]].segment == segment { end += 1 }
            let group = order[start..<end].map { (hit: $0, row: places[$0].row) }
            try readNumbers(group, segments[segment])
            try readIDs(group, segments[segment])
            try readRouting(group, segments[segment])
            if source.isWanted { try readSources(group, segments[segment], into: &page) }
            start = end
        }
        return SharedBytes(page)
    }

    /// Rows between two hits that are cheaper to read than a call of their own.
    private static let gapMax = 16

    /// Births and versions, by runs of rows that lie close together.
    private mutating func readNumbers(_ group: [(hit: Int, row: Int)], _ view: any SegmentView) throws {
        let lowest = view.births.lowerBound.rawValue
        // Births ascend by at least one a row: without a gap they need not be read.
        let isDense = view.births.upperBound.rawValue - lowest == UInt64(view.rowCount - 1)
        var start = 0
        while start < group.count {
            let first = group[start].row
            var end = start + 1
            while end < group.count && group[end].row / columnBlockRows == first / columnBlockRows {
                end += 1
            }
            let rows = first..<(group[end - 1].row + 1)
            if !isDense { try view.readBirths(rows, into: &births) }
            try view.readVersions(rows, into: &versions)
            for (hit, row) in group[start..<end] {
                fetched[hit].birth = isDense ? lowest + UInt64(row) : births[row - first]
                fetched[hit].version = versions[row - first]
            }
            start = end
        }
    }

    private mutating func readIDs(_ group: [(hit: Int, row: Int)], _ view: any SegmentView) throws {
        var id = ByteBuffer()
        for (hit, row) in group {
            id.removeAll()
            try view.appendID(ofRow: row, to: &id)
            fetched[hit].id = String(validating: id.bytes) ?? ""
        }
    }

    private mutating func readRouting(_ group: [(hit: Int, row: Int)], _ view: any SegmentView) throws {
        guard var reader = RoutingReader(view) else { return }
        for (hit, row) in group { fetched[hit].routing = try reader.read(row: row) }
    }

    private mutating func readSources(
        _ group: [(hit: Int, row: Int)], _ view: any SegmentView, into page: inout ByteBuffer
    ) throws {
        var projection = SourceProjection(source)
        var next = 0
        try view.readSources(group.map { UInt32($0.row) }) { _, bytes in
            let start = page.count
            projection.append(bytes, to: &page)
            fetched[group[next].hit].source = start..<page.count
            next += 1
        }
    }
}
