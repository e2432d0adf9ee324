import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

/// Leaves out one sync at a time and looks for a promise that breaks.
@Suite(.enabled(if: CrashTests.areWanted)) struct `Every sync` {
    /// Workloads that between them make every kind of sync, each followed by what leans on it.
    static let workloads: [[Action]] = [
        [.put], [.flush], [.merge], [.put, .flush, .merge], [.openPointInTime, .flush],
        [.extendPointInTime], [.closePointInTime, .merge], [.streamBatch, .reset], [.flush, .update, .flush],
    ]

    struct Site: Hashable, Comparable, CustomStringConvertible {
        let action: String
        let kind: SyncKind
        let file: String
        var description: String { "\(action): \(kind) sync of \(file)" }
        static func < (left: Site, right: Site) -> Bool { left.description < right.description }
    }

    /// The kind of a file or directory, without its number.
    static func place(_ path: StorePath) -> String {
        let name = path.name
        if path == .root { return "the root" }
        guard let dash = name.firstIndex(of: "-") else {
            return name.utf8.count == 4 || path.parent.parent == "indices" ? "the shard's directory" : name
        }
        return String(name[..<dash])
    }

    @Test func `of a workload is missed when it is left out`() throws {
        let base = try Script.prepared()
        var caught: [Site: String] = [:]
        var missed: Set<Site> = []
        var tally = Workload.Tally()
        for actions in Self.workloads {
            let workload = Workload(actions: actions)
            var ordinal = 0
            while true {
                let seen = Locked((count: 0, site: Site?.none))
                let dropped = ordinal
                let label = workload.description
                var violation: Violation?
                do throws(any Error) {
                    try workload.run(
                        on: base, limit: 40, skips: false,
                        ignoring: { kind, path in
                            seen.withLock { seen in
                                defer { seen.count += 1 }
                                if seen.count != dropped { return false }
                                seen.site = Site(action: label, kind: kind, file: Self.place(path))
                                return true
                            }
                        }, &tally)
                } catch let found as Violation { violation = found }
                guard let site = seen.withLock({ $0.site }) else { break }
                if let violation {
                    caught[site] = violation.invariant
                } else {
                    missed.insert(site)
                }
                ordinal += 1
            }
        }
        for (site, invariant) in caught.sorted(by: { $0.key < $1.key }) {
            print("needed: \(site) (\(invariant))")
        }
        for site in missed.subtracting(caught.keys).sorted() { print("not shown to be needed: \(site)") }
        print("\(tally.states) states with a sync left out")
        #expect(caught.count >= 10)
    }
}
