import VarveBytes

/// What renders rows: the inflated bytes, and where in them everything lies. Checked when it was made.
///
/// Both codecs end up in this form. A *shape* is a run of slots, each a literal from `template` and then a value
/// from a column, with one more literal at its end. A row of codec 1 has one shape with one slot, a bytes column.
struct SourceBlockPlan: Sendable {
    /// The inflated block.
    let payload: SharedBytes
    /// Literals of all slots, with room after them for wide copies.
    var template: SharedBytes
    var slots: [SourceSlot] = []
    var shapes: [SourceShape] = []
    var columns: [SourceColumn] = []
    var terms: [SourceTerm] = []
    /// Where in the payload the rows' shapes lie, a byte each; negative if there is one shape.
    var rowShapes = -1
    /// For columns that not every row has: the place of each row in the column.
    var ranks: [UInt16] = []
    /// Boundaries of the entries of dictionaries and of values of bytes columns: offsets in the payload.
    var bounds: [UInt32] = []

    init(payload: SharedBytes) {
        self.payload = payload
        template = payload
    }

    var byteCount: Int {
        payload.capacity + template.capacity + slots.count * MemoryLayout<SourceSlot>.stride
            + shapes.count * MemoryLayout<SourceShape>.stride + columns.count
            * MemoryLayout<SourceColumn>.stride
            + terms.count * MemoryLayout<SourceTerm>.stride + ranks.count * 2 + bounds.count * 4 + 256
    }

    borrowing func appendRows(_ rows: Range<Int>, to buffer: inout ByteBuffer) {
        let renderer = SourceRenderer(self)
        for row in rows { renderer.appendRow(row, to: &buffer) }
    }

    borrowing func forEachRow(
        _ rows: Range<Int>, scratch: inout ByteBuffer, _ body: (Int, RawSpan) -> Void
    ) {
        let renderer = SourceRenderer(self)
        for row in rows {
            scratch.removeAll()
            renderer.appendRow(row, to: &scratch)
            body(row, scratch.bytes)
        }
    }
}
