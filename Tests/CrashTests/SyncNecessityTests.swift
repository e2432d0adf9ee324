import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

/// Leaves out one kind of sync at a time and looks for a promise that breaks.
@Suite struct `Every sync` {
    /// Workloads that between them make every kind of sync, each followed by what leans on it.
    static let courses: [Workload] = [
        Workload(actions: [.put]), Workload(actions: [.flush]),
        Workload(actions: [.openPointInTime, .flush]),
        Workload(actions: [.closePointInTime, .merge]), Workload(actions: [.streamBatch, .reset]),
        Workload(actions: [.flush, .update, .flush]),
        Workload(actions: [.put, .openPointInTime, .flush], isFromBirth: true),
    ]

    /// The call that a line of code makes: on which kind of file or directory, and how.
    struct Call: Hashable, Comparable, CustomStringConvertible {
        let kind: SyncKind
        let place: String

        init(_ kind: SyncKind, _ path: StorePath) {
            self.kind = kind
            place = Self.place(path)
        }

        var description: String { "\(kind) sync of \(place)" }
        static func < (left: Call, right: Call) -> Bool { left.description < right.description }

        /// The kind of a file or directory, without its number.
        private static func place(_ path: StorePath) -> String {
            if path == .root { return "the root" }
            if path.parent == StoreLayout.indices { return "an index's directory" }
            if path.parent.parent == StoreLayout.indices { return "a shard's directory" }
            let name = path.name
            return name.firstIndex { "-.".contains($0) }.map { String(name[..<$0]) } ?? name
        }
    }

    @Test func `is missed when it is left out`() throws {
        let base = try Script.prepared()
        var tally = Workload.Tally()
        var caught: [Call: String] = [:]
        var calls: Set<Call> = []
        for course in Self.courses {
            for call in try Self.calls(of: course, on: base).sorted() {
                calls.insert(call)
                if caught[call] != nil { continue }
                do throws(any Error) {
                    try course.run(
                        on: base, limit: 12, skips: false, ignoring: { Call($0, $1) == call }, &tally)
                } catch let violation as Violation { caught[call] = "\(violation)" }
            }
        }
        for (call, text) in caught.sorted(by: { $0.key < $1.key }) {
            print("needed: \(call): \(text.prefix(120))")
        }
        print("\(caught.count) kinds of sync, \(tally.states) states with one left out")
        #expect(caught.count >= 10)
        #expect(calls.subtracting(caught.keys).sorted() == [])
    }

    /// The kinds of sync that a workload makes.
    private static func calls(of course: Workload, on base: Script.Prepared) throws -> Set<Call> {
        let seen = Locked(Set<Call>())
        var tally = Workload.Tally()
        try course.run(
            on: base, limit: 0, skips: false,
            ignoring: { kind, path in
                seen.withLock { _ = $0.insert(Call(kind, path)) }
                return false
            }, &tally)
        return seen.withLock { $0 }
    }
}
