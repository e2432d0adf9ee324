import VarveBytes
import VarveFiles

/// Nobody reads the output any more: the command has done its work.
struct ClosedPipe: Error {}

/// Where results and remarks go.
enum Output {
    /// One line of standard output. What steers a terminal is spelt out, whoever wrote it into the store.
    static func line(_ text: String) throws {
        let shown = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
        let bytes = Array((shown.joined(separator: "\n") + "\n").utf8)
        let isRead: Bool
        do { isRead = try StandardStreams.write(bytes.rawSpan, to: .output) } catch {
            throw InspectFailure(.notFound, "\(error)")
        }
        if !isRead { throw ClosedPipe() }
    }

    static func note(_ text: String) {
        _ = try? StandardStreams.write(Array((text + "\n").utf8).rawSpan, to: .error)
    }
}

/// Rows of cells in columns as wide as their widest cell.
struct Table {
    enum Alignment { case left, right }

    private let alignments: [Alignment]
    private let indent: String
    private var rows: [[String]] = []

    init(_ alignments: [Alignment], indent: Int = 0) {
        self.alignments = alignments
        self.indent = String(repeating: " ", count: indent)
    }

    mutating func add(_ cells: String...) { rows.append(cells.map(\.printable)) }

    func print() throws {
        var widths = [Int](repeating: 0, count: alignments.count)
        for row in rows { for (at, cell) in row.enumerated() { widths[at] = max(widths[at], cell.count) } }
        for row in rows {
            let cells = row.enumerated().map { at, cell -> String in
                let gap = String(repeating: " ", count: widths[at] - cell.count)
                return alignments[at] == .right ? gap + cell : cell + gap
            }
            var line = indent + cells.joined(separator: "   ")
            while line.last == " " { line.removeLast() }
            try Output.line(line)
        }
    }
}
