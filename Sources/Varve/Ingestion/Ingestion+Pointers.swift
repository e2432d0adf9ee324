public import VarveIngest

/// Pointers in the words of the stream.
extension Ingestion {
    /// A pointer as people are shown it, such as `KafkaOffset{offset=42}`.
    public func display(_ pointer: StreamPointer, partition: UInt32) -> String {
        core.display(pointer, partition: partition)
    }

    /// A pointer as people may give it back, such as `42`, or `3:42` with its partition.
    public func text(_ pointer: StreamPointer, partition: UInt32) -> String {
        core.text(pointer, partition: partition)
    }

    /// Reads what `text` or `display` wrote.
    ///
    /// - Throws: `.invalid` if it is no pointer of this stream, or if the stream was not reached yet.
    public func pointer(text: String) throws(VarveError) -> (partition: UInt32?, pointer: StreamPointer) {
        do { return try core.pointer(text: text) } catch {
            throw VarveError(.invalid, "\(error)", cause: error)
        }
    }
}
