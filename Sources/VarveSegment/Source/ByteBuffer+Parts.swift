import VarveBytes

// Calls between two buffers of one owner: a span taken from one would hold the whole owner, a borrowed buffer
// holds itself alone.

extension ByteBuffer {
    mutating func append(partOf other: borrowing ByteBuffer, from start: Int, count: Int) {
        append(other.bytes.slice(start, count))
    }
}

extension Deflater {
    mutating func deflate(
        _ raw: borrowing ByteBuffer, dictionary: [UInt8] = [], into output: inout ByteBuffer
    ) -> Int {
        deflate(raw.bytes, dictionary: dictionary.rawSpan, into: &output)
    }
}
