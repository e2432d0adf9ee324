import VarveBytes
import VarveFiles

/// Lines by their number, for those who count lines and not bytes.
extension JSONLinesSource {
    /// A place where a line begins.
    struct LineStart: Hashable, Sendable {
        var offset: UInt64 = 0
        /// Lines before it.
        var number: UInt64 = 0
    }

    /// Whether the file can be opened.
    var isThere: Bool { (try? open()) != nil }

    /// Goes on from a line start by whole lines.
    ///
    /// - Parameters:
    ///   - line: No further than the start of this line.
    ///   - end: No further than this byte.
    ///   - bytesMax: Looks at no more bytes than that.
    /// - Returns: The last line start that was found.
    func advance(
        _ start: LineStart, toLine line: UInt64 = .max, end: UInt64 = .max, bytesMax: UInt64 = .max
    ) throws -> LineStart {
        let file = try open()
        var found = start
        var offset = start.offset
        while found.number < line, offset < end, offset - start.offset < bytesMax {
            let wanted = Int(min(1 << 20, end - offset))
            let bytes = try bytes(of: file, at: offset, count: wanted)
            if bytes.isEmpty { break }
            var from = 0
            while found.number < line, let newline = bytes.rawSpan.firstIndex(of: 0x0A, from: from) {
                from = newline + 1
                found = LineStart(offset: offset + UInt64(from), number: found.number + 1)
            }
            offset += UInt64(bytes.count)
        }
        return found
    }
}
