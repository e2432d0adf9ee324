import VarveBytes
import VarveManifest

/// Which adjacent segments to merge: size-tiered, so that every document is rewritten about once a tier.
///
/// Only neighbours are merged: segments stay disjoint in birth order, so that the first hit of an id is its newest
/// version. A pure function of the manifest, the options and the dead rows.
struct MergePolicy {
    let fanIn: Int
    let floorBytes: Int
    let segmentBytesMax: Int
    /// Share of dead rows from which a segment is rewritten even alone, in percent.
    static let deadShareMax = 20
    /// Segments that one merge takes at most.
    static let inputsMax = 32

    init(_ options: StoreOptions) {
        fanIn = max(2, options.mergeFanIn)
        floorBytes = max(1, options.mergeFloorBytes)
        segmentBytesMax = options.segmentBytesMax
    }

    struct Candidate {
        var byteCount: Int
        var rows: Int
        /// Rows that no readable S needs any more.
        var droppable: Int
    }

    /// The run to merge, or nil if all is well.
    func choose(_ segments: [Candidate]) -> Range<Int>? {
        let tiers = segments.map { tier($0.byteCount) }
        for level in Set(tiers).sorted() {
            var start: Int?
            for at in 0...segments.count {
                if at < segments.count && tiers[at] <= level {
                    if start == nil { start = at }
                    continue
                }
                if let first = start, at - first >= fanIn, let run = fit(segments, first..<at) { return run }
                start = nil
            }
        }
        let dying = segments.indices.first {
            segments[$0].droppable * 100 > segments[$0].rows * Self.deadShareMax
        }
        return dying.map { $0..<($0 + 1) }
    }

    /// The longest part of a run, from its newest end, that stays within the bounds of one merge.
    private func fit(_ segments: [Candidate], _ run: Range<Int>) -> Range<Int>? {
        var start = run.upperBound
        var bytes = 0
        while start > run.lowerBound && run.upperBound - start < Self.inputsMax {
            bytes += segments[start - 1].byteCount
            if bytes > segmentBytesMax { break }
            start -= 1
        }
        return run.upperBound - start >= fanIn ? start..<run.upperBound : nil
    }

    private func tier(_ byteCount: Int) -> Int {
        var tier = 0
        var bound = floorBytes
        while byteCount > bound && tier < 40 {
            bound = bound.multipliedReportingOverflow(by: fanIn).overflow ? .max : bound * fanIn
            tier += 1
        }
        return tier
    }
}
