#if Kinesis
import VarveIngest

/// A place in a shard, as the service can be asked for it.
///
/// A shard may have no record yet, and has no number for its end. So besides record numbers there are the oldest
/// record, whichever it is, and a moment: both order before every number.
enum ShardPlace: Hashable, Sendable {
    case horizon
    case time(milliseconds: Int64)
    case at(SequenceNumber)
    case after(SequenceNumber)

    /// The number above a record's own stands for the place behind it; the next record's is that or a higher one.
    /// What kind of place it is goes into the details.
    var pointer: StreamPointer {
        var pointer: StreamPointer
        switch self {
        case .horizon:
            pointer = StreamPointer(0)
            pointer.details = (Kind.horizon, 0)
        case .time(let milliseconds):
            pointer = StreamPointer(0)
            pointer.details = (Kind.time, UInt64(bitPattern: milliseconds))
        case .at(let number):
            pointer = Self.pointer(number.words)
            pointer.details = (Kind.at, 0)
        case .after(let number):
            var (high, middle, low) = number.words
            low &+= 1
            if low == 0 { middle &+= 1 }
            if low == 0 && middle == 0 { high &+= 1 }
            pointer = Self.pointer((high, middle, low))
            pointer.details = (Kind.after, 0)
        }
        return pointer
    }

    init(_ pointer: StreamPointer) {
        var (high, middle, low) = (pointer.high, pointer.middle, pointer.low)
        switch pointer.details.0 {
        case Kind.time: self = .time(milliseconds: Int64(bitPattern: pointer.details.1))
        case Kind.after:
            if low == 0 && middle == 0 { high &-= 1 }
            if low == 0 { middle &-= 1 }
            low &-= 1
            self = .after(SequenceNumber(high: high, middle: middle, low: low))
        case Kind.at: self = .at(SequenceNumber(high: high, middle: middle, low: low))
        default:
            self =
                high == 0 && middle == 0 && low == 0
                ? .horizon : .at(SequenceNumber(high: high, middle: middle, low: low))
        }
    }

    private enum Kind {
        static let horizon: UInt64 = 0
        static let time: UInt64 = 1
        static let at: UInt64 = 2
        static let after: UInt64 = 3
    }

    private static func pointer(_ words: (high: UInt64, middle: UInt64, low: UInt64)) -> StreamPointer {
        StreamPointer(high: words.high, middle: words.middle, low: words.low)
    }

    // MARK: As text

    /// `4959…`, `after 4959…`, `horizon` or `time 1368779400000`.
    var text: String {
        switch self {
        case .horizon: "horizon"
        case .time(let milliseconds): "time \(milliseconds)"
        case .at(let number): number.text
        case .after(let number): "after \(number.text)"
        }
    }

    init?(_ text: String) {
        if text == "horizon" {
            self = .horizon
        } else if text.hasPrefix("time "), let milliseconds = Int64(text.dropFirst(5)) {
            self = .time(milliseconds: milliseconds)
        } else if text.hasPrefix("after "), let number = SequenceNumber(String(text.dropFirst(6))) {
            self = .after(number)
        } else if let number = SequenceNumber(text) {
            self = .at(number)
        } else {
            return nil
        }
    }
}
#endif
