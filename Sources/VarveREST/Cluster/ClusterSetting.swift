/// One setting of the cluster: its key, its kind and what it is if nobody says otherwise.
///
/// Those that may be changed are those that change something here; a setting that only tunes a cluster of many nodes
/// is refused by name like one that does not exist.
struct ClusterSetting: Sendable {
    enum Kind: Sendable {
        case time
        case integer(least: Int)
        case boolean
        /// A boolean or a list of patterns.
        case patterns
    }

    let key: String
    let kind: Kind
    let standard: String
    var isDynamic = true

    static let all: [ClusterSetting] = [
        ClusterSetting(key: "action.auto_create_index", kind: .patterns, standard: "true"),
        ClusterSetting(key: "action.destructive_requires_name", kind: .boolean, standard: "false"),
        ClusterSetting(
            key: "action.search.shard_count.limit", kind: .integer(least: 1), standard: "9223372036854775807"),
        ClusterSetting(key: "point_in_time.init.keep_alive", kind: .time, standard: "30s", isDynamic: false),
        ClusterSetting(key: "point_in_time.max_keep_alive", kind: .time, standard: "24h"),
        ClusterSetting(
            key: "rest.action.multi.allow_explicit_index", kind: .boolean, standard: "true", isDynamic: false),
        ClusterSetting(key: "search.default_allow_partial_results", kind: .boolean, standard: "true"),
        ClusterSetting(key: "search.default_keep_alive", kind: .time, standard: "5m"),
        ClusterSetting(key: "search.keep_alive_interval", kind: .time, standard: "1m", isDynamic: false),
        ClusterSetting(key: "search.max_buckets", kind: .integer(least: 0), standard: "65535"),
        ClusterSetting(key: "search.max_keep_alive", kind: .time, standard: "24h"),
        ClusterSetting(key: "search.max_open_pit_context", kind: .integer(least: 0), standard: "300"),
        ClusterSetting(key: "search.max_open_scroll_context", kind: .integer(least: 0), standard: "500"),
    ]

    static func find(_ key: String) -> ClusterSetting? { all.first { $0.key == key } }

    /// Throws if `text` is no value for it.
    func check(_ text: String) throws(RESTError) {
        switch kind {
        case .time: _ = try TimeValue(text, setting: key)
        case .integer(let least):
            guard let number = Int(text) else {
                throw .illegalArgument(
                    "Failed to parse value [\(text)] for setting [\(key)]",
                    cause: ErrorDetail("number_format_exception", "For input string: \"\(text)\""))
            }
            guard number >= least else {
                throw .illegalArgument(
                    "Failed to parse value [\(text)] for setting [\(key)] must be >= \(least)")
            }
        case .boolean:
            guard ["true", "false"].contains(text) else {
                throw .illegalArgument(
                    "Failed to parse value [\(text)] as only [true] or [false] are allowed.")
            }
        case .patterns: break
        }
    }
}
