#if Server
import VarveBytes
import VarveDocument

/// What a server says of a partition.
extension PartitionReport {
    init(_ json: JSONValue, shard: Int) {
        self.init(
            shard: shard, partition: UInt32(clamping: json["partition"]?.integer ?? 0),
            phase: json["phase"]?.text ?? "")
        epoch = json["epoch"]?.integer ?? 0
        durable = json["values"]?["durable"]?.given
        applied = json["values"]?["applied"]?.given
        fetched = json["values"]?["fetched"]?.given
        lag = Lag(
            fetched: json["lag"]?["fetched"]?.integer, applied: json["lag"]?["applied"]?.integer,
            durable: json["lag"]?["durable"]?.integer)
        ageMilliseconds = json["lag"]?["oldest_age_in_millis"]?.integer
        if let found = json["failure"] {
            failure = Failure(
                reason: found["error"]?.text ?? "", since: found["since"]?.integer ?? 0,
                attempts: found["attempts"]?.integer ?? 1)
        }
        queuedBytes = json["queued_bytes"]?.integer ?? 0
        incompleteBytes = json["incomplete_bytes"]?.integer ?? 0
        sourceErrors = json["source_errors"]?.integer ?? 0
        messages = Messages(counts: Messages.names.map { json["messages"]?[$0]?.integer ?? 0 })
    }
}

/// What a server says of a dropped message.
extension Letter {
    init(_ json: JSONValue) {
        self.init(
            id: json["id"]?.text ?? "", shard: json["shard"]?.integer ?? 0,
            partition: UInt32(clamping: json["partition"]?.integer ?? 0), place: json["place"]?.text ?? "",
            stage: json["stage"]?.text ?? "", type: json["error"]?["type"]?.text ?? "",
            reason: json["error"]?["reason"]?.text ?? "", attempts: json["attempts"]?.integer ?? 0,
            keptAt: json["time"]?.integer ?? 0, messageTime: json["message_time"]?.integer,
            key: Self.bytes("key", of: json),
            payload: json["is_tombstone"]?.isTrue ?? false ? nil : Self.bytes("payload", of: json) ?? [],
            isCut: json["is_cut"]?.isTrue ?? false)
    }

    private static func bytes(_ name: String, of json: JSONValue) -> [UInt8]? {
        if let text = json[name]?.text { return Array(text.utf8) }
        return json[name + "_base64"]?.text.flatMap { Base64URL.decode($0, charactersMax: .max) }
    }
}
#endif
