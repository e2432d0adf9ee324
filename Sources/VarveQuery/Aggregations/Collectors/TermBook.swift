import VarveBytes
import VarveSegment

/// Numbers the terms of all segments: equal terms have one number, in the order in which they were first met.
final class TermBook {
    private var terms = NumberedTerms()

    func number(of term: RawSpan) -> Int32 { terms.number(of: term) }

    func text(_ number: Int64) -> String { terms.text(number) }

    /// Negative, zero or positive as the terms compare bytewise.
    func compare(_ left: Int64, _ right: Int64) -> Int { left == right ? 0 : terms.compare(left, right) }
}

/// Terms one after the other, and a table of them.
private struct NumberedTerms: ~Copyable {
    private var bytes = ByteBuffer()
    private var ends: [Int] = [0]
    /// Number plus one, or 0 for a free slot; at most half of them used.
    private var slots = [Int32](repeating: 0, count: 64)

    private var count: Int { ends.count - 1 }

    private subscript(number: Int) -> RawSpan {
        @_lifetime(borrow self)
        get { bytes.bytes.slice(ends[number], ends[number + 1] - ends[number]) }
    }

    func text(_ number: Int64) -> String { String(validating: self[Int(number)]) ?? "" }

    func compare(_ left: Int64, _ right: Int64) -> Int { self[Int(left)].compare(self[Int(right)]) }

    mutating func number(of term: RawSpan) -> Int32 {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: XXH64.hash(term)) & mask
        while slots[slot] != 0 {
            if self[Int(slots[slot] - 1)].equals(term) { return slots[slot] - 1 }
            slot = (slot + 1) & mask
        }
        bytes.append(term)
        ends.append(bytes.count)
        slots[slot] = Int32(count)
        if count * 2 > slots.count { grow() }
        return Int32(count - 1)
    }

    private mutating func grow() {
        var larger = [Int32](repeating: 0, count: slots.count * 2)
        let mask = larger.count - 1
        for number in 0..<count {
            var slot = Int(truncatingIfNeeded: XXH64.hash(self[number])) & mask
            while larger[slot] != 0 { slot = (slot + 1) & mask }
            larger[slot] = Int32(number + 1)
        }
        slots = larger
    }
}

/// One segment's ordinals as numbers of a book, looked up when first met.
struct BookedOrdinals {
    /// Number plus one by ordinal; 0 while it was not met.
    private var numbers: [Int32]
    private let field: Int

    init(_ view: any SegmentView, field: Int) {
        self.field = field
        numbers = [Int32](repeating: 0, count: view.fields[field].termCount)
    }

    /// Replaces ordinals by numbers. What is below zero stands for the value that is given for none.
    mutating func book(
        _ batch: inout ValueBatch, _ book: TermBook, missing: Int64, _ view: any SegmentView
    ) throws {
        for i in batch.values.indices {
            let ordinal = Int(batch.values[i])
            if ordinal < 0 {
                batch.values[i] = missing
                continue
            }
            if numbers[ordinal] == 0 {
                try view.forEachTerm(near: ordinal, field: field) { neighbour, term in
                    numbers[neighbour] = book.number(of: term) + 1
                }
            }
            batch.values[i] = Int64(numbers[ordinal] - 1)
        }
    }
}

extension SegmentView {
    /// Calls `body` with a term and those around it: terms lie in blocks, and a block's are read as quickly as one.
    func forEachTerm(near ordinal: Int, field: Int, _ body: (Int, RawSpan) -> Void) throws {
        let chunk = 64
        let first = ordinal / chunk * chunk
        var terms = SortedTerms()
        try readTerms(first..<min(first + chunk, fields[field].termCount), field: field, into: &terms)
        for place in 0..<terms.count {
            let (start, end) = (Int(terms.offsets[place]), Int(terms.offsets[place + 1]))
            body(first + place, terms.bytes.bytes.slice(start, end - start))
        }
    }
}
