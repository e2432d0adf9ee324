import VarveBytes

/// A file of lines whose pointers are numbers of lines, from 0. Beside the number they carry the byte and the
/// fingerprint of `JSONLinesSource`, so that reading on needs no search, and a file that was cut or replaced is told.
///
/// A file that is missing is empty until it appears.
final class NumberedLinesSource: StreamSource {
    /// How much of a file is looked at for one answer about its end.
    private static let countedBytes: UInt64 = 256 << 20
    private let lines: JSONLinesSource
    /// How far the lines have been counted.
    private let counted = Locked(JSONLinesSource.LineStart())

    init(_ path: String) { lines = JSONLinesSource(path) }

    var name: String { lines.name }

    func resolve(_ position: StartPosition) async throws -> StreamPointer {
        guard lines.isThere else {
            if case .pointer(let pointer) = position, pointer > StreamPointer(0) {
                throw StreamSourceError(
                    "\(name) is not there yet, and has no line \(pointer)", isTransient: true)
            }
            return StreamPointer(0)
        }
        switch position {
        // Lines have no times: all of them are as new as the moment in which they are read.
        case .earliest, .timestamp: return numbered(try await lines.resolve(.earliest))
        case .latest: return numbered(try await lines.resolve(.latest))
        case .pointer(let pointer): return numbered(try await place(of: pointer.low))
        }
    }

    func poll(from pointer: StreamPointer, limit: Int, timeout: Duration) async throws -> [Message] {
        let place: StreamPointer
        if pointer.low > 0, pointer.details == (0, 0) {
            place = try await self.place(of: pointer.low)
        } else {
            place = inBytes(pointer)
        }
        var messages = try await lines.poll(from: place, limit: limit, timeout: timeout)
        for at in messages.indices {
            messages[at].pointer = numbered(messages[at].pointer)
            messages[at].next = numbered(messages[at].next)
        }
        if let last = messages.last { note(inBytes(last.next)) }
        return messages
    }

    /// Lines are counted where nobody has read yet. Of a file that is very long, the rest is estimated at first.
    func end() async throws -> StreamPointer? {
        guard let end = try await lines.end() else { return nil }
        let start = counted.withLock { $0 }
        // A file that was cut is found when it is read.
        guard start.offset <= end.low else { return nil }
        let found = try lines.advance(start, end: end.low, bytesMax: Self.countedBytes)
        note(found)
        if found.offset == end.low || found.number == 0 { return StreamPointer(found.number) }
        let lineBytes = max(1, found.offset / found.number)
        return StreamPointer(found.number + max(1, (end.low - found.offset) / lineBytes))
    }

    func incompleteBytes() async throws -> UInt64 { try await lines.incompleteBytes() }

    func describe(_ pointer: StreamPointer) -> String { lines.describe(inBytes(pointer)) }

    // MARK: Between bytes and lines

    private func place(of line: UInt64) async throws -> StreamPointer {
        let found = try lines.advance(JSONLinesSource.LineStart(), toLine: line)
        guard found.number == line else {
            throw StreamSourceError("\(name) has no line \(line): it ends before line \(found.number)")
        }
        return try await lines.resolve(.pointer(StreamPointer(found.offset)))
    }

    private func note(_ place: StreamPointer) {
        note(JSONLinesSource.LineStart(offset: place.low, number: place.details.0))
    }

    private func note(_ found: JSONLinesSource.LineStart) {
        counted.withLock { if $0.offset < found.offset { $0 = found } }
    }

    private func numbered(_ place: StreamPointer) -> StreamPointer {
        var pointer = StreamPointer(place.details.0)
        pointer.details = (place.low, place.details.1)
        return pointer
    }

    private func inBytes(_ pointer: StreamPointer) -> StreamPointer {
        var place = StreamPointer(pointer.details.0)
        place.details = (pointer.low, pointer.details.1)
        return place
    }
}
