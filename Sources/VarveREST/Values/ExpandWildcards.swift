/// How names of indices in a request are looked up: what a pattern may find, and what may be missing.
struct IndexOptions: Hashable, Sendable {
    var ignoresUnavailable = false
    var allowsNone = true
    var expandsOpen = true

    static let parameters = "ignore_unavailable allow_no_indices expand_wildcards ignore_throttled"

    init() {}

    init(_ parameters: Parameters) throws(RESTError) {
        ignoresUnavailable = try parameters.boolean("ignore_unavailable")
        allowsNone = try parameters.boolean("allow_no_indices", default: true)
        _ = try parameters.boolean("ignore_throttled", default: true)
        guard let values = parameters.list("expand_wildcards") else { return }
        expandsOpen = false
        for value in values {
            switch value {
            case "open", "all": expandsOpen = true
            case "closed", "hidden": break
            case "none": expandsOpen = false
            default: throw .illegalArgument("No valid expand wildcard value [\(value)]")
            }
        }
    }
}
