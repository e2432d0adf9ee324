import Varve

struct Reading: Codable {
    var station: String
    var celsius: Double
    var taken: String
}

/// The tour of the README: write, search, freeze a point in time, page through it.
func readings(at directory: String) async throws {
    // One directory, one writer. Closing is explicit, and a crash is a legal way to close.
    let store = try await Store.open(at: directory, options: .init(durability: .request))
    let readings = try await store.createIndex(
        "readings", mapping: ["station": .keyword, "note": .text, "celsius": .double, "taken": .date])

    // Durable when it returns. The receipt says what happened and where in history it stands.
    let first = Reading(station: "oslo", celsius: -3.5, taken: "2026-01-01T10:00:00Z")
    let receipt = try await readings.put(first, id: "r-1")
    var corrected = first
    corrected.celsius = -4.5
    try await readings.put(corrected, id: "r-1", if: .unchanged(since: receipt.sequenceNumber))
    try await readings.write { batch in
        for hour in 11..<20 {
            let reading = Reading(
                station: "bergen", celsius: Double(hour), taken: "2026-01-01T\(hour):00:00Z")
            try batch.put(reading, id: "r-\(hour)")
        }
        try batch.delete("r-19")
    }

    // `get` sees every acknowledged write; `search` sees the last refresh.
    if let known = try await readings.get("r-1", as: Reading.self) { print("r-1 is now", known.celsius) }
    try await readings.refresh()
    let cold: Query = .term("station", "oslo") && .range("celsius", ..<0)
    let found = try await readings.search(cold, sortedBy: .ascending("taken"), limit: 20)
    for hit in found.hits { print(hit.id, try hit.document(as: Reading.self).celsius) }

    // A snapshot is held by ownership; a point in time by name: it outlives this process, crash or not.
    let total = try await readings.withSnapshot { snapshot in try await snapshot.count() }
    let pit = try await readings.openPointInTime(keepAlive: .seconds(60))
    try await readings.delete("r-11")
    var page = try await pit.search(sortedBy: .ascending("taken"), limit: 4)
    var seen = 0
    while let last = page.hits.last {
        seen += page.hits.count
        page = try await pit.search(sortedBy: .ascending("taken"), limit: 4, after: last)
    }
    print("the point in time still has", seen, "of", total)
    try await pit.close()
    try await store.close()
}
