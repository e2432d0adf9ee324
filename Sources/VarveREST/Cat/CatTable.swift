/// The table of a cat API: aligned text, or rows of JSON in which every value is a string.
struct CatTable {
    struct Column {
        let name: String
        /// Other names, with commas between them.
        let alias: String
        let description: String
        var isRight = false
        var isShown = true

        init(
            _ name: String, _ alias: String, _ description: String, isRight: Bool = false,
            isShown: Bool = true
        ) {
            self.name = name
            self.alias = alias
            self.description = description
            self.isRight = isRight
            self.isShown = isShown
        }

        func isCalled(_ text: String) -> Bool {
            name == text || alias.split(separator: ",").contains { $0 == text }
        }
    }

    let columns: [Column]
    var rows: [[CatCell]] = []

    static let parameters = "v h s help bytes time local timeout master_timeout cluster_manager_timeout"

    init(_ columns: [Column]) { self.columns = columns }

    func answer(_ call: Call) throws(RESTError) -> RESTResponse {
        if try call.parameters.boolean("help") { return .text(help) }
        let places = shown(call.parameters.list("h"))
        let rows = try sorted(call.parameters.list("s"))
        let units = try CatUnits(call.parameters)
        let accepts = call.request.header("Accept") ?? ""
        let format =
            call.parameters.query["format"] ?? (accepts.contains("application/json") ? "json" : "text")
        if format == "json" { return json(rows, places, units) }
        guard format == "text" else {
            throw .illegalArgument("format [\(format)] is not supported, take [json] or [text]")
        }
        let titles = try call.parameters.boolean("v") ? [places.map { columns[$0].name }] : []
        let lines = rows.map { row in places.map { row[$0].text(units) ?? "" } }
        return .text(text(titles + lines, places, titles.count))
    }

    private func shown(_ names: [String]?) -> [Int] {
        guard let names else { return columns.indices.filter { columns[$0].isShown } }
        return names.flatMap { name in
            columns.indices.filter {
                columns[$0].isCalled(name) || name.contains("*") && Wildcard.matches(columns[$0].name, name)
            }
        }
    }

    private func sorted(_ keys: [String]?) throws(RESTError) -> [[CatCell]] {
        var sorted = rows
        for key in (keys ?? []).reversed() {
            let parts = key.split(separator: ":").map(String.init)
            let name = parts.first ?? ""
            guard let at = columns.firstIndex(where: { $0.isCalled(name) }) else {
                throw .illegalArgument("Unable to sort by unknown sort key `\(name)`")
            }
            let isDescending = parts.count > 1 && parts.last == "desc"
            sorted = sorted.enumerated().sorted { left, right in
                let (one, other) = (left.element[at], right.element[at])
                if one == other { return left.offset < right.offset }
                return one.isBelow(other) != isDescending
            }.map(\.element)
        }
        return sorted
    }

    private func json(_ rows: [[CatCell]], _ places: [Int], _ units: CatUnits) -> RESTResponse {
        var json = JSONWriter(capacity: 1_024)
        json.beginArray()
        for row in rows {
            json.beginObject()
            for place in places {
                if let text = row[place].text(units) {
                    json.add(columns[place].name, text)
                } else {
                    json.addNull(columns[place].name)
                }
            }
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
