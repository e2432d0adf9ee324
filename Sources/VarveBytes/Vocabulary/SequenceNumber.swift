/// The place of one operation in its shard, from 0; *S* in formulas. A snapshot is one sequence number: it sees
/// a version iff `birth <= S < death`.
public struct SequenceNumber: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// The death of a version that lives; also the end of the validity of a current segment.
    package static let infinity = SequenceNumber(UInt64.max)

    package var next: SequenceNumber { SequenceNumber(rawValue + 1) }

    public static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
        left.rawValue < right.rawValue
    }

    public var description: String { rawValue == .max ? "infinity" : String(rawValue) }
}
