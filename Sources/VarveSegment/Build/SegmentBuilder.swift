package import VarveBytes
package import VarveFiles

/// One view that goes into a new segment, and which of its rows are taken over.
package struct MergeInput: Sendable {
    package var view: any SegmentView
    /// Nil for all rows.
    package var keep: RowBitmap?

    package init(view: any SegmentView, keep: RowBitmap? = nil) {
        self.view = view
        self.keep = keep
    }
}

package struct SegmentBuildOptions: Sendable {
    /// How sources are laid out and deflated where they are written anew.
    package var sources: SourceBlockOptions
    /// Source blocks of segments that were deflated with a lower level are written anew; 1 copies all.
    package var copiedLevelMin: Int

    package init(sources: SourceBlockOptions = SourceBlockOptions(), copiedLevelMin: Int = 1) {
        self.sources = sources
        self.copiedLevelMin = copiedLevelMin
    }
}

/// A segment that was written, and where the rows of its inputs went.
package struct BuiltSegment: Sendable {
    package let id: UInt64
    package let byteCount: UInt64
    package let rootChecksum: UInt64
    package let rowCount: Int
    package let tombstoneCount: Int
    package let births: ClosedRange<SequenceNumber>
    /// By input.
    package let mappings: [RowMapping]
}

/// Where the rows of one input lie in the new segment.
package struct RowMapping: Equatable, Sendable {
    package static let dropped = UInt32.max

    /// The new number of its first row that was taken over.
    package let first: Int
    /// By old row: the new one, or `dropped`. Nil if all rows were taken over, one after the other.
    package let rows: [UInt32]?

    package func newRow(_ row: Int) -> Int? {
        guard let rows else { return first + row }
        return rows[row] == Self.dropped ? nil : Int(rows[row])
    }
}

/// Writes one segment from frozen memtables and segments alike: a flush is a merge.
///
/// Inputs are given in birth order, and stay in it. Ids and terms are merged in order, columns move block by
/// block, sources of segments are copied as they are stored where no row of a block is dropped. Nothing is held
/// for longer than a section takes but the places of ids (4 bytes a row) and one field's terms.
///
/// The file is complete when `build` returns; making it durable and giving it its name is the caller's. Damage
/// of an input ends it with that input's error; what was written then is of no use.
package enum SegmentBuilder {
    /// Writes the segment to an empty file. Nil, and nothing written, if no row is kept.
    ///
    /// - Parameters:
    ///   - id: the file id of the segment.
    ///   - owner: the uuid of its shard.
    package static func build(
        inputs: [MergeInput], id: UInt64, owner: UUID128, into file: any OpenFile,
        options: SegmentBuildOptions = SegmentBuildOptions()
    ) throws(StorageError) -> BuiltSegment? {
        let plan = BuildPlan(inputs)
        if plan.rowCount == 0 { return nil }
        guard plan.rowCount <= SegmentTOC.rowCountMax else {
            throw .damaged(Damage(file.path, at: 0, "\(plan.rowCount) rows are too many for one segment"))
        }
        let header = FileHeader(kind: .segment, owner: owner, fileID: id, detail: UInt64(plan.rowCount))
        var writer = SegmentFileWriter(file: file, header: header)
        var tools = ColumnTools()
        try plan.writeSources(to: &writer, options)
        let places = try plan.writeIDs(to: &writer)
        let births = try plan.writeMetaColumns(places, to: &writer, with: &tools)
        let fields = try plan.writeFields(to: &writer, with: &tools)
        let tombstoneCount = try plan.writeTombstones(to: &writer)
        writer.beginSection()
        SegmentFields.encode(fields, into: &writer.pending)
        try writer.endSection(.fields, items: fields.count)
        writer.beginSection()
        writer.pending.append(tools.directory.bytes)
        try writer.endSection(.columnIndex, items: tools.directory.count / ColumnDirectory.entryByteCount)
        let (byteCount, root) = try writer.finish(
            id: id, rowCount: plan.rowCount, tombstoneCount: tombstoneCount, births: births,
            fieldCount: fields.count)
        return BuiltSegment(
            id: id, byteCount: byteCount, rootChecksum: root, rowCount: plan.rowCount,
            tombstoneCount: tombstoneCount, births: births, mappings: plan.inputs.map { $0.mapping })
    }

    /// The same, into a new file that is made for it and synced: its bytes are durable, its name is not.
    package static func build(
        inputs: [MergeInput], id: UInt64, owner: UUID128, in files: any FileSystem, path: StorePath,
        options: SegmentBuildOptions = SegmentBuildOptions()
    ) throws(StorageError) -> BuiltSegment? {
        if BuildPlan(inputs).rowCount == 0 { return nil }
        let file: any OpenFile
        do throws(FileError) {
            file = try files.createFile(path)
        } catch {
            throw .file(error)
        }
        let built = try build(inputs: inputs, id: id, owner: owner, into: file, options: options)
        do throws(FileError) {
            try file.sync()
        } catch {
            throw .file(error)
        }
        return built
    }
}

