import VarveBytes
import VarveDocument

/// What of an ingestion outlives a restart beside its settings: whether it was paused, which partitions have paused by
/// themselves, and which there were at first. Kept as JSON in a setting of the index.
package struct IngestionRecord: Hashable, Sendable {
    package var isPaused = false
    package var stopped: [PollerKey: IngestionFailure] = [:]
    /// The partitions that begin where the settings say; those that appear later have nothing that may be left out.
    /// Nil before the stream was reached.
    package var first: Set<UInt32>?

    package init() {}

    package var isEmpty: Bool { !isPaused && stopped.isEmpty && first == nil }

    package var json: String {
        let stopped = self.stopped.sorted { $0.key < $1.key }.map { key, failure in
            var members: [(String, JSONValue)] = [
                ("shard", .integer(Int64(key.shard))), ("partition", .integer(Int64(key.partition))),
                ("reason", .string(failure.reason)), ("since", .integer(failure.since)),
                ("attempts", .integer(Int64(failure.attempts))),
            ]
            if let message = failure.message {
                members += [
                    ("pointer", .string(message.pointer.hex)), ("place", .string(message.place)),
                    ("stage", .string(message.stage.rawValue)), ("type", .string(message.type)),
                    ("cause", .string(message.reason)),
                ]
            }
            return JSONValue.object(members.map { JSONValue.Member($0.0, $0.1) })
        }
        var members = [
            JSONValue.Member("paused", .boolean(isPaused)), JSONValue.Member("stopped", .array(stopped)),
        ]
        if let first {
            members.append(JSONValue.Member("first", .array(first.sorted().map { .integer(Int64($0)) })))
        }
        return JSONValue.object(members).ingestionText
    }

    /// What cannot be read is left out: it would be found again.
    package init(json: String) {
        guard let value = JSONValue(ingestionText: json) else { return }
        isPaused = value["paused"] == .boolean(true)
        first = (value["first"]?.elements).map {
            Set($0.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) })
        }
        for entry in value["stopped"]?.elements ?? [] {
            guard let shard = entry["shard"]?.integer, let partition = entry["partition"]?.integer,
                let number = UInt32(exactly: partition), let reason = entry["reason"]?.text
            else { continue }
            var failure = IngestionFailure(
                reason: reason, since: entry["since"]?.integer ?? 0,
                attempts: Int(entry["attempts"]?.integer ?? 1), isPermanent: true)
            if let hex = entry["pointer"]?.text, let pointer = StreamPointer(hex: hex) {
                failure.message = MessageFailure(
                    pointer: pointer, place: entry["place"]?.text ?? "",
                    stage: entry["stage"]?.text.flatMap { .init(rawValue: $0) } ?? .mapping,
                    type: entry["type"]?.text ?? "", reason: entry["cause"]?.text ?? reason)
            }
            stopped[PollerKey(shard: Int(shard), partition: number)] = failure
        }
    }
}

extension StreamPointer {
    /// All of it, details included.
    var hex: String {
        high.hex16 + middle.hex16 + low.hex16 + details.0.hex16 + details.1.hex16
    }

    init?(hex: String) {
        guard hex.utf8.count == 80 else { return nil }
        var words: [UInt64] = []
        var rest = hex[...]
        while !rest.isEmpty {
            guard let word = UInt64(rest.prefix(16), radix: 16) else { return nil }
            words.append(word)
            rest = rest.dropFirst(16)
        }
        self.init(high: words[0], middle: words[1], low: words[2])
        details = (words[3], words[4])
    }
}

/// The few things that records of ingestion want of JSON.
extension JSONValue {
    init?(ingestionText text: String) {
        let bytes = Array(text.utf8)
        guard let value = try? JSONValue(parsing: bytes.rawSpan) else { return nil }
        self = value
    }

    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }
    var members: [Member] { if case .object(let members) = self { members } else { [] } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
    var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .real(let number): number
        default: nil
        }
    }
    var text: String? { if case .string(let text) = self { text } else { nil } }

    var ingestionText: String {
        var buffer = ByteBuffer(capacity: 256)
        append(to: &buffer)
        return String(validating: buffer.bytes) ?? ""
    }

    private func append(to buffer: inout ByteBuffer) {
        switch self {
        case .null: buffer.append(utf8: "null")
        case .boolean(let value): buffer.append(utf8: value ? "true" : "false")
        case .integer(let number): buffer.appendDecimal(number)
        case .real(let number): buffer.append(utf8: "\(number)")
        case .string(let text): JSONText.appendQuoted(text, to: &buffer)
        case .array(let elements):
            buffer.append(UInt8(0x5B))
            for (at, element) in elements.enumerated() {
                if at > 0 { buffer.append(UInt8(0x2C)) }
                element.append(to: &buffer)
            }
            buffer.append(UInt8(0x5D))
        case .object(let members):
            buffer.append(UInt8(0x7B))
            for (at, member) in members.enumerated() {
                if at > 0 { buffer.append(UInt8(0x2C)) }
                JSONText.appendQuoted(member.key, to: &buffer)
                buffer.append(UInt8(0x3A))
                member.value.append(to: &buffer)
            }
            buffer.append(UInt8(0x7D))
        }
    }
}
