package import VarveBytes

/// The indices of a store: a full, immutable generation.
///
/// Settings, mappings and aliases are opaque here; they belong to the engine and to VarveDocument. Names are
/// unique and sorted bytewise. The bytes are in `docs/formats/catalog.md`; publishing is `CatalogStore`'s.
package struct Catalog: Equatable, Sendable {
    package static let indicesMax = 65_536
    package static let aliasesMax = 65_536
    package static let aliasBytesMax = 1 << 20

    /// From 1. Zero as the previous one means that there is none.
    package var generation: UInt64
    package var previousGeneration: UInt64
    /// When it was published, milliseconds since 1970.
    package var committedAt: Int64
    /// Settings of the whole store, by key.
    package var settings: [Setting]
    /// By name.
    package var indices: [IndexEntry]
    /// By name.
    package var aliases: [Alias]
    package var unknown: [UnknownSection]

    /// The first generation of an empty store.
    package init(committedAt: Int64) {
        generation = 1
        previousGeneration = 0
        self.committedAt = committedAt
        settings = []
        indices = []
        aliases = []
        unknown = []
    }

    /// A copy to be changed and published: one generation on, with this one as its predecessor.
    package func successor(committedAt: Int64) -> Catalog {
        var next = self
        next.generation = generation + 1
        next.previousGeneration = generation
        next.committedAt = committedAt
        return next
    }

    package func index(named name: String) -> IndexEntry? {
        guard let at = position(ofIndex: name) else { return nil }
        return indices[at]
    }

    /// Adds the index, or replaces the one with its name.
    package mutating func set(_ entry: IndexEntry) {
        let at = indices.partitioningIndex { !$0.name.isBytewiseBelow(entry.name) }
        if at < indices.count && indices[at].name.utf8.elementsEqual(entry.name.utf8) {
            indices[at] = entry
        } else {
            indices.insert(entry, at: at)
        }
    }

    /// Removes the index with this name and returns it.
    @discardableResult
    package mutating func removeIndex(named name: String) -> IndexEntry? {
        guard let at = position(ofIndex: name) else { return nil }
        return indices.remove(at: at)
    }

    package func alias(named name: String) -> Alias? {
        let at = aliases.partitioningIndex { !$0.name.isBytewiseBelow(name) }
        return at < aliases.count && aliases[at].name.utf8.elementsEqual(name.utf8) ? aliases[at] : nil
    }

    /// Adds the alias, or replaces the one with its name; nil removes it.
    package mutating func setAlias(_ name: String, to content: [UInt8]?) {
        let at = aliases.partitioningIndex { !$0.name.isBytewiseBelow(name) }
        if at < aliases.count && aliases[at].name.utf8.elementsEqual(name.utf8) { aliases.remove(at: at) }
        if let content { aliases.insert(Alias(name: name, content: content), at: at) }
    }

    private func position(ofIndex name: String) -> Int? {
        let at = indices.partitioningIndex { !$0.name.isBytewiseBelow(name) }
        return at < indices.count && indices[at].name.utf8.elementsEqual(name.utf8) ? at : nil
    }
}

/// One index: what it is called, where it lies and how it was set up.
package struct IndexEntry: Equatable, Sendable {
    package static let nameBytesMax = 255
    package static let shardsMax = 1_024
    package static let mappingBytesMax = 16 << 20

    package var name: String
    package var uuid: UUID128
    /// One uuid for each shard; shard `n` lies in the directory `n`.
    package var shards: [UUID128]
    package var state: IndexState
    /// Milliseconds since 1970.
    package var createdAt: Int64
    /// By key.
    package var settings: [Setting]
    /// The explicit mapping, JSON.
    package var mapping: [UInt8]

    package init(
        name: String, uuid: UUID128, shards: [UUID128], state: IndexState = .open, createdAt: Int64,
        settings: [Setting] = [], mapping: [UInt8] = []
    ) {
        self.name = name
        self.uuid = uuid
        self.shards = shards
        self.state = state
        self.createdAt = createdAt
        self.settings = settings
        self.mapping = mapping
    }

    package func setting(_ key: String) -> String? { settings.value(of: key) }

    /// Sets or, with nil, removes a setting.
    package mutating func set(_ key: String, to value: String?) { settings.set(key, to: value) }
}

/// Raw values are part of the format.
package enum IndexState: UInt8, Sendable, CaseIterable {
    case open = 1
    case closed = 2
    /// Deleted, but points in time still read it. Its name is one that no index can have.
    case held = 3
}

/// A key and its value, both opaque.
package struct Setting: Equatable, Sendable {
    package static let countMax = 4_096
    package static let keyBytesMax = 1_024
    package static let valueBytesMax = 1 << 20

    package var key: String
    package var value: String

    package init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// Another name, and whatever the engine keeps with it.
package struct Alias: Equatable, Sendable {
    package var name: String
    package var content: [UInt8]

    package init(name: String, content: [UInt8]) {
        self.name = name
        self.content = content
    }
}

extension [Setting] {
    package func value(of key: String) -> String? {
        let at = partitioningIndex { !$0.key.isBytewiseBelow(key) }
        return at < count && self[at].key.utf8.elementsEqual(key.utf8) ? self[at].value : nil
    }

    /// Sets or, with nil, removes a setting and keeps the order.
    package mutating func set(_ key: String, to value: String?) {
        let at = partitioningIndex { !$0.key.isBytewiseBelow(key) }
        if at < count && self[at].key.utf8.elementsEqual(key.utf8) { remove(at: at) }
        if let value { insert(Setting(key, value), at: at) }
    }
}

extension String {
    /// Bytewise order of UTF-8, the order of names in files; `<` would compare characters.
    func isBytewiseBelow(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
