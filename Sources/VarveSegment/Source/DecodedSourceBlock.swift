package import VarveBytes

/// A source block, inflated and checked: renders any of its rows without looking at the others.
///
/// Everything that could lead outside its bytes (offsets, widths, ordinals, shapes) was checked by
/// `SourceBlockDecoder`, so rendering neither fails nor traps, whatever the bytes are.
package final class DecodedSourceBlock: CachedBlock {
    package let rowCount: Int
    /// Memory held.
    package let byteCount: Int
    private let plan: SourceBlockPlan

    init(rowCount: Int, plan: SourceBlockPlan) {
        self.rowCount = rowCount
        self.plan = plan
        byteCount = plan.byteCount
    }

    /// Appends the source of one row.
    package func appendRow(_ row: Int, to buffer: inout ByteBuffer) {
        precondition(row >= 0 && row < rowCount, "a row outside the block")
        plan.appendRows(row..<row &+ 1, to: &buffer)
    }

    /// Calls `body` with each of the rows, in order; `scratch` is overwritten.
    package func forEachRow(_ rows: Range<Int>, scratch: inout ByteBuffer, _ body: (Int, RawSpan) -> Void) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows outside the block")
        plan.forEachRow(rows, scratch: &scratch, body)
    }

    /// Appends the sources of these rows, back to back.
    package func appendRows(_ rows: Range<Int>, to buffer: inout ByteBuffer) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows outside the block")
        plan.appendRows(rows, to: &buffer)
    }
}
