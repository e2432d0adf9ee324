import Testing

@testable import VarveQuery

@Suite struct `Counting different values` {
    private func count(_ values: some Sequence<UInt64>, threshold: Int) -> Int {
        var counter = DistinctCounter(threshold: threshold)
        var cells = 0
        for value in values { counter.add(DistinctCounter.mix(value), &cells) }
        return counter.count
    }

    @Test(arguments: [0, 1, 7, 100, 3_000]) func `is exact up to the threshold`(count: Int) {
        let values = (0..<UInt64(count)).map { $0 }
        #expect(self.count(values + values, threshold: 3_000) == count)
    }

    @Test(arguments: [3_001, 20_000, 300_000]) func `is within three per cent beyond it`(count: Int) {
        let found = self.count(0..<UInt64(count), threshold: 3_000)
        #expect(abs(Double(found - count)) < 0.03 * Double(count), "\(found) for \(count)")
    }
}
