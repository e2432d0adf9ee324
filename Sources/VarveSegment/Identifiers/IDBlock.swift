import VarveBytes
import VarveFiles

/// A block of the id dictionary, opened: up to 256 ids in order, and the row of each.
///
/// ```
/// length of the string block u32 | string block | run of rows
/// ```
struct IDBlockView: ~Escapable {
    let ids: StringBlockView
    private let rows: IntegerRunView
    private let rowLimit: Int64

    /// - Parameters:
    ///   - bytes: a block whose checksum was verified.
    ///   - count: ids in the block, as its place in the dictionary says.
    ///   - rowCount: rows of the segment.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, count: Int, rowCount: Int) throws(FormatError) {
        var reader = ByteReader(bytes)
        let length: UInt32 = try reader.read()
        guard Int(length) <= reader.remaining else {
            throw FormatError("a string block of \(length) bytes", offset: 0)
        }
        ids = try StringBlockView(bytes.slice(4, Int(length)), count: count)
        rows = try IntegerRunView(bytes, at: 4 + Int(length), count: count)
        rowLimit = Int64(rowCount)
    }

    /// The row of the id at one place.
    func row(_ place: Int) throws(FormatError) -> UInt32 {
        let row = rows.value(at: place)
        guard row >= 0 && row < rowLimit else {
            throw FormatError("an id of row \(row) of \(rowLimit)", offset: 0)
        }
        return UInt32(row)
    }

    /// Appends the rows of the ids at `places`; `scratch` has room for a block's rows.
    func appendRows(
        _ places: Range<Int>, to list: inout [UInt32], scratch: inout [Int64]
    ) throws(FormatError) {
        if scratch.count < rows.count { scratch = [Int64](repeating: 0, count: StringBlock.countMax) }
        var unused: [Int64] = []
        var target = scratch.mutableSpan
        rows.decode(into: &target, scratch: &unused)
        for place in places {
            let row = target[place]
            guard row >= 0 && row < rowLimit else {
                throw FormatError("an id of row \(row) of \(rowLimit)", offset: 0)
            }
            list.append(UInt32(truncatingIfNeeded: row))
        }
    }
}

/// Writes the sections of the id dictionary, ids coming in order, rows of one id newest first.
struct IDDictionaryWriter: ~Copyable {
    private var strings = StringBlockWriter()
    private var rows: [Int64] = []
    private var index = StringIndexWriter()
    private var filter: IDFilter.Writer
    private var integers = IntegerRunEncoder()
    private(set) var idCount = 0
    /// The place of each row in id order.
    private(set) var places: [UInt32]

    init(rowCount: Int) {
        filter = IDFilter.Writer(idCount: rowCount)
        places = [UInt32](repeating: 0, count: rowCount)
    }

    mutating func append(_ id: RawSpan, row: Int, to file: inout SegmentFileWriter) throws(StorageError) {
        if strings.count == 0 || !id.equals(strings.last) { filter.insert(hashOfID(id)) }
        strings.append(id)
        rows.append(Int64(row))
        places[row] = UInt32(idCount)
        idCount += 1
        if strings.count == StringBlock.countMax { try writeBlock(to: &file) }
    }

    private mutating func writeBlock(to file: inout SegmentFileWriter) throws(StorageError) {
        let offset = file.sectionCount
        let start = file.offset
        let at = file.pending.count
        file.pending.append(UInt32(0))
        let isOrdered = strings.write(to: &file.pending)
        file.pending.overwrite(UInt32(file.pending.count - at - 4), at: at)
        var list: [Int64] = []
        swap(&list, &rows)
        integers.append(list.span, kind: .sequence, to: &file.pending)
        swap(&list, &rows)
        file.pending.pad(to: 8)
        let follows = index.append(strings, checksum: file.checksum(from: start), offset: offset)
        guard isOrdered && follows else {
            throw .damaged(Damage(file.path, at: start, "ids to be written are not in order"))
        }
        strings.removeAll()
        rows.removeAll(keepingCapacity: true)
        try file.writeIfLarge()
    }

    /// Writes the rest of the dictionary, its index and the filter. `places` are complete after it.
    mutating func finish(to file: inout SegmentFileWriter) throws(StorageError) {
        if strings.count > 0 { try writeBlock(to: &file) }
        try file.endSection(.ids, items: idCount)
        file.beginSection()
        index.write(to: &file.pending)
        try file.endSection(.idIndex, items: index.blockCount)
        file.beginSection()
        filter.write(to: &file.pending)
        try file.endSection(.idFilter, items: idCount)
    }
}
