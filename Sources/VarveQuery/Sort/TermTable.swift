import VarveBytes

/// The terms of one sort key that a search came across, numbered in the order they came. Different numbers may
/// stand for the same term, if it came from two segments.
final class TermTable {
    private var terms = Terms()

    /// Appends a term and returns its number.
    func add(_ append: (inout ByteBuffer) throws -> Void) throws -> Int64 { try terms.add(append) }

    func withTerm<Answer>(_ number: Int64, _ body: (RawSpan) throws -> Answer) rethrows -> Answer {
        try terms.withTerm(number, body)
    }

    /// Negative, zero or positive as the terms compare bytewise.
    func compare(_ left: Int64, _ right: Int64) -> Int {
        left == right ? 0 : terms.compare(left, right)
    }
}

/// Terms one after the other.
private struct Terms: ~Copyable {
    private var bytes = ByteBuffer()
    private var ends: [Int] = [0]

    mutating func add(_ append: (inout ByteBuffer) throws -> Void) throws -> Int64 {
        try append(&bytes)
        ends.append(bytes.count)
        return Int64(ends.count - 2)
    }

    func withTerm<Answer>(_ number: Int64, _ body: (RawSpan) throws -> Answer) rethrows -> Answer {
        try body(self[number])
    }

    func compare(_ left: Int64, _ right: Int64) -> Int { self[left].compare(self[right]) }

    private subscript(number: Int64) -> RawSpan {
        @_lifetime(borrow self)
        get { bytes.bytes.slice(ends[Int(number)], ends[Int(number) + 1] - ends[Int(number)]) }
    }
}
