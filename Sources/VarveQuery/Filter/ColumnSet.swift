import VarveSegment

/// The columns that one search reads of one segment, each with its last decoded block, so that a filter and a sort
/// by the same field decode it once.
struct ColumnSet {
    /// A column of the set.
    typealias Slot = Int

    private let view: any SegmentView
    private(set) var fields: [Int] = []
    private var loaded: [Int] = []
    /// By slot: the block that `load` was called for last.
    private(set) var columns: [ColumnBlock] = []

    init(_ view: any SegmentView) { self.view = view }

    mutating func slot(of field: Int) -> Slot {
        if let slot = fields.firstIndex(of: field) { return slot }
        fields.append(field)
        loaded.append(-1)
        columns.append(ColumnBlock())
        return fields.count - 1
    }

    func zone(_ slot: Slot, block: Int) -> ZoneMap { view.zone(fields[slot], block: block) }

    mutating func load(_ slot: Slot, block: Int) throws {
        if loaded[slot] == block { return }
        loaded[slot] = -1
        try view.readColumn(fields[slot], block: block, into: &columns[slot])
        loaded[slot] = block
    }
}
