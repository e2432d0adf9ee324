import VarveBytes

/// The rows of a block, taken apart.
struct ShapedRows: ~Copyable {
    private(set) var count = 0
    /// Numbers of the shape table, one a row.
    private(set) var shapes = ItemBuffer<Int>()
    /// The same, numbered for the block.
    private(set) var localShapes = ItemBuffer<Int>()
    /// Where each row's tokens begin in `tokens`.
    private(set) var firstTokens = ItemBuffer<Int>()
    var tokens = ItemBuffer<SourceToken>()

    mutating func append(shape: Int, localShape: Int, firstToken: Int) {
        shapes.append(shape)
        localShapes.append(localShape)
        firstTokens.append(firstToken)
        count += 1
    }

    mutating func removeAll() {
        count = 0
        shapes.removeAll()
        localShapes.removeAll()
        firstTokens.removeAll()
        tokens.removeAll()
    }
}
