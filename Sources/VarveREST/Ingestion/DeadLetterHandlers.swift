import Varve
import VarveBytes
import VarveDocument
import VarveIngest

/// `/{index}/ingestion/_dead_letters`: the messages that were dropped, an addition to OpenSearch.
enum DeadLetterHandlers {
    static let listParameters = "size after"
    private static let sizeMax = 1_000

    static func list(_ call: Call) async throws(RESTError) -> RESTResponse {
        let index = try IngestionTargets.one(call)
        try IndexBlock.check(index, .read)
        let size = try call.parameters.integer("size") ?? 100
        guard (1...sizeMax).contains(size) else {
            throw .illegalArgument("[size] is 1 to \(sizeMax), not [\(size)]")
        }
        let found: DroppedMessages
        do { found = try index.droppedMessages(after: call.parameters.query["after"], limit: size) } catch {
            throw RESTError(error)
        }
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.add("total", found.total)
        json.add("size_in_bytes", found.byteCount)
        json.add("evicted", found.evicted)
        json.key("dead_letters")
        json.beginArray()
        for message in found.messages {
            json.beginObject()
            write(message, index, to: &json)
            json.endObject()
        }
        json.endArray()
        if let next = found.next { json.add("after", next) }
        json.endObject()
        return .json(200, json)
    }

    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let index = try IngestionTargets.one(call)
        try IndexBlock.check(index, .read)
        let id = call.segment("letter")
        let message: DroppedMessage?
        do { message = try index.droppedMessage(id) } catch { throw RESTError(error) }
        guard let message else {
            throw RESTError(404, "resource_not_found_exception", "no dropped message [\(id)] is kept")
        }
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        write(message, index, to: &json)
        json.endObject()
        return .json(200, json)
    }

    private static func write(_ message: DroppedMessage, _ index: Index, to json: inout JSONWriter) {
        json.add("id", message.id)
        json.add("shard", message.shard)
        json.add("partition", Int(message.partition))
        json.add(
            "pointer",
            index.ingestion?.display(message.pointer, partition: message.partition) ?? "\(message.pointer)")
        json.add("place", message.place)
        json.add("stage", message.stage.rawValue)
        json.key("error")
        json.beginObject()
        json.add("type", message.errorType)
        json.add("reason", message.reason)
        json.endObject()
        json.add("attempts", message.attempts)
        json.add("time", message.keptAt)
        if message.timestamp > 0 { json.add("message_time", message.timestamp) }
        if let key = message.key { write("key", key, to: &json) }
        if message.isTombstone {
            json.add("is_tombstone", true)
        } else {
            write("payload", message.payload, to: &json)
        }
        if message.isCut { json.add("is_cut", true) }
    }

    /// Text as it is, anything else in base64 under another name.
    private static func write(_ name: String, _ bytes: [UInt8], to json: inout JSONWriter) {
        if let text = String(validating: bytes, as: UTF8.self) {
            json.add(name, text)
        } else {
            json.add(name + "_base64", Base64URL.encode(bytes))
        }
    }

    // MARK: Changing

    /// `POST …/_dead_letters/_retry`, with `{"ids": []}` or nothing for all.
    static func retry(_ call: Call) async throws(RESTError) -> RESTResponse {
        let index = try IngestionTargets.one(call)
        try IndexBlock.check(index, .write)
        let ids = try ids(call)
        let outcome: RetryOutcome
        do { outcome = try await index.retryDroppedMessages(ids) } catch { throw RESTError(error) }
        var json = JSONWriter()
        json.beginObject()
        json.add("settled", outcome.settled)
        json.key("failed")
        json.beginArray()
        for failure in outcome.failed {
            json.beginObject()
            json.add("id", failure.id)
            json.add("reason", failure.reason)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return .json(200, json)
    }

    /// `DELETE …/_dead_letters`, `DELETE …/_dead_letters/{letter}`.
    static func purge(_ call: Call) async throws(RESTError) -> RESTResponse {
        let index = try IngestionTargets.one(call)
        try IndexBlock.check(index, .changeMetadata)
        let count: Int
        do {
            count = try await index.purgeDroppedMessages(call.parameters.path["letter"].map { [$0] })
        } catch { throw RESTError(error) }
        var json = JSONWriter()
        json.beginObject()
        json.add("acknowledged", true)
        json.add("purged", count)
        json.endObject()
        return .json(200, json)
    }

    private static func ids(_ call: Call) throws(RESTError) -> [String]? {
        guard let body = try call.json() else { return nil }
        var ids: [String]?
        for member in body.root.members ?? [] {
            guard member.key == "ids", let elements = member.value.elements else {
                throw .illegalArgument("Unexpected field: \(member.key)")
            }
            ids = elements.compactMap(\.string)
            guard ids?.count == elements.count else {
                throw .illegalArgument("[ids] is an array of strings")
            }
        }
        return ids
    }
}