/// What goes where.
struct BuildPlan {
    struct Input {
        let view: any SegmentView
        /// Nil if all rows are kept.
        let keep: RowBitmap?
        let mapping: RowMapping
        let keptCount: Int
    }

    let inputs: [Input]
    let rowCount: Int

    init(_ all: [MergeInput]) {
        var inputs: [Input] = []
        var first = 0
        for input in all {
            let rows = input.view.rowCount
            precondition(input.keep == nil || input.keep?.rowCount == rows, "a bit a row")
            let kept = input.keep?.count ?? rows
            let keep = kept == rows ? nil : input.keep
            inputs.append(
                Input(
                    view: input.view, keep: keep, mapping: Self.mapping(keep, first: first), keptCount: kept))
            first += kept
        }
        self.inputs = inputs
        rowCount = first
    }

    private static func mapping(_ keep: RowBitmap?, first: Int) -> RowMapping {
        guard let keep else { return RowMapping(first: first, rows: nil) }
        var rows = [UInt32](repeating: RowMapping.dropped, count: keep.rowCount)
        var next = UInt32(truncatingIfNeeded: first)
        for row in 0..<keep.rowCount where keep[row] {
            rows[row] = next
            next &+= 1
        }
        return RowMapping(first: first, rows: rows)
    }

    /// Births, versions and places, a value a row.
    func writeMetaColumns(
        _ places: [UInt32], to file: inout SegmentFileWriter, with tools: inout ColumnTools
    ) throws(StorageError) -> ClosedRange<SequenceNumber> {
        var block = ColumnBlock()
        var births: [UInt64] = []
        var last: Int64 = -1
        var lowest: UInt64 = 0
        var column = ColumnWriter(.sequence, &file, with: tools)
        for input in inputs {
            var first = 0
            while first < input.view.rowCount {
                let end = min(first + columnBlockRows, input.view.rowCount)
                try input.view.readBirths(first..<end, into: &births)
                block.rowCount = end - first
                block.values.removeAll(keepingCapacity: true)
                for (place, birth) in births.enumerated() {
                    let value = Int64(truncatingIfNeeded: birth)
                    block.values.append(value)
                    if let keep = input.keep, !keep[first + place] { continue }
                    if last < 0 { lowest = birth }
                    guard value > last else {
                        throw .damaged(Damage(file.path, at: file.offset, "birth \(birth) after \(last)"))
                    }
                    last = value
                }
                try column.append(block, kept: input.keep, first: first, to: &file, with: &tools)
                first = end
            }
        }
        _ = try column.finish(.births, to: &file, with: &tools)

        var versions = ColumnWriter(.integers, &file, with: tools)
        for input in inputs {
            var first = 0
            while first < input.view.rowCount {
                let end = min(first + columnBlockRows, input.view.rowCount)
                block.rowCount = end - first
                try input.view.readVersions(first..<end, into: &block.values)
                try versions.append(block, kept: input.keep, first: first, to: &file, with: &tools)
                first = end
            }
        }
        _ = try versions.finish(.versions, to: &file, with: &tools)

        var order = ColumnWriter(.sequence, &file, with: tools)
        var first = 0
        while first < rowCount {
            let end = min(first + columnBlockRows, rowCount)
            block.rowCount = end - first
            block.values.removeAll(keepingCapacity: true)
            for place in places[first..<end] { block.values.append(Int64(place)) }
            try order.append(block, kept: nil, first: first, to: &file, with: &tools)
            first = end
        }
        _ = try order.finish(.places, to: &file, with: &tools)
        return SequenceNumber(lowest)...SequenceNumber(UInt64(last))
    }

    func writeTombstones(to file: inout SegmentFileWriter) throws(StorageError) -> Int {
        var bitmap = RowBitmap(rowCount: rowCount)
        var count = 0
        for input in inputs {
            guard let tombstones = input.view.tombstones else { continue }
            for row in 0..<tombstones.rowCount where tombstones[row] {
                guard let new = input.mapping.newRow(row) else { continue }
                bitmap[new] = true
                count += 1
            }
        }
        if count == 0 { return 0 }
        file.beginSection()
        TombstoneList.encode(bitmap, into: &file.pending)
        try file.endSection(.tombstones, items: count)
        return count
    }
}
