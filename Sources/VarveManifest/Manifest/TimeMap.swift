package import VarveBytes

/// Which sequence number was the last at which time: at most 4,096 samples, dense for the recent past and ever
/// sparser behind it.
///
/// When it is full, every second sample of its older half goes. So the newest two thousand samples are kept as
/// they came, and older ones thin out with age. Both columns ascend: numbers strictly, times with ties never,
/// whatever the wall clock does.
package struct TimeMap: Equatable, Sendable {
    package static let samplesMax = 4096

    /// Sequence numbers and milliseconds since 1970, sample by sample.
    package private(set) var numbers: [UInt64] = []
    package private(set) var times: [Int64] = []

    package init() {}

    package var count: Int { numbers.count }

    /// Notes that `number` is the last one at this time. A number or a time that does not advance changes
    /// nothing but the last sample's number.
    package mutating func record(_ number: SequenceNumber, at milliseconds: Int64) {
        guard number != .infinity else { return }
        if let last = numbers.last, let time = times.last {
            guard number.rawValue > last else { return }
            guard milliseconds > time else {
                numbers[numbers.count - 1] = number.rawValue
                return
            }
        }
        if numbers.count == Self.samplesMax { thin() }
        numbers.append(number.rawValue)
        times.append(milliseconds)
    }

    /// The last sample's number at or before this time; nil if the map does not reach back so far.
    package func sequenceNumber(at milliseconds: Int64) -> SequenceNumber? {
        let at = times.partitioningIndex { $0 > milliseconds }
        return at == 0 ? nil : SequenceNumber(numbers[at - 1])
    }

    /// The first sample's time at or after this number; nil if it is newer than every sample.
    package func milliseconds(of number: SequenceNumber) -> Int64? {
        let at = numbers.partitioningIndex { $0 >= number.rawValue }
        return at == numbers.count ? nil : times[at]
    }

    /// Adds a sample that a file holds; false for the number that no operation has.
    mutating func append(number: UInt64, time: Int64) -> Bool {
        guard number != SequenceNumber.infinity.rawValue else { return false }
        numbers.append(number)
        times.append(time)
        return true
    }

    private mutating func thin() {
        let half = numbers.count / 2
        var kept = 0
        for at in 0..<numbers.count where at >= half || at % 2 == 0 {
            numbers[kept] = numbers[at]
            times[kept] = times[at]
            kept += 1
        }
        numbers.removeLast(numbers.count - kept)
        times.removeLast(times.count - kept)
    }
}

extension Array {
    /// The first index whose element meets `belongsAfter`, in an array where those that do stand behind those
    /// that do not.
    func partitioningIndex(where belongsAfter: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongsAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
