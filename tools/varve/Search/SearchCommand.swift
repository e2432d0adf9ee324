import ArgumentParser
import Varve
import VarveBytes
import VarveFiles

struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Print the documents that match all conditions, one a line.",
        discussion: """
            A condition is FIELD:VALUE: a word or a number. FIELD:* asks for any value; * and ? in a value stand \
            for any characters; FIELD:>=VALUE and the like compare; FIELD:A..B is a range with both ends; \
            !FIELD:VALUE excludes; _id:VALUE names a document.
            """)

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index; any name will do together with --pit.") var index: String
    @Argument(help: "Conditions.") var conditions: [String] = []
    @Option(help: "A field to sort by, FIELD or FIELD:desc; may be repeated.") var sort: [String] = []
    @Option(help: "How many documents at most.") var limit = 10
    @Option(help: "Search this point in time.") var pit: String?
    @Option(help: "Start behind this place: the sort values of a hit, as JSON.") var after: String?

    func validate() throws {
        if (0...10_000).contains(limit) { return }
        throw ValidationError("--limit takes 0 to 10000, not \(limit); the next page starts with --after")
    }

    func run() async throws {
        let request = SearchRequest(
            try Condition.query(conditions), sort: try sort.map(Self.sortKey), size: limit,
            after: try after.map(Self.cursor))
        try await arguments.withStore { store in
            let result =
                if let pit {
                    try await store.pointInTime(id: pit).search(request)
                } else {
                    try await Self.refreshed(store.index(index)).search(request)
                }
            for hit in result.hits { try Self.print(hit, json: arguments.json) }
            noteEnd(of: result)
        }
    }

    /// Opening the store has made everything visible; this says so whatever opening does.
    static func refreshed(_ index: Index) async throws -> Index {
        try await index.refresh()
        return index
    }

    private func noteEnd(of result: SearchResult) {
        if let total = result.total {
            let bound = total.relation == .atLeast ? "at least " : ""
            Output.note("\(result.hits.count) of \(bound)\(total.value) documents")
        }
        if result.hits.count == limit, let last = result.hits.last {
            Output.note("next page: --after '\(JSONLine.array(last.cursor))'".printable)
        }
    }

    private static func print(_ hit: SearchHit, json: Bool) throws {
        let source = hit.source?.copyBytes() ?? []
        guard json else {
            let text = String(decoding: source, as: UTF8.self).split { $0.isNewline }.joined(separator: " ")
            return try Output.line("\(hit.id.printable)\t\(text.printable)")
        }
        var line = JSONLine()
        line.add("_id", hit.id)
        line.add("_seq_no", hit.sequenceNumber.rawValue)
        line.add("_version", hit.version)
        line.add("sort", hit.cursor)
        line.addSource(source)
        try Output.line(line.text)
    }

    private static func sortKey(_ text: String) throws -> SortKey {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts.count, parts.last) {
        case (1, _): return .ascending(text)
        case (2, "asc"): return .ascending(String(parts[0]))
        case (2, "desc"): return .descending(String(parts[0]))
        default: throw CommandFailure.badInput("--sort takes FIELD, FIELD:asc or FIELD:desc, not \(text)")
        }
    }

    private static func cursor(_ text: String) throws -> [SortValue] {
        let bytes = Array(text.utf8)
        guard let json = try? JSONValue(parsing: bytes.rawSpan), case .array(let values) = json,
            !values.isEmpty
        else {
            throw CommandFailure.badInput("--after takes a JSON array of sort values, not \(text)")
        }
        return try values.map { value in
            switch value {
            case .integer(let number): return .integer(number)
            case .real(let number): return .double(number)
            case .string(let text): return .string(text)
            case .boolean(let value): return .boolean(value)
            case .null: return .missing
            case .array, .object:
                throw CommandFailure.badInput("--after takes plain values, not \(text)")
            }
        }
    }
}
