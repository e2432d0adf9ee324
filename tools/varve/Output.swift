import VarveBytes
import VarveFiles

/// Where results and remarks go. Nothing is buffered, so what was printed before a failure is there.
enum Output {
    /// A result, as one line of standard output.
    static func line(_ text: String) throws {
        try write(Array((text + "\n").utf8))
    }

    /// A document as it was given, and a line end. A terminal gets nothing that steers it.
    static func source(_ bytes: [UInt8]) throws {
        let ending: [UInt8] = bytes.last == 0x0A ? [] : [0x0A]
        guard StandardStreams.isTerminal(.output) else { return try write(bytes + ending) }
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        try write(Array(lines.map { String($0).printable }.joined(separator: "\n").utf8) + ending)
    }

    /// A remark on standard error.
    static func note(_ text: String) {
        _ = try? StandardStreams.write(Array((text + "\n").utf8).rawSpan, to: .error)
    }

    /// The one line that says why a command failed. What it quotes may have come from anyone.
    static func complain(_ message: String) { note("varve: " + message.printable) }

    /// Writes over the line of a terminal that was written before; silent elsewhere.
    static func progress(_ text: String, isLast: Bool = false) {
        guard StandardStreams.isTerminal(.error) else { return }
        let line = "\r" + text.printable + "\u{1B}[K" + (isLast ? "\n" : "")
        _ = try? StandardStreams.write(Array(line.utf8).rawSpan, to: .error)
    }

    /// Writes lines to a terminal in the place of those that were written last. They are cut at its width.
    static func redraw(_ lines: [String], over count: Int, on stream: StandardStreams.Stream) throws {
        var text = "\u{1B}[?7l" + (count > 0 ? "\u{1B}[\(count)A" : "")
        for line in lines { text += line + "\u{1B}[K\n" }
        text += "\u{1B}[J\u{1B}[?7h"
        if !(try StandardStreams.write(Array(text.utf8).rawSpan, to: stream)) { throw ClosedPipe() }
    }

    private static func write(_ bytes: [UInt8]) throws {
        let isRead: Bool
        do { isRead = try StandardStreams.write(bytes.rawSpan, to: .output) } catch {
            throw CommandFailure.no("\(error)")
        }
        if !isRead { throw ClosedPipe() }
    }
}
