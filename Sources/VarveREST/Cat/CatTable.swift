/// The table of a cat API: aligned text, or rows of JSON in which every value is a string.
struct CatTable {
    struct Column {
        let name: String
        let alias: String
        let description: String
        var isRight = false
        var isShown = true
    }

    let columns: [Column]
    var rows: [[String]] = []

    static let parameters = "v h s help bytes time local master_timeout cluster_manager_timeout"

    init(_ columns: [Column]) { self.columns = columns }

    func answer(_ call: Call) throws(RESTError) -> RESTResponse {
        if try call.parameters.boolean("help") { return .text(help) }
        let places = shown(call.parameters.list("h"))
        let rows = sorted(call.parameters.list("s"))
        let accepts = call.request.header("Accept") ?? ""
        let format =
            call.parameters.query["format"] ?? (accepts.contains("application/json") ? "json" : "text")
        if format == "json" { return json(rows, places) }
        guard format == "text" else {
            throw .illegalArgument("format [\(format)] is not supported, take [json] or [text]")
        }
        let titles = try call.parameters.boolean("v") ? [places.map { columns[$0].name }] : []
        return .text(text(titles + rows.map { row in places.map { row[$0] } }, places, titles.count))
    }

    private func shown(_ names: [String]?) -> [Int] {
        guard let names else { return columns.indices.filter { columns[$0].isShown } }
        return names.flatMap { name in
            columns.indices.filter {
                Wildcard.matches(columns[$0].name, name) || columns[$0].alias == name
            }
        }
    }

    private func sorted(_ keys: [String]?) -> [[String]] {
        guard let keys else { return rows }
        var sorted = rows
        for key in keys.reversed() {
            let parts = key.split(separator: ":")
            guard let name = parts.first,
                let at = columns.firstIndex(where: { $0.name == name || $0.alias == name })
            else { continue }
            let isDescending = parts.last == "desc"
            let order = sorted.enumerated().sorted { left, right in
                let (one, other) = (left.element[at], right.element[at])
                if one == other { return left.offset < right.offset }
                let isBelow =
                    if let number = Double(one), let limit = Double(other) { number < limit } else {
                        one < other
                    }
                return isBelow != isDescending
            }
            sorted = order.map(\.element)
        }
        return sorted
    }

    private func json(_ rows: [[String]], _ places: [Int]) -> RESTResponse {
        var json = JSONWriter(capacity: 1_024)
        json.beginArray()
        for row in rows {
            json.beginObject()
            for place in places { json.add(columns[place].name, row[place]) }
            json.endObject()
        }
        json.endArray()
        return .json(200, json)
    }

    private func text(_ lines: [[String]], _ places: [Int], _ titleCount: Int) -> String {
        let widths = places.indices.map { at in lines.map { $0[at].count }.max() ?? 0 }
        var text = ""
        for (number, line) in lines.enumerated() {
            for (at, value) in line.enumerated() {
                let padding = String(repeating: " ", count: widths[at] - value.count)
                let isRight = columns[places[at]].isRight && number >= titleCount
                if at > 0 { text += " " }
                text += isRight ? padding + value : at == line.count - 1 ? value : value + padding
            }
            text += "\n"
        }
        return text
    }

    private var help: String {
        let widths = [columns.map(\.name.count).max() ?? 0, columns.map(\.alias.count).max() ?? 0]
        return columns.map { column in
            let name = column.name + String(repeating: " ", count: widths[0] - column.name.count)
            let alias = column.alias + String(repeating: " ", count: widths[1] - column.alias.count)
            return "\(name) | \(alias) | \(column.description)\n"
        }.joined()
    }
}
