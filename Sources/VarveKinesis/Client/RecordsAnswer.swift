#if Kinesis
import VarveDocument
import VarveIngest

/// Records of one shard, as one answer has them.
struct RecordsAnswer {
    var messages: [Message] = []
    /// Where the shard goes on; nil once a closed shard was read to its end.
    var next: String?
    /// How far behind the end of the shard this answer is, in milliseconds.
    var millisBehind: Int64

    /// Nil if a part of it is not as the service promises.
    init?(_ value: JSONValue) {
        next = value["NextShardIterator"]?.text
        millisBehind = value["MillisBehindLatest"]?.number.flatMap { Int64(exactly: $0.rounded()) } ?? 0
        let records = value["Records"]?.elements ?? []
        var bytes: [UInt8] = []
        var places: [(number: SequenceNumber, payload: Range<Int>, key: Range<Int>, time: Int64)] = []
        for record in records {
            guard let number = record["SequenceNumber"]?.text.flatMap({ SequenceNumber($0) }),
                let data = record["Data"]?.text
            else { return nil }
            let start = bytes.count
            guard Base64.decode(data, into: &bytes) else { return nil }
            let end = bytes.count
            bytes += Array((record["PartitionKey"]?.text ?? "").utf8)
            let seconds = record["ApproximateArrivalTimestamp"]?.number ?? 0
            let time = Int64(exactly: (seconds * 1_000).rounded()) ?? 0
            places.append((number, start..<end, end..<bytes.count, time))
        }
        messages = places.map { place in
            Message(
                pointer: ShardPlace.at(place.number).pointer, next: ShardPlace.after(place.number).pointer,
                payload: bytes[place.payload], timestamp: place.time, key: bytes[place.key])
        }
    }
}

/// RFC 4648, section 4.
enum Base64 {
    /// Appends what the text means; false if it is not base64.
    static func decode(_ text: String, into bytes: inout [UInt8]) -> Bool {
        var (bits, count, padding) = (UInt32(0), 0, 0)
        for character in text.utf8 {
            if character == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            let digit = digits[Int(character)]
            guard digit < 64, padding == 0 else { return false }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return padding <= 2 && text.utf8.count % 4 == 0
    }

    private static let digits: [UInt8] = {
        var digits = [UInt8](repeating: 255, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (at, character) in alphabet.utf8.enumerated() { digits[Int(character)] = UInt8(at) }
        return digits
    }()
}
#endif
