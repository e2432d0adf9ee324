/// A uuid in a file is its low half, then its high half, as in the common header.
extension ByteBuffer {
    package mutating func append(_ uuid: UUID128) {
        append(uuid.low)
        append(uuid.high)
    }
}

extension ByteReader {
    @_lifetime(self: copy self)
    package mutating func readUUID() throws(FormatError) -> UUID128 {
        let low: UInt64 = try read()
        return UUID128(high: try read(), low: low)
    }
}
