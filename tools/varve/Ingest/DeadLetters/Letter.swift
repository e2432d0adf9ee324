import Varve
import VarveBytes
import VarveFiles

/// A message that was dropped.
struct Letter: Sendable {
    var id: String
    var shard: Int
    var partition: UInt32
    /// In the words of the stream, such as `line 7`.
    var place: String
    var stage: String
    var type: String
    var reason: String
    var attempts: Int
    /// Milliseconds since 1970; of the message nil if the stream does not say.
    var keptAt: Int
    var messageTime: Int?
    var key: [UInt8]?
    /// Nil if it is a tombstone.
    var payload: [UInt8]?
    /// It was too long and is not all there.
    var isCut: Bool

    var words: String {
        [id, "shard \(shard), partition \(partition), \(place)", "\(type): \(reason)"].map(\.printable)
            .joined(separator: "\t")
    }

    var json: String {
        var line = JSONLine()
        line.add("id", id)
        line.add("shard", shard)
        line.add("partition", Int(partition))
        line.add("place", place)
        line.add("stage", stage)
        line.add("type", type)
        line.add("reason", reason)
        line.add("attempts", attempts)
        line.add("time", keptAt)
        if let messageTime { line.add("message_time", messageTime) }
        if let key { line.add("key", bytes: key) }
        if let payload { line.add("payload", bytes: payload) } else { line.add("is_tombstone", true) }
        if isCut { line.add("is_cut", true) }
        return line.text
    }
}

extension JSONLine {
    /// Text as it is, anything else in base64 under another name.
    fileprivate mutating func add(_ name: String, bytes: [UInt8]) {
        if let text = String(validating: bytes, as: UTF8.self) {
            add(name, text)
        } else {
            add(name + "_base64", Base64URL.encode(bytes))
        }
    }
}

/// Some of the dropped messages that are kept, by shard and then oldest first.
struct LetterPage: Sendable {
    var letters: [Letter]
    var total: Int
    /// Messages that had to make room for others, or were too old.
    var evicted: Int
    /// Behind which the next page begins; nil if there is none.
    var next: String?
}

/// What came of trying dropped messages again.
struct LetterOutcome: Sendable {
    var settled: Int
    var failed: [(id: String, reason: String)]
}
