/// A place in a file of lines where a line begins.
struct LinePlace: Hashable, Sendable {
    var offset: UInt64 = 0
    /// Lines before it; of the files that this one has followed as well.
    var line: UInt64 = 0
    /// Of the file's first bytes, as far as they lie before the place.
    var fingerprint: UInt64 = 0
}

/// What the pointers of a file count.
enum LineNumbering: Hashable, Sendable {
    /// Bytes; beside them the pointer carries the line.
    case bytes
    /// Lines; beside them the pointer carries the byte.
    case lines

    func pointer(_ place: LinePlace) -> StreamPointer {
        var pointer = StreamPointer(self == .bytes ? place.offset : place.line)
        pointer.details = (self == .bytes ? place.line : place.offset, place.fingerprint)
        return pointer
    }

    /// Nil for a pointer that came without its details, from someone who had only the number.
    func place(_ pointer: StreamPointer) -> LinePlace? {
        if pointer.low == 0 { return LinePlace() }
        switch self {
        case .bytes:
            if pointer.details.0 == 0 { return nil }
            return LinePlace(
                offset: pointer.low, line: pointer.details.0, fingerprint: pointer.details.1)
        case .lines:
            if pointer.details == (0, 0) { return nil }
            return LinePlace(
                offset: pointer.details.0, line: pointer.low, fingerprint: pointer.details.1)
        }
    }
}
