package import VarveBytes

/// The sequence numbers of one shard that points in time keep readable, each with how many hold it.
///
/// Kept sorted: a new pin is nearly always the newest, so inserting is an append. A number whose last pin goes
/// stays as an empty place until half the places are empty; so giving back is a binary search, also when a
/// hundred thousand pins go one by one. A retired segment may go exactly when no pin lies in its validity.
package struct PinSet: Sendable {
    private var numbers: [SequenceNumber] = []
    private var counts: [Int] = []
    private var emptyPlaces = 0

    package init() {}

    package var isEmpty: Bool { numbers.count == emptyPlaces }

    /// Pinned sequence numbers, ascending, each once.
    package var pinned: [SequenceNumber] { numbers.indices.filter { counts[$0] > 0 }.map { numbers[$0] } }

    mutating func insert(_ number: SequenceNumber) {
        let at = firstIndex(notBelow: number)
        if at < numbers.count && numbers[at] == number {
            if counts[at] == 0 { emptyPlaces -= 1 }
            counts[at] += 1
        } else {
            numbers.insert(number, at: at)
            counts.insert(1, at: at)
        }
    }

    /// Gives one pin back; true if it was the last at this number.
    mutating func remove(_ number: SequenceNumber) -> Bool {
        let at = firstIndex(notBelow: number)
        precondition(
            at < numbers.count && numbers[at] == number && counts[at] > 0, "unpinning what is not pinned")
        counts[at] -= 1
        if counts[at] > 0 { return false }
        emptyPlaces += 1
        if emptyPlaces * 2 > numbers.count {
            numbers = pinned
            counts.removeAll { $0 == 0 }
            emptyPlaces = 0
        }
        return true
    }

    /// Whether a pin lies in `[from, to)`.
    func holds(from: SequenceNumber, to: SequenceNumber) -> Bool { lowest(from: from, to: to) != nil }

    /// The lowest pin in `[from, to)`.
    func lowest(from: SequenceNumber, to: SequenceNumber) -> SequenceNumber? {
        var at = firstIndex(notBelow: from)
        while at < numbers.count && numbers[at] < to {
            if counts[at] > 0 { return numbers[at] }
            at += 1
        }
        return nil
    }

    private func firstIndex(notBelow number: SequenceNumber) -> Int {
        if let last = numbers.last, last < number { return numbers.count }
        var low = 0
        var high = numbers.count
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
