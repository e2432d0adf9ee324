import VarveBytes

extension Catalog {
    /// The first invariant that this catalog breaks, in words, or nil. A decoder throws it as damage, a
    /// publisher refuses the catalog.
    package var brokenRule: String? {
        if generation == 0 || previousGeneration >= generation || generation >= FileName.numberLimit {
            return "generation \(generation) cannot follow \(previousGeneration)"
        }
        if indices.count > Self.indicesMax { return "\(indices.count) indices" }
        if aliases.count > Self.aliasesMax { return "\(aliases.count) aliases" }
        if let rule = settings.brokenRule { return rule }
        for index in indices {
            if let rule = index.brokenRule { return "index \(index.name): \(rule)" }
        }
        for alias in aliases {
            if !(1...IndexEntry.nameBytesMax).contains(alias.name.utf8.count) {
                return "an alias name's length"
            }
            if alias.content.count > Self.aliasBytesMax { return "alias \(alias.name) is too long" }
        }
        if !indices.map(\.name).ascendBytewise { return "index names do not ascend" }
        if !aliases.map(\.name).ascendBytewise { return "alias names do not ascend" }
        return brokenRuleOfUUIDs
    }

    /// Indices and shards have uuids of their own.
    private var brokenRuleOfUUIDs: String? {
        var uuids = indices.map(\.uuid)
        for index in indices { uuids += index.shards }
        uuids.sort()
        for (left, right) in zip(uuids, uuids.dropFirst()) where left == right {
            return "the uuid \(left) stands twice"
        }
        return nil
    }
}

extension IndexEntry {
    var brokenRule: String? {
        if !(1...Self.nameBytesMax).contains(name.utf8.count) { return "a name of \(name.utf8.count) bytes" }
        if !(1...Self.shardsMax).contains(shards.count) { return "\(shards.count) shards" }
        if mapping.count > Self.mappingBytesMax { return "a mapping of \(mapping.count) bytes" }
        return settings.brokenRule
    }
}

extension [Setting] {
    var brokenRule: String? {
        if count > Setting.countMax { return "\(count) settings" }
        for setting in self {
            if setting.key.utf8.count > Setting.keyBytesMax { return "a setting's key is too long" }
            if setting.value.utf8.count > Setting.valueBytesMax {
                return "setting \(setting.key) is too long"
            }
        }
        return map(\.key).ascendBytewise ? nil : "keys of settings do not ascend"
    }
}

extension [String] {
    var ascendBytewise: Bool { zip(self, dropFirst()).allSatisfy { $0.isBytewiseBelow($1) } }
}
