/// How names of indices in a request are looked up: what a pattern may find, and what may be missing.
struct IndexOptions: Hashable, Sendable {
    var ignoresUnavailable = false
    var allowsNone = true
    var expandsOpen = true
    var expandsClosed = false
    var expandsHidden = false
    /// A closed index that is named is an error.
    var forbidsClosed = true
    /// Patterns find aliases, and names may be those of aliases.
    var allowsAliases = true

    static let parameters = "ignore_unavailable allow_no_indices expand_wildcards ignore_throttled"

    init() {}

    /// For what is done to indices as such: closed ones are found like open ones.
    static let administrative: IndexOptions = {
        var options = IndexOptions()
        options.expandsClosed = true
        options.forbidsClosed = false
        return options
    }()

    init(_ parameters: Parameters, over standard: IndexOptions = IndexOptions()) throws(RESTError) {
        self = standard
        ignoresUnavailable = try parameters.boolean("ignore_unavailable", default: ignoresUnavailable)
        allowsNone = try parameters.boolean("allow_no_indices", default: allowsNone)
        _ = try parameters.boolean("ignore_throttled", default: true)
        guard let values = parameters.list("expand_wildcards") else { return }
        (expandsOpen, expandsClosed, expandsHidden) = (false, false, false)
        for value in values {
            switch value.lowercased() {
            case "open": expandsOpen = true
            case "closed": expandsClosed = true
            case "hidden": expandsHidden = true
            case "all": (expandsOpen, expandsClosed, expandsHidden) = (true, true, true)
            case "none": (expandsOpen, expandsClosed, expandsHidden) = (false, false, false)
            default: throw .illegalArgument("No valid expand wildcard value [\(value)]")
            }
        }
    }

    /// Whether a pattern may find this index.
    func expands(isOpen: Bool, isHidden: Bool) -> Bool {
        (isOpen ? expandsOpen : expandsClosed) && (!isHidden || expandsHidden)
    }
}
