#if Kafka
import VarveBytes

/// By what a record is known again: its timestamp and a hash of key and payload.
///
/// Kept in the details of the pointer behind the record. A log that lost its end and was written on shows other
/// records at offsets that have been read; the offset alone cannot tell.
struct RecordMark: Hashable {
    /// The timestamp and the hash; both 0 for none.
    var words: (UInt64, UInt64) = (0, 0)

    /// Of no record.
    static let none = RecordMark()

    private init() {}

    /// - Parameter bytes: The key, then the payload.
    init(timestamp: Int64, bytes: RawSpan, keyBytes: Int) {
        // 0 would say that there is no mark.
        words = (UInt64(bitPattern: timestamp), max(1, XXH64.hash(bytes, seed: UInt64(keyBytes))))
    }

    init(_ words: (UInt64, UInt64)) { self.words = words }

    var isNone: Bool { words.1 == 0 }

    static func == (left: RecordMark, right: RecordMark) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) { hasher.combine(words.1) }
}
#endif
