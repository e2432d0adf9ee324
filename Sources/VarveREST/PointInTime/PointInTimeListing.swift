import Varve
import VarveEngine

/// Showing points in time, and changing one: all of it beyond `_all` called bare is an addition to OpenSearch.
enum PointInTimeListing {
    static let parameters = "index label size after"

    /// The open ones, without those that serve scrolls.
    static func open(_ store: Store) -> [PointInTimeInfo] {
        store.pointsInTime.filter { $0.isDurable || $0.label != Scroll.label }
    }

    static func list(_ call: Call) async throws(RESTError) -> RESTResponse {
        let isBare = parameters.split(separator: " ").allSatisfy { !call.parameters.has(String($0)) }
        var found = open(call.store)
        if let patterns = call.parameters.list("index") {
            found.removeAll { info in
                !info.pins.contains { pin in
                    patterns.contains { Wildcard.matches(pin.index ?? pin.deletedIndex ?? "", $0) }
                }
            }
        }
        for label in call.parameters.list("label") ?? [] { found.removeAll { !has(label, $0) } }
        let (page, next) = try page(of: found, call)
        var json = JSONWriter()
        json.beginObject()
        var held = HeldBytes(call.store)
        json.key("pits")
        json.beginArray()
        for info in page {
            json.beginObject()
            writeHead(info, to: &json)
            if !isBare {
                writeTimes(info, call, to: &json)
                writeHeld(info, &held, to: &json)
            }
            json.endObject()
        }
        json.endArray()
        if let next { json.add("after", next) }
        json.endObject()
        return .json(200, json)
    }

    /// `team:search` for a key and its value, `team` for a key with any.
    private static func has(_ label: String, _ info: PointInTimeInfo) -> Bool {
        info.labels.contains { label == $0.key || label == $0.key + ":" + $0.value }
    }

    private static func page(
        of found: [PointInTimeInfo], _ call: Call
    ) throws(RESTError) -> (page: [PointInTimeInfo], next: String?) {
        var rest = found[...]
        if let after = call.parameters.query["after"] {
            _ = try PointInTimeHandlers.parse(after, call.store)
            guard let place = found.firstIndex(where: { $0.id == after }) else {
                throw .illegalArgument("[after] names a point in time that is not listed: [\(after)]")
            }
            rest = found[(place + 1)...]
        }
        guard let size = try call.parameters.integer("size") else { return (Array(rest), nil) }
        guard size >= 1 else {
            throw .illegalArgument("[size] parameter must be at least 1, found [\(size)]")
        }
        let page = Array(rest.prefix(size))
        return (page, rest.count > size ? page.last?.id : nil)
    }

    // MARK: One

