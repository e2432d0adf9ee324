import Varve
import VarveDocument
import VarveIngest

/// What the settings of an index say about its ingestion: checked as a whole, and as the library wants it.
struct IngestionDefinition {
    private let values: [String: String]

    /// - Parameter settings: All settings of the index, by their full keys.
    init(_ settings: [(key: String, value: String)]) {
        var values: [String: String] = [:]
        for setting in settings {
            if setting.key.hasPrefix(IngestionSetting.prefix) {
                values[String(setting.key.dropFirst(IngestionSetting.prefix.count))] = setting.value
            } else if setting.key == IngestionSetting.replication.key {
                values[setting.key] = setting.value
            }
        }
        self.values = values
    }

    /// The kind of the source; nil if there is none.
    var type: String? {
        values["type"].flatMap { $0.isEmpty || $0.lowercased() == "none" ? nil : $0 }
    }

    /// Nil if the settings name no source.
    ///
    /// - Throws: What a single setting cannot know, and, with a source, what it says of its parameters.
    func settings(for sources: SourceRegistry) throws(RESTError) -> IngestionSettings? {
        var settings = IngestionSettings()
        settings.start = try start()
        settings.format = try format()
        for name in values.keys.sorted() where name.hasPrefix("decoder_settings.") {
            throw .illegalArgument("decoder_settings are not supported for decoder_type [xcontent]")
        }
        guard let type else { return nil }
        try checkReplication()
        let source = SourceDefinition(type: type, parameters: members("param."))
        settings.source = source
        do {
            try sources.check(source)
            readOptions(into: &settings)
            try settings.check()
        } catch { throw .illegalArgument(error.description) }
        return settings
    }

    /// The index whose place in the stream a new one takes over; nil if it begins by itself.
    var predecessor: String? { values["continues"].flatMap { $0.isEmpty ? nil : $0 } }

    private func readOptions(into settings: inout IngestionSettings) {
        settings.onError = choice("error_strategy", "drop") == "block" ? .block : .drop
        settings.assignment = choice("source_partition_strategy", "simple") == "modulo" ? .modulo : .simple
        settings.generatedIDs = choice("generated_ids", "place") == "random" ? .random : .ofPlace
        settings.refresh = choice("refresh", "interval") == "immediate" ? .immediate : .interval
        settings.tombstones = choice("tombstones", "refuse") == "delete" ? .delete : .refuse
        let count = integer("poll.max_batch_size", 1_000)
        // Zero leaves it to the bytes.
        settings.batchMessages = count == 0 ? 1_000_000 : min(count, 1_000_000)
        settings.pollTimeout = .milliseconds(integer("poll.timeout", 1_000))
        settings.queueBytes = integer("queue_bytes", IngestionSetting.standardQueueBytes)
        let lag = milliseconds("pointer_based_lag_update_interval", 10_000)
        settings.lagInterval = lag == 0 ? Self.never : .milliseconds(lag)
        settings.retryDelayMax = .milliseconds(milliseconds("retry.delay_max", 30_000))
        settings.partitionInterval = .milliseconds(milliseconds("partition_interval", 30_000))
        settings.rate = IngestionRate(
            messagesPerSecond: rate("rate.messages_per_second"), bytesPerSecond: rate("rate.bytes_per_second")
        )
        let age = milliseconds("dead_letters.age", -1)
        settings.deadLetters = DeadLetterLimits(
            bytes: integer("dead_letters.bytes", settings.deadLetters.bytes),
            age: age < 0 ? nil : .milliseconds(age))
    }

    /// A century.
    static let never = Duration.seconds(36_525 * 86_400)

    private func choice(_ name: String, _ standard: String) -> String {
        values[name]?.lowercased() ?? standard
    }

    private func integer(_ name: String, _ standard: Int) -> Int {
        values[name].flatMap { Int($0) } ?? standard
    }

    private func milliseconds(_ name: String, _ standard: Int64) -> Int64 {
        guard let text = values[name], let time = try? TimeValue(text, setting: name) else { return standard }
        return time.milliseconds
    }

    private func rate(_ name: String) -> Double? {
        values[name].flatMap { Double($0) }.flatMap { $0 == 0 ? nil : $0 }
    }

    /// All settings below a name, without it.
    private func members(_ head: String) -> [String: String] {
        var found: [String: String] = [:]
        for (key, value) in values where key.hasPrefix(head) {
            found[String(key.dropFirst(head.count))] = value
        }
        return found
    }

    // MARK: Rules over several settings

    private func start() throws(RESTError) -> StartPosition {
        let reset = choice("pointer.init.reset", "latest")
        guard reset.hasPrefix("reset_by_") else { return reset == "earliest" ? .earliest : .latest }
        let key = IngestionSetting.prefix + "pointer.init.reset.value"
        guard let text = values["pointer.init.reset.value"], !text.isEmpty else {
            throw .illegalArgument("Setting \(key) should be set when resetting consumer position")
        }
        if reset == "reset_by_offset" {
            guard let pointer = StreamPointer(decimal: text) else {
                throw .illegalArgument("Invalid value for \(key) [\(text)]: an offset is a number")
            }
            return .pointer(pointer)
        }
        guard let milliseconds = Int64(text), milliseconds >= 0 else {
            throw .illegalArgument(
                "Invalid value for \(key) [\(text)]: a timestamp is in milliseconds since the epoch")
        }
        return .timestamp(milliseconds: milliseconds)
    }

    private func format() throws(RESTError) -> MessageFormat {
        do {
            return try MessageFormat(
                mapperType: values["mapper_type"] ?? "default", settings: members("mapper_settings."))
        } catch { throw .illegalArgument(error.description) }
    }

    private func checkReplication() throws(RESTError) {
        let isBySegment = values[IngestionSetting.replication.key]?.uppercased() == "SEGMENT"
        let isAllActive = values["all_active"] == "true"
        if isBySegment && isAllActive {
            throw .illegalArgument(
                "Replication type SEGMENT is not supported in pull-based ingestion when "
                    + "index.ingestion_source.all_active is enabled")
        }
        if !isBySegment && !isAllActive {
            throw .illegalArgument(
                "Replication type DOCUMENT is not supported in pull-based ingestion when "
                    + "index.ingestion_source.all_active is not enabled")
        }
    }
}

extension StreamPointer {
    /// Decimal digits, up to what 192 bits hold.
    init?(decimal text: String) {
        guard !text.isEmpty, text.utf8.count <= 58, text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        var words: [UInt64] = [0, 0, 0]
        for digit in text.utf8 {
            var carry = UInt64(digit - 0x30)
            for at in words.indices {
                let (high, low) = words[at].multipliedFullWidth(by: 10)
                let (sum, overflow) = low.addingReportingOverflow(carry)
                words[at] = sum
                carry = high + (overflow ? 1 : 0)
            }
            if carry > 0 { return nil }
        }
        self.init(high: words[2], middle: words[1], low: words[0])
    }
}
