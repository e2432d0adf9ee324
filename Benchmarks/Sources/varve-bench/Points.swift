import Foundation
import Varve

/// Snapshots and points in time.
struct Points {
    let store: Store
    let index: Index
    /// Microseconds of one append and fdatasync, in this run.
    let sync: Double

    func run(_ report: inout Report) async throws {
        let pins = try await Sample.of(1_000) { _ in
            for _ in 0..<100 {
                let snapshot = index.snapshot()
                _ = snapshot.sequenceNumbers.isEmpty
            }
        }
        report.add("snapshot taken and given back, median", pins.median * 1e6 / 100, "ns")
        let memory = try await Sample.timed(200) { round in
            try await index.put(json: #"{"carrier":"XX"}"#, id: "fresh-\(round)")
            let began = ContinuousClock.now
            let pit = try await store.openPointInTime(over: [index], keepAlive: .seconds(60), durable: false)
            let spent = (ContinuousClock.now - began).milliseconds
            try await pit.close()
            return spent
        }
        report.add("point in time over fresh documents, in memory, median", memory.median * 1_000, "us")
        let durable = try await Sample.timed(500) { _ in
            let began = ContinuousClock.now
            let pit = try await index.openPointInTime(keepAlive: .seconds(60))
            let spent = (ContinuousClock.now - began).milliseconds
            try await pit.close()
            return spent
        }
        report.add("point in time, durable, median", durable.median * 1_000, "us")
        report.add("  in fdatasyncs of this run", durable.median * 1_000 / sync, "x")
        try await many(&report)
    }

    /// 100,000 points in time, opened durably by 64 tasks.
    private func many(_ report: inout Report) async throws {
        let before = Process.residentMegabytes
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    for _ in 0..<(99_968 / 64) {
                        _ = try await index.openPointInTime(keepAlive: .seconds(3_600))
                    }
                }
            }
            try await group.waitForAll()
        }
        report.add(
            "99,968 points in time opened durably by 64 tasks", (ContinuousClock.now - start).seconds, "s")
        report.add("  resident for them", Process.residentMegabytes - before, "MB")
    }
}
