import Varve
import VarveBytes
import VarveManifest

/// One index that an expression reaches, and how.
struct ResolvedIndex {
    let index: Index
    /// By its own name, or by a pattern that fits it: then it is seen whole.
    var isDirect = false
    /// The aliases through which it is reached.
    var aliases: [(name: String, member: AliasMember)] = []
}

/// Looks up an expression: lists, patterns, `_all`, aliases, and `-` for what is left out again.
struct IndexResolution {
    private let store: Store
    private let options: IndexOptions
    private let all: [Index]
    private let aliases: [String: [AliasMember]]
    private var found: [ResolvedIndex] = []
    private var places: [String: Int] = [:]

    init(_ store: Store, _ options: IndexOptions) {
        self.store = store
        self.options = options
        all = store.indices
        aliases = store.aliases
    }

    /// - Parameter expression: Nil or empty for all.
    mutating func resolve(_ expression: String?) throws(RESTError) -> [ResolvedIndex] {
        let names = (expression ?? "").split(separator: ",").map(String.init)
        if names.isEmpty || names == ["_all"] {
            for index in all where isVisible(index, to: "*") { reach(index) }
            if found.isEmpty && !options.allowsNone { throw .noSuchIndex(expression ?? "_all") }
            return found
        }
        var sawPattern = false
        for name in names {
            if sawPattern, name.hasPrefix("-") {
                leaveOut(String(name.dropFirst()))
            } else if name.contains("*") {
                sawPattern = true
                let count = found.count
                try expand(name)
                if found.count == count && !options.allowsNone { throw .noSuchIndex(name) }
            } else {
                try take(name)
            }
        }
        if found.isEmpty && !options.allowsNone { throw .noSuchIndex(expression ?? "_all") }
        return found
    }

    private mutating func reach(_ index: Index, through alias: (name: String, member: AliasMember)? = nil) {
        let place =
            places[index.name]
            ?? {
                found.append(ResolvedIndex(index: index))
                places[index.name] = found.count - 1
                return found.count - 1
            }()
        if let alias { found[place].aliases.append(alias) } else { found[place].isDirect = true }
    }

    private func isVisible(_ index: Index, to pattern: String) -> Bool {
        let isHidden = index.isHidden && !(pattern.hasPrefix(".") && index.name.hasPrefix("."))
        return options.expands(isOpen: index.isOpen, isHidden: isHidden)
    }

    private func members(of alias: String) -> [(index: Index, member: AliasMember)] {
        (aliases[alias] ?? []).compactMap { member in
            all.first { $0.uuid == member.index }.map { ($0, member) }
        }
    }

    private mutating func expand(_ pattern: String) throws(RESTError) {
        for index in all where Wildcard.matches(index.name, pattern) && isVisible(index, to: pattern) {
            reach(index)
        }
        guard options.allowsAliases else { return }
        for name in aliases.keys.sorted() where Wildcard.matches(name, pattern) {
            for (index, member) in members(of: name) {
                let isHidden = member.isHidden && !pattern.hasPrefix(".")
                guard options.expands(isOpen: index.isOpen, isHidden: isHidden) else { continue }
                reach(index, through: (name, member))
            }
        }
    }

    private mutating func take(_ name: String) throws(RESTError) {
        if let index = all.first(where: { $0.name == name }) {
            if try isUsable(index) { reach(index) }
            return
        }
        let members = members(of: name)
        if members.isEmpty {
            if options.ignoresUnavailable { return }
            throw IndexNames.missing(name)
        }
        guard options.allowsAliases else {
            if options.ignoresUnavailable { return }
            throw .illegalArgument(
                "The provided expression [\(name)] matches an alias, specify the corresponding concrete "
                    + "indices instead.")
        }
        for (index, member) in members where try isUsable(index) { reach(index, through: (name, member)) }
    }

    /// Whether an index that was named is to be reached.
    private func isUsable(_ index: Index) throws(RESTError) -> Bool {
        if index.isOpen || !options.forbidsClosed { return true }
        if options.ignoresUnavailable { return false }
        throw .indexClosed(index)
    }

    private mutating func leaveOut(_ pattern: String) {
        found.removeAll { Wildcard.matches($0.index.name, pattern) }
        for at in found.indices { found[at].aliases.removeAll { Wildcard.matches($0.name, pattern) } }
        found.removeAll { !$0.isDirect && $0.aliases.isEmpty }
        places = [:]
        for (place, resolved) in found.enumerated() { places[resolved.index.name] = place }
    }
}

extension RESTError {
    static func indexClosed(_ index: Index) -> RESTError {
        RESTError(
            400,
            ErrorDetail(
                "index_closed_exception", "closed",
                extra: [
                    .init("index", .string(index.name)), .init("index_uuid", .string(index.wireUUID)),
                ]))
    }
}
