import VarveBytes

/// Takes a document apart that no known shape fits: objects are looked into, everything else is a value.
///
/// The documents are JSON, but nothing here relies on it: a row that surprises it has no shape.
struct ShapeScan {
    /// The literals: before each value, and after the last.
    private(set) var pieces: [Range<Int>] = []
    private(set) var tokens: [SourceToken] = []
    /// For each value, a hash of the keys that lead to it.
    private(set) var paths: [UInt64] = []
    /// Of all literals, and where the values stand between them.
    private(set) var hash: UInt64 = 0
    private var open: [UInt64] = []

    private static let depthMax = 64

    /// False if the row is no object of this form. 16 zero bytes follow the row.
    mutating func run(_ bytes: RawSpan, _ row: Range<Int>) -> Bool {
        pieces.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        paths.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        hash = 0
        var pieceStart = row.lowerBound
        var at = Self.skipSpace(bytes, row.lowerBound)
        guard bytes.byte(at: at) == UInt8(ascii: "{") else { return false }
        at = Self.skipSpace(bytes, at + 1)
        open.append(1)
        var mayClose = true
        while let parent = open.last {
            if mayClose && bytes.byte(at: at) == UInt8(ascii: "}") {
                open.removeLast()
                at = open.isEmpty ? at + 1 : Self.skipSpace(bytes, at + 1)
            } else {
                guard bytes.byte(at: at) == UInt8(ascii: "\"") else { return false }
                let keyEnd = TokenScanner.stringEnd(bytes, at: at)
                guard keyEnd > 0 else { return false }
                let path = XXH64.hash(bytes.slice(at, keyEnd - at), seed: parent)
                at = Self.skipSpace(bytes, keyEnd)
                guard bytes.byte(at: at) == UInt8(ascii: ":") else { return false }
                at = Self.skipSpace(bytes, at + 1)
                if bytes.byte(at: at) == UInt8(ascii: "{") {
                    guard open.count < Self.depthMax else { return false }
                    open.append(path)
                    at = Self.skipSpace(bytes, at + 1)
                    mayClose = true
                    continue
                }
                guard let token = TokenScanner.scan(bytes, at: at) else { return false }
                addPiece(bytes, pieceStart..<at)
                tokens.append(token)
                paths.append(path)
                guard paths.count <= ColumnBlockLimits.slotCountMax else { return false }
                pieceStart = at + token.count
                at = Self.skipSpace(bytes, pieceStart)
            }
            if open.isEmpty { break }
            mayClose = bytes.byte(at: at) == UInt8(ascii: "}")
            if mayClose { continue }
            guard bytes.byte(at: at) == UInt8(ascii: ",") else { return false }
            at = Self.skipSpace(bytes, at + 1)
        }
        at = Self.skipSpace(bytes, at)
        guard at == row.upperBound else { return false }
        addPiece(bytes, pieceStart..<row.upperBound)
        return true
    }

    private mutating func addPiece(_ bytes: RawSpan, _ range: Range<Int>) {
        pieces.append(range)
        hash = XXH64.hash(bytes.slice(range.lowerBound, range.count), seed: hash &+ 1)
    }

    @inline(__always)
    private static func skipSpace(_ bytes: RawSpan, _ start: Int) -> Int {
        var at = start
        while true {
            let byte = bytes.byte(at: at)
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return at }
            at += 1
        }
    }
}
