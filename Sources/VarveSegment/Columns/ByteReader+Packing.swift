import VarveBytes

extension ByteReader {
    /// Steps over bytes that are read elsewhere.
    @_lifetime(self: copy self)
    mutating func skip(_ count: Int) throws(FormatError) { _ = try readBytes(count) }

    /// The width of a packed run.
    @_lifetime(self: copy self)
    mutating func readWidth() throws(FormatError) -> Int {
        let at = offset
        let width = Int(try read(UInt8.self))
        guard BitPacking.isWidth(width) else { throw FormatError("a width of \(width) bits", offset: at) }
        return width
    }

    /// Steps over a packed run, whose first byte it returns.
    @_lifetime(self: copy self)
    mutating func skipPacked(_ count: Int, _ width: Int) throws(FormatError) -> Int {
        let at = offset
        try skip(BitPacking.byteCount(count, width: width))
        return at
    }
}
