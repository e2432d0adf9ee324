import VarveBytes
import VarveDocument
import VarveSegment

/// What scores need to know of a shard's fields and terms, looked up once a search.
///
/// Deleted documents count until a merge drops them, as in Lucene. Of a point in time only what it sees counts:
/// merges go on below it, and its scores stay.
final class ShardStatistics {
    /// Documents that have the field, and their tokens.
    struct Field {
        var documents = 0
        var tokens = 0
        var inverseNorms: [Float] = []
    }

    private let shard: SearchableShard
    private var fields: [String: Field] = [:]
    private var frequencies: [String: [[UInt8]: Int]] = [:]

    init(_ shard: SearchableShard) { self.shard = shard }

    func field(_ path: String) throws -> Field {
        if let known = fields[path] { return known }
        var found = Field()
        for segment in shard.segments {
            guard let number = segment.view.field(named: path) else { continue }
            let field = segment.view.fields[number]
            let isCounted = field.definition.type == .text || field.definition.hasColumn
            if shard.isFrozen, isCounted, let live = segment.live {
                try found.addVisible(segment.view, number, live)
            } else if segment.liveCount > 0 {
                found.documents += field.rowsWithValue
                found.tokens += field.tokenCount
            }
        }
        found.inverseNorms = Similarity.inverseNorms(tokens: found.tokens, documents: found.documents)
        fields[path] = found
        return found
    }

    func idf(_ path: String, documents: Int) throws -> Float {
        Similarity.idf(documents: documents, of: try field(path).documents)
    }

    /// Documents that hold a term.
    func documents(_ path: String, _ term: [UInt8]) throws -> Int {
        if let known = frequencies[path]?[term] { return known }
        var count = 0
        for segment in shard.segments where segment.liveCount > 0 {
            guard let number = segment.view.field(named: path),
                segment.view.fields[number].termCount > 0,
                case .found(let ordinal) = try segment.view.ordinal(of: term.rawSpan, field: number)
            else { continue }
            if shard.isFrozen, let live = segment.live {
                var rows: [UInt32] = []
                var counts: [UInt32] = []
                try segment.view.readPostings(ordinal, field: number, rows: &rows, frequencies: &counts)
                for row in rows where live[Int(row)] { count += 1 }
            } else {
                count += try segment.view.documentFrequency(ordinal, field: number)
            }
        }
        frequencies[path, default: [:]][term] = count
        return count
    }
}

extension ShardStatistics.Field {
    /// Counts the rows of a segment that are live.
    fileprivate mutating func addVisible(
        _ view: any SegmentView, _ field: Int, _ live: RowBitmap
    ) throws {
        let isText = view.fields[field].definition.type == .text
        var lengths: [UInt32] = []
        var block = ColumnBlock()
        for first in stride(from: 0, to: view.rowCount, by: columnBlockRows) {
            let rows = first..<min(first + columnBlockRows, view.rowCount)
            if isText {
                try view.readLengths(rows, field: field, into: &lengths)
                for (at, length) in lengths.enumerated() where length > 0 && live[first + at] {
                    documents += 1
                    tokens += Int(length)
                }
            } else {
                try view.readColumn(field, block: first / columnBlockRows, into: &block)
                for row in 0..<block.rowCount where live[first + row] {
                    let count = block.valueCount(ofRow: row)
                    documents += count > 0 ? 1 : 0
                    tokens += count
                }
            }
        }
    }
}

extension ColumnBlock {
    fileprivate func valueCount(ofRow row: Int) -> Int {
        if !starts.isEmpty { return Int(starts[row + 1] - starts[row]) }
        return present.isEmpty || present[row >> 6] >> UInt64(row & 63) & 1 == 1 ? 1 : 0
    }
}
