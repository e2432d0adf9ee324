import VarveBytes

/// Pointers in the words of the stream.
extension IndexIngestion {
    private var stream: (any PartitionedStream, hasSeveral: Bool) {
        state.withLock { ($0.stream, $0.settings.assignment == .modulo) }
    }

    /// As people are shown it.
    package func display(_ pointer: StreamPointer, partition: UInt32) -> String {
        let (stream, hasSeveral) = self.stream
        return stream.display(pointer, partition: hasSeveral ? partition : nil)
    }

    /// As people may give it back.
    package func text(_ pointer: StreamPointer, partition: UInt32) -> String {
        let (stream, hasSeveral) = self.stream
        return stream.text(pointer, partition: hasSeveral ? partition : nil)
    }

    /// What `text` or `display` wrote.
    package func pointer(text: String) throws -> (partition: UInt32?, pointer: StreamPointer) {
        try stream.0.pointer(text: text)
    }
}
