/// One setting of indices: its key, what it may be, and what it is if nobody says otherwise.
///
/// What would have no effect is refused by name, but for settings that only tune how a store writes: those are
/// checked and shown, and the store's own options decide (`docs/guides/server.md` lists them).
struct IndexSetting: Sendable {
    enum Kind: Sendable {
        case integer(least: Int, most: Int)
        case time
        case boolean
        case one(of: [String])
        /// A limit that is what it is.
        case fixed(String)
        /// With a rule of its own; given the key and the value.
        case ruled(@Sendable (String, String) throws(RESTError) -> Void)
    }

    let key: String
    let kind: Kind
    let standard: String
    /// Whether it may change while the index is open.
    var isDynamic = true
    /// Whether it may change at all.
    var isFinal = false

    static let all: [IndexSetting] =
        (own + IngestionSetting.all).sorted { $0.key < $1.key }

    private static let own: [IndexSetting] = [
        IndexSetting(key: "index.auto_expand_replicas", kind: .one(of: ["false"]), standard: "false"),
        IndexSetting(key: "index.blocks.metadata", kind: .boolean, standard: "false"),
        IndexSetting(key: "index.blocks.read", kind: .boolean, standard: "false"),
        IndexSetting(key: "index.blocks.read_only", kind: .boolean, standard: "false"),
        IndexSetting(key: "index.blocks.read_only_allow_delete", kind: .boolean, standard: "false"),
        IndexSetting(key: "index.blocks.write", kind: .boolean, standard: "false"),
        IndexSetting(
            key: "index.codec",
            kind: .one(of: ["default", "best_compression", "lz4", "zlib", "zstd", "zstd_no_dict"]),
            standard: "default", isDynamic: false),
        IndexSetting(key: "index.hidden", kind: .boolean, standard: "false"),
        IndexSetting(key: "index.mapping.depth.limit", kind: .fixed("20"), standard: "20"),
        IndexSetting(key: "index.mapping.total_fields.limit", kind: .fixed("1000"), standard: "1000"),
        IndexSetting(
            key: "index.max_result_window", kind: .integer(least: 1, most: 1_000_000_000), standard: "10000"),
        IndexSetting(
            key: "index.max_slices_per_pit", kind: .integer(least: 1, most: 1_000_000), standard: "1024"),
        IndexSetting(key: "index.max_terms_count", kind: .fixed("65536"), standard: "65536"),
        IndexSetting(
            key: "index.number_of_replicas", kind: .integer(least: 0, most: 1_000), standard: "1"),
        IndexSetting(
            key: "index.number_of_shards", kind: .integer(least: 1, most: 1_024), standard: "1",
            isDynamic: false, isFinal: true),
        IndexSetting(key: "index.refresh_interval", kind: .time, standard: "1s"),
        IngestionSetting.replication,
        IndexSetting(
            key: "index.translog.durability", kind: .one(of: ["request", "async"]), standard: "request"),
        IndexSetting(key: "index.translog.sync_interval", kind: .time, standard: "5s"),
    ]

    static func find(_ key: String) -> IndexSetting? {
        all.first { $0.key == key } ?? IngestionSetting.family(of: key)
    }

    static func unknown(_ key: String) -> RESTError {
        let hint = Suggestion.text(for: key, among: all.map(\.key))
        return .illegalArgument(
            "unknown setting [\(key)]"
                + (hint.isEmpty
                    ? " please check that any required plugins are installed, or check the breaking changes "
                        + "documentation for removed settings" : hint))
    }

    /// Throws if `text` is no value for it.
    func check(_ text: String) throws(RESTError) {
        switch kind {
        case .integer(let least, let most): try Self.check(text, key, least, most)
        case .ruled(let rule): try rule(key, text)
        case .time: if text != "-1" { _ = try TimeValue(text, setting: key) }
        case .boolean:
            guard ["true", "false"].contains(text) else {
                throw .illegalArgument(
                    "Failed to parse value [\(text)] as only [true] or [false] are allowed.")
            }
        case .one(let values):
            guard values.contains(text.lowercased()) else {
                throw .illegalArgument(
                    "unknown value for [\(key)] must be one of [\(values.joined(separator: ", "))] but was: "
                        + text)
            }
        case .fixed(let value):
            guard text == value else {
                throw .illegalArgument(
                    "Failed to parse value [\(text)] for setting [\(key)] must be [\(value)], which is fixed")
            }
        }
    }

    static func check(
        _ text: String, _ key: String, _ least: Int, _ most: Int
    ) throws(RESTError) {
        guard let number = Int(text) else {
            throw .illegalArgument(
                "Failed to parse value [\(text)] for setting [\(key)]",
                cause: ErrorDetail("number_format_exception", "For input string: \"\(text)\""))
        }
        guard number >= least else {
            throw .illegalArgument("Failed to parse value [\(text)] for setting [\(key)] must be >= \(least)")
        }
        guard number <= most else {
            throw .illegalArgument("Failed to parse value [\(text)] for setting [\(key)] must be <= \(most)")
        }
    }
}
