package import VarveBytes

/// What a batch payload holds, without looking into the sources: for the inspect tool and for replay.
package struct BatchListing: Sendable {
    /// When the batch was written, in milliseconds since 1970.
    package let time: UInt64
    package let checkpoint: SourceCheckpoint?
    /// Without values; offsets are positions in the payload.
    package let operations: [PreparedOperation]

    /// Reads a payload of a log's batch or checkpoint record. Any bytes may come: what is not a batch is an error.
    package init(decoding payload: RawSpan) throws(FormatError) {
        let header = try BatchHeader(decoding: payload)
        time = header.time
        var reader = ByteReader(payload.slice(0, header.operationsEnd))
        _ = try reader.readBytes(BatchHeader.byteCount)
        // An operation takes at least 14 bytes, so a count beyond that is refused before it costs memory.
        guard header.operationCount <= reader.remaining / OperationLayout.byteCountMin else {
            throw FormatError("\(header.operationCount) operations in \(reader.remaining) bytes", offset: 12)
        }
        var found: [PreparedOperation] = []
        found.reserveCapacity(header.operationCount)
        for _ in 0..<header.operationCount { found.append(try OperationLayout.decode(&reader)) }
        try reader.expectEnd(of: "a batch's operations")
        operations = found
        var rest = ByteReader(payload.slice(header.operationsEnd, payload.byteCount - header.operationsEnd))
        checkpoint = header.isCheckpointed ? try SourceCheckpoint(decoding: &rest) : nil
        try rest.expectEnd(of: "a batch")
    }

    /// The payload of a record that moves a source's checkpoint without any operation.
    package static func checkpointPayload(_ checkpoint: SourceCheckpoint, at time: UInt64) -> SharedBytes {
        var payload = ByteBuffer(capacity: 256)
        BatchHeader(time: time, operationsEnd: BatchHeader.byteCount, operationCount: 0, isCheckpointed: true)
            .encode(into: &payload)
        checkpoint.encode(into: &payload)
        return SharedBytes(payload)
    }
}
