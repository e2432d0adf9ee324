/// Rows under a head, each column as wide as its widest cell: numbers to the right, words to the left.
struct TextTable {
    struct Column {
        let name: String
        var isNumber = true
    }

    let columns: [Column]
    var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    var lines: [String] {
        let all = [columns.map(\.name)] + rows
        let widths = columns.indices.map { at in all.map { $0[at].count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (at, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[at] - cell.count)
                line += (at == 0 ? "" : "  ") + (columns[at].isNumber ? blanks + cell : cell + blanks)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
