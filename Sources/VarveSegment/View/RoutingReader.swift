import VarveBytes
import VarveDocument
package import VarveFiles

/// Reads routing values of rows, which are values of a keyword field. Rows in order open each block once.
package struct RoutingReader {
    private let view: any SegmentView
    private let field: Int
    private var block = ColumnBlock()
    private var number = -1

    /// Nil if no document of the view has one.
    package init?(_ view: any SegmentView) {
        guard let field = view.field(named: SchemaSnapshot.routingPath) else { return nil }
        self.view = view
        self.field = field
    }

    package mutating func read(row: Int) throws(StorageError) -> String? {
        if number != row / columnBlockRows {
            number = row / columnBlockRows
            try view.readColumn(field, block: number, into: &block)
        }
        let at = row % columnBlockRows
        if !block.present.isEmpty && block.present[at &>> 6] &>> UInt64(at & 63) & 1 == 0 { return nil }
        let place = block.starts.isEmpty ? at : Int(block.starts[at])
        guard place < block.values.count else { return nil }
        var text = ByteBuffer()
        try view.appendTerm(Int(block.values[place]), field: field, to: &text)
        return String(validating: text.bytes)
    }
}
