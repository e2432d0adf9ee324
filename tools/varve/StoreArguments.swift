import ArgumentParser
import Varve
import VarveFiles

/// Which store, and how its answers are printed; what all commands on a store take.
struct StoreArguments: ParsableArguments {
    @Option(name: .long, help: "The store's directory; without it VARVE_STORE counts.")
    var store: String?

    @Flag(name: .long, help: "Print one JSON object a line.")
    var json = false

    private func path() throws -> String { try Self.path(store) }

    /// The directory that was named, or that the environment names.
    static func path(_ store: String?) throws -> String {
        if let store { return store }
        if let named = ProcessEnvironment.value(of: "VARVE_STORE"), !named.isEmpty { return named }
        throw CommandFailure.badInput("no store is named: give --store DIR or set VARVE_STORE")
    }

    /// Opens the store, runs `body` and closes it again, also after a failure.
    func withStore<Answer>(
        _ options: StoreOptions = StoreOptions(), _ body: (Store) async throws -> Answer
    ) async throws -> Answer {
        let path = try path()
        let store = try await Store.open(at: path, options: options, createIfMissing: false)
        let answer: Answer
        do { answer = try await body(store) } catch {
            try? await store.close()
            throw error
        }
        try await store.close()
        return answer
    }

    /// The same with one of its indices.
    func withIndex<Answer>(
        _ name: String, _ body: (Index) async throws -> Answer
    ) async throws -> Answer {
        try await withStore { store in try await body(store.index(name)) }
    }
}
