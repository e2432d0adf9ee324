package import VarveBytes
package import VarveFiles

extension SegmentReader {
    // MARK: Rows

    package func readBirths(_ rows: Range<Int>, into values: inout [UInt64]) throws(StorageError) {
        values.removeAll(keepingCapacity: true)
        try forEachInteger(birthColumn, rows) { values.append(UInt64(bitPattern: $0)) }
    }

    package func readVersions(_ rows: Range<Int>, into values: inout [Int64]) throws(StorageError) {
        values.removeAll(keepingCapacity: true)
        try forEachInteger(versionColumn, rows) { values.append($0) }
    }

    package func readLengths(
        _ rows: Range<Int>, field: Int, into lengths: inout [UInt32]
    ) throws(StorageError) {
        lengths.removeAll(keepingCapacity: true)
        guard fields[field].definition.hasLengths, let column = columns[field] else {
            lengths.append(contentsOf: repeatElement(0, count: rows.count))
            return
        }
        try forEachInteger(column, rows) { lengths.append(UInt32(clamping: $0)) }
    }

    /// Calls `body` with the place of each of these rows in id order, which is not checked.
    func readPlaces(_ rows: Range<Int>, _ body: (Int64) -> Void) throws(StorageError) {
        try forEachInteger(placeColumn, rows, body)
    }

    /// Calls `body` with the values of these rows of a column in which every row has one.
    ///
    /// Few rows of a block are picked out of it, many are decoded together.
    private func forEachInteger(
        _ column: ColumnPlace, _ rows: Range<Int>, _ body: (Int64) -> Void
    ) throws(StorageError) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "no such rows")
        var decoded = ColumnBlock()
        var decoder = ColumnDecoder()
        var next = rows.lowerBound
        while next < rows.upperBound {
            let block = next / columnBlockRows
            let first = block * columnBlockRows
            let end = min(first + columnIndex.rows(ofBlock: block), rows.upperBound)
            let range = columnIndex.range(column, block)
            let bytes = try file.cached(range, columnIndex.checksum(column, block))
            let count = columnIndex.rows(ofBlock: block)
            do throws(FormatError) {
                if end - next <= 32 {
                    let view = try ColumnDecoder.fullRun(bytes.bytes, rows: count)
                    for row in next..<end { body(view.value(at: row - first)) }
                } else {
                    try decoder.decode(bytes.bytes, rows: count, missing: 0, into: &decoded)
                    guard decoded.starts.isEmpty else {
                        throw FormatError("several values where each row has one", offset: 0)
                    }
                    for value in decoded.values[(next - first)..<(end - first)] { body(value) }
                }
            } catch {
                throw file.damage(from: range.lowerBound, error)
            }
            next = end
        }
    }

    // MARK: Ids

    package func mayHold(idHash: UInt64) -> Bool {
        // A filter that cannot be read excludes nothing: whoever goes on meets the error.
        guard let filter = try? ids.loadFilter() else { return true }
        return filter.mayHold(idHash)
    }

    package func findRows(id: RawSpan, into rows: inout [UInt32]) throws(StorageError) {
        rows.removeAll(keepingCapacity: true)
        try ids.find(id, into: &rows)
    }

    package func appendID(ofRow row: Int, to buffer: inout ByteBuffer) throws(StorageError) {
        precondition(row >= 0 && row < rowCount, "no such row")
        var place: Int64 = -1
        try forEachInteger(placeColumn, row..<(row + 1)) { place = $0 }
        guard place >= 0 && place < Int64(rowCount) else {
            throw file.damage(at: placeColumn.section.lowerBound, "row \(row) has its id at place \(place)")
        }
        try ids.append(idAt: Int(place), to: &buffer)
    }

    package func readSortedIDs(_ places: Range<Int>, into sorted: inout SortedIDs) throws(StorageError) {
        try ids.read(places, into: &sorted)
    }

    // MARK: Sources

    package func readSources(_ rows: [UInt32], _ body: (UInt32, RawSpan) -> Void) throws(StorageError) {
        try sources.read(rows, body)
    }
}