    /// One point in time, with what it holds and how long it still has.
    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let id = try PointInTimeHandlers.parse(call.segment("id"), call.store)
        guard let info = PointInTime(call.store, id).info else { throw PointInTimeHandlers.missing(id) }
        _ = try call.admit(info)
        var json = JSONWriter()
        json.beginObject()
        writeHead(info, isWhole: true, to: &json)
        writeTimes(info, call, to: &json)
        var held = HeldBytes(call.store)
        writeHeld(info, &held, to: &json)
        json.add("on_index_delete", name(of: info.policy))
        json.key("shards")
        json.beginArray()
        for pin in info.pins { write(pin, call.store, to: &json) }
        json.endArray()
        json.endObject()
        return .json(200, json)
    }

    private static func writeHead(
        _ info: PointInTimeInfo, isWhole: Bool = false, to json: inout JSONWriter
    ) {
        json.add("pit_id", info.id)
        json.add("creation_time", info.createdAt)
        json.add("keep_alive", info.isEndless ? -1 : info.keepAlive.wholeMilliseconds)
        if isWhole || !info.label.isEmpty { json.add("name", info.label) }
        if isWhole || !info.labels.isEmpty {
            json.key("labels")
            json.beginObject()
            for label in info.labels { json.add(label.key, label.value) }
            json.endObject()
        }
    }

    private static func writeTimes(_ info: PointInTimeInfo, _ call: Call, to json: inout JSONWriter) {
        if info.isEndless {
            json.addNull("remaining")
            json.addNull("expires_at")
        } else {
            json.add("remaining", info.expiresIn.wholeMilliseconds)
            json.add("expires_at", call.store.wallMilliseconds + info.expiresIn.wholeMilliseconds)
        }
    }

    private static func writeHeld(
        _ info: PointInTimeInfo, _ held: inout HeldBytes, to json: inout JSONWriter
    ) {
        let names = Set(info.pins.compactMap { $0.index ?? $0.deletedIndex }).sorted()
        json.key("indices")
        json.beginArray()
        for name in names { json.value(name) }
        json.endArray()
        let (seen, retained) = held.count(info)
        json.add("size_in_bytes", seen)
        json.add("retained_in_bytes", retained)
    }

    private static func name(of policy: DeletionPolicy) -> String {
        switch policy {
        case .fail: "fail"
        case .keep: "keep"
        case .drop: "drop"
        }
    }

    private static func write(_ pin: PointInTimeInfo.Pin, _ store: Store, to json: inout JSONWriter) {
        json.beginObject()
        if let index = pin.index ?? pin.deletedIndex {
            json.add("index", index)
        } else {
            json.addNull("index")
        }
        if let shard = pin.shard { json.add("shard", shard) } else { json.addNull("shard") }
        json.add("state", pin.isLost ? "lost" : pin.index == nil ? "deleted" : "held")
        json.add("max_seq_no", pin.sequenceNumber.map { Int64(clamping: $0.rawValue) } ?? -1)
        if !pin.positions.isEmpty { writePositions(pin, store, to: &json) }
        json.endObject()
    }

    /// How far the stream that is ingested is contained: everything before each pointer.
    private static func writePositions(
        _ pin: PointInTimeInfo.Pin, _ store: Store, to json: inout JSONWriter
    ) {
        let ingestion = pin.index.flatMap { try? store.index($0) }?.ingestion
        json.key("ingestion_positions")
        json.beginArray()
        for position in pin.positions {
            json.beginObject()
            json.add("partition", Int(position.partition))
            json.add(
                "pointer",
                ingestion?.display(position.pointer, partition: position.partition) ?? "\(position.pointer)")
            json.add("epoch", Int64(clamping: position.epoch))
            json.endObject()
        }
        json.endArray()
    }

    // MARK: Changing one

    /// Sets the keep-alive, also to a shorter one or for ever, and the labels: `{"keep_alive": "10m"}`.
    static func put(_ call: Call) async throws(RESTError) -> RESTResponse {
        let id = try PointInTimeHandlers.parse(call.segment("id"), call.store)
        let pointInTime = PointInTime(call.store, id)
        var keepAlive: String?
        var labels: [PointInTimeAttributes.Label]?
        for member in try call.json()?.root.members ?? [] {
            switch member.key {
            case "keep_alive" where member.value.string != nil: keepAlive = member.value.string
            case "labels": labels = try PointInTimeLabels.read(member.value)
            default:
                throw .illegalArgument(
                    "Unknown parameter [\(member.key)] in request body or parameter is of the wrong type"
                        + "[\(member.value.token)] ")
            }
        }
        if keepAlive == nil && labels == nil { throw .validation("keep alive not specified") }
        let duration = try keepAlive.flatMap { (text) throws(RESTError) in try time(text, call.store) }
        guard let info = pointInTime.info else { throw PointInTimeHandlers.missing(id) }
        _ = try call.admit(info)
        do throws(VarveError) {
            if let labels { try await pointInTime.setLabels(labels) }
            if let duration { try await pointInTime.extend(keepAlive: .milliseconds(duration.milliseconds)) }
            if keepAlive == "never" { try await pointInTime.keepForever() }
        } catch {
            if error.kind == .notFound { throw PointInTimeHandlers.missing(id) }
            throw RESTError(error)
        }
        return try await get(call)
    }

    /// Nil for `never`.
    private static func time(_ text: String, _ store: Store) throws(RESTError) -> TimeValue? {
        if text == "never" { return nil }
        let keepAlive = try TimeValue(text, setting: "keep_alive")
        if let error = PointInTimeHandlers.tooLong(keepAlive, store) { throw error }
        guard keepAlive.nanoseconds > 0 else { throw .illegalArgument("[keep_alive] must be above zero") }
        return keepAlive
    }
}

extension Call {
    /// Lets what is done to a point in time pass, as done to all indices that it holds.
    func admit(_ info: PointInTimeInfo) throws(RESTError) -> [Index] {
        for name in Set(info.pins.compactMap(\.deletedIndex)) {
            try admit(Actions.onEachIndex(action), names: [name])
        }
        let names = Set(info.pins.compactMap(\.index))
        return try admit(store.indices.filter { names.contains($0.name) })
    }
}
