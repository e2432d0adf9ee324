import VarveBytes
import VarveDocument

/// Settings as they are kept with an index: JSON, with everything that is not as it would be anyway.
extension IngestionSettings {
    package var json: String {
        typealias Member = JSONValue.Member
        let base = IngestionSettings()
        var members = [Member("name", .string(name)), Member("start", .string(start.keptText))]
        func add(_ key: String, _ value: JSONValue, if differs: Bool) {
            if differs { members.append(Member(key, value)) }
        }
        if let source {
            members.append(Member("type", .string(source.type)))
            members.append(Member("parameters", .object(Self.object(source.parameters))))
        }
        members.append(Member("mapper", .string(format.mapperType)))
        add(
            "mapper_settings", .object(Self.object(format.mapperSettings)), if: !format.mapperSettings.isEmpty
        )
        let pointers = continues.sorted { $0.key < $1.key }.map {
            JSONValue.Member("\($0.key)", .string($0.value.hex))
        }
        add("continues", .object(pointers), if: !pointers.isEmpty)
        add("ids", .string(generatedIDs.rawValue), if: generatedIDs != base.generatedIDs)
        add("tombstones", .string(tombstones.rawValue), if: tombstones != base.tombstones)
        add("refresh", .string(refresh.rawValue), if: refresh != base.refresh)
        members.append(Member("on_error", .string(onError.rawValue)))
        members.append(Member("assignment", .string(assignment.rawValue)))
        let numbers: [(String, Int64, Int64)] = [
            ("batch_messages", Int64(batchMessages), Int64(base.batchMessages)),
            ("queue_bytes", Int64(queueBytes), Int64(base.queueBytes)),
            ("batches_in_flight", Int64(batchesInFlight), Int64(base.batchesInFlight)),
            ("poll_timeout", pollTimeout.wholeMilliseconds, base.pollTimeout.wholeMilliseconds),
            ("retry_max", retryDelayMax.wholeMilliseconds, base.retryDelayMax.wholeMilliseconds),
            ("lag_interval", lagInterval.wholeMilliseconds, base.lagInterval.wholeMilliseconds),
            (
                "partition_interval", partitionInterval.wholeMilliseconds,
                base.partitionInterval.wholeMilliseconds
            ),
            ("letter_bytes", Int64(deadLetters.bytes), Int64(base.deadLetters.bytes)),
            ("letter_age", deadLetters.age?.wholeMilliseconds ?? -1, -1),
        ]
        for (key, value, usual) in numbers { add(key, .integer(value), if: value != usual) }
        if let rate = rate.messagesPerSecond { members.append(Member("messages_per_second", .real(rate))) }
        if let rate = rate.bytesPerSecond { members.append(Member("bytes_per_second", .real(rate))) }
        return JSONValue.object(members).ingestionText
    }

    private static func object(_ texts: [String: String]) -> [JSONValue.Member] {
        texts.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
    }

    /// - Throws: If the text is not what `json` wrote.
    package init(json: String) throws(IngestionSettingsError) {
        guard let value = JSONValue(ingestionText: json), let name = value["name"]?.text,
            let start = value["start"]?.text.flatMap({ StartPosition(keptText: $0) }),
            let mapper = value["mapper"]?.text
        else { throw IngestionSettingsError("the stored settings of ingestion cannot be read") }
        self.init()
        self.name = name
        self.start = start
        if let type = value["type"]?.text {
            source = SourceDefinition(type: type, parameters: Self.texts(value["parameters"]))
        }
        format = try MessageFormat(mapperType: mapper, settings: Self.texts(value["mapper_settings"]))
        generatedIDs = value["ids"]?.text.flatMap { .init(rawValue: $0) } ?? generatedIDs
        tombstones = value["tombstones"]?.text.flatMap { .init(rawValue: $0) } ?? tombstones
        refresh = value["refresh"]?.text.flatMap { .init(rawValue: $0) } ?? refresh
        onError = value["on_error"]?.text.flatMap { .init(rawValue: $0) } ?? onError
        assignment = value["assignment"]?.text.flatMap { .init(rawValue: $0) } ?? assignment
        for member in value["continues"]?.members ?? [] {
            guard let partition = UInt32(member.key),
                let pointer = member.value.text.flatMap({ StreamPointer(hex: $0) })
            else { throw IngestionSettingsError("the stored settings of ingestion cannot be read") }
            continues[partition] = pointer
        }
        func number(_ key: String, _ usual: Int) -> Int { value[key]?.integer.map { Int($0) } ?? usual }
        func duration(_ key: String, _ usual: Duration) -> Duration {
            value[key]?.integer.map { .milliseconds($0) } ?? usual
        }
        batchMessages = number("batch_messages", batchMessages)
        queueBytes = number("queue_bytes", queueBytes)
        batchesInFlight = number("batches_in_flight", batchesInFlight)
        pollTimeout = duration("poll_timeout", pollTimeout)
        retryDelayMax = duration("retry_max", retryDelayMax)
        lagInterval = duration("lag_interval", lagInterval)
        partitionInterval = duration("partition_interval", partitionInterval)
        deadLetters.bytes = number("letter_bytes", deadLetters.bytes)
        if let age = value["letter_age"]?.integer { deadLetters.age = .milliseconds(age) }
        rate = IngestionRate(
            messagesPerSecond: value["messages_per_second"]?.number,
            bytesPerSecond: value["bytes_per_second"]?.number)
        try check()
    }

    private static func texts(_ value: JSONValue?) -> [String: String] {
        var texts: [String: String] = [:]
        for member in value?.members ?? [] { texts[member.key] = member.value.text }
        return texts
    }
}

extension StartPosition {
    fileprivate var keptText: String {
        switch self {
        case .earliest: "earliest"
        case .latest: "latest"
        case .pointer(let pointer): "pointer:" + pointer.hex
        case .timestamp(let milliseconds): "timestamp:\(milliseconds)"
        }
    }

    fileprivate init?(keptText text: String) {
        switch text {
        case "earliest": self = .earliest
        case "latest": self = .latest
        default:
            if text.hasPrefix("pointer:"), let pointer = StreamPointer(hex: String(text.dropFirst(8))) {
                self = .pointer(pointer)
            } else if text.hasPrefix("timestamp:"), let milliseconds = Int64(text.dropFirst(10)) {
                self = .timestamp(milliseconds: milliseconds)
            } else {
                return nil
            }
        }
    }
}
