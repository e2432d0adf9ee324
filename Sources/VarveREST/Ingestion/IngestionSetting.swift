import Varve
import VarveDocument
import VarveIngest

/// The settings of indices under `index.ingestion_source.`: OpenSearch's, with its rules in its words, and those that
/// are an addition.
enum IngestionSetting {
    static let prefix = "index.ingestion_source."
    static let parameterPrefix = prefix + "param."
    static let mapperPrefix = prefix + "mapper_settings."
    static let standardQueueBytes = 32 << 20

    /// Stands with the settings of indices, and decides only here: copies are never made.
    static let replication = IndexSetting(
        key: "index.replication.type",
        kind: .ruled { (_, text) throws(RESTError) in
            guard ["DOCUMENT", "SEGMENT"].contains(text.uppercased()) else {
                throw .illegalArgument("Could not parse ReplicationStrategy for [\(text)]")
            }
        }, standard: "DOCUMENT", isDynamic: false, isFinal: true)

    static let all: [IndexSetting] =
        [
            IndexSetting(key: prefix + "type", kind: text, standard: "none", isDynamic: false),
            final("pointer.init.reset", reset, "latest"),
            final("pointer.init.reset.value", text, ""),
            dynamic(
                "error_strategy",
                names(["drop", "block"]) { _, text in "Invalid ingestion errorStrategy: \(text)" }, "drop"),
            dynamic("poll.max_batch_size", .integer(least: 0, most: .max), "1000"),
            dynamic("poll.timeout", .integer(least: 0, most: Int(Int32.max)), "1000"),
            final("num_processor_threads", .integer(least: 1, most: Int(Int32.max)), "1"),
            final("internal_queue_size", .integer(least: 1, most: 100_000), "100"),
            final("all_active", .boolean, "false"),
            final("pointer_based_lag_update_interval", time(least: 0), "10s"),
            final(
                "mapper_type",
                names(["default", "raw_payload", "field_mapping"]) { _, text in
                    "Unknown ingestion mapper type: \(text). Valid values are: default, raw_payload, field_mapping"
                }, "default"),
            final(
                "source_partition_strategy",
                names(["simple", "modulo"]) { _, text in
                    "Unknown source partition strategy: [\(text)]. Valid values are [simple, modulo]"
                }, "simple"),
            final(
                "decoder_type",
                names(["xcontent"]) { _, text in
                    "No ingestion payload decoder registered for type [\(text)]. Available types: [xcontent]"
                }, "xcontent"),
            dynamic("warmup.timeout", time(least: -1), "-1"),
            dynamic("warmup.lag_threshold", .integer(least: 0, most: .max), "100"),
        ]
        + additions

    /// What OpenSearch does not have.
    private static let additions: [IndexSetting] = [
        dynamic("queue_bytes", .integer(least: 1_024, most: 1 << 30), String(standardQueueBytes)),
        dynamic("rate.messages_per_second", rate, "0"),
        dynamic("rate.bytes_per_second", rate, "0"),
        dynamic(
            "dead_letters.bytes", .integer(least: 0, most: DeadLetterLimits.bytesMax),
            String(DeadLetterLimits().bytes)),
        dynamic("dead_letters.age", time(least: -1), "-1"),
        dynamic(
            "refresh",
            names(["interval", "immediate"]) { key, text in
                "Invalid value for \(key) [\(text)]. Valid values are [interval, immediate]"
            }, "interval"),
        final("retry.delay_max", time(least: 1), "30s"),
        final("partition_interval", time(least: 1), "30s"),
        final(
            "generated_ids",
            names(["place", "random"]) { key, text in
                "Invalid value for \(key) [\(text)]. Valid values are [place, random]"
            }, "place"),
        final(
            "tombstones",
            names(["refuse", "delete"]) { key, text in
                "Invalid value for \(key) [\(text)]. Valid values are [refuse, delete]"
            }, "refuse"),
        final("continues", text, ""),
    ]

    /// The setting of a key below which anything may stand.
    static func family(of key: String) -> IndexSetting? {
        guard !key.hasSuffix(".") else { return nil }
        if key.hasPrefix(parameterPrefix) {
            return IndexSetting(key: key, kind: text, standard: "")
        }
        if key.hasPrefix(mapperPrefix) {
            return IndexSetting(key: key, kind: text, standard: "", isDynamic: false, isFinal: true)
        }
        return nil
    }

    // MARK: Rules

    private static func final(
        _ name: String, _ kind: IndexSetting.Kind, _ standard: String
    ) -> IndexSetting {
        IndexSetting(key: prefix + name, kind: kind, standard: standard, isDynamic: false, isFinal: true)
    }

    private static func dynamic(
        _ name: String, _ kind: IndexSetting.Kind, _ standard: String
    ) -> IndexSetting {
        IndexSetting(key: prefix + name, kind: kind, standard: standard)
    }

    private static let text = IndexSetting.Kind.ruled { (_, _) throws(RESTError) in }

    /// One of some names in any case.
    private static func names(
        _ names: Set<String>, _ refusal: @escaping @Sendable (_ key: String, _ text: String) -> String
    ) -> IndexSetting.Kind {
        .ruled { (key, text) throws(RESTError) in
            guard names.contains(text.lowercased()) else { throw .illegalArgument(refusal(key, text)) }
        }
    }

    private static let reset = names(["earliest", "latest", "reset_by_offset", "reset_by_timestamp"]) {
        key, text in "Invalid value for \(key) [\(text)]"
    }

    /// - Parameter least: In milliseconds; -1 stands for never.
    private static func time(least: Int64) -> IndexSetting.Kind {
        .ruled { (key, text) throws(RESTError) in
            let time = try TimeValue(text, setting: key)
            guard time.milliseconds >= least else {
                throw .illegalArgument(
                    "failed to parse value [\(text)] for setting [\(key)], must be >= "
                        + "[\(TimeValue(milliseconds: least))]")
            }
        }
    }

    /// A number a second; 0 for as fast as it goes.
    private static let rate = IndexSetting.Kind.ruled { (key, text) throws(RESTError) in
        guard let rate = Double(text), rate == 0 || (rate >= 0.001 && rate <= 1e12) else {
            throw .illegalArgument(
                "Failed to parse value [\(text)] for setting [\(key)] must be 0 or from 0.001 to 1e12")
        }
    }
}

/// Parameters that nobody is shown.
enum SecretParameter {
    static let replacement = "[redacted]"
    private static let words = [
        "password", "passwd", "secret", "token", "sasl.jaas", "credential", "private", "access_key",
        "ssl.key",
        "ssl.keystore", "key.pem", "api_key", "apikey", "basic.auth",
    ]

    static func isSecret(_ key: String) -> Bool {
        guard key.hasPrefix(IngestionSetting.parameterPrefix) else { return false }
        let name = key.dropFirst(IngestionSetting.parameterPrefix.count).lowercased()
        return words.contains { name.contains($0) }
    }

    /// The value of a setting as it is shown. One that says where the secret is holds none.
    static func shown(_ setting: (key: String, value: String)) -> String {
        guard isSecret(setting.key), !ParameterReferences.isReference(setting.value) else {
            return setting.value
        }
        return replacement
    }
}
