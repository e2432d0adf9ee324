package import VarveBytes
package import VarveDocument
import VarveFiles
package import VarveManifest

/// Changing what the catalog says: indices, their states and settings, aliases, settings of the store.
///
/// Each change is one generation of the catalog: durable when the call returns, and nothing of it after a crash
/// before. Changes are rare and one at a time.
extension StoreEngine {
    /// A setting of the store: what a deleted index was called that points in time still name.
    static let deletedNamePrefix = "varve.deleted."

    // MARK: What it says

    package var aliases: [String: [AliasMember]] { directory.withLock { $0.aliases } }

    /// Settings of the whole store, without those that are the engine's own.
    package var storeSettings: [(key: String, value: String)] {
        directory.withLock { $0.settings }.filter { !$0.key.hasPrefix(Self.deletedNamePrefix) }
            .map { ($0.key, $0.value) }
    }

    /// An index by uuid, also one that is deleted and held.
    package func index(_ uuid: UUID128) -> IndexEngine? {
        directory.withLock { directory in
            directory.held[uuid] ?? directory.indices.values.first { $0.uuid == uuid }
        }
    }

    /// The name that a deleted index had, while points in time name it.
    package func deletedName(ofIndex uuid: UUID128) -> String? {
        directory.withLock { $0.settings.value(of: Self.deletedNamePrefix + uuid.hex) }
    }

    // MARK: Changes

    /// Makes an index. It is durable when this returns: a crash before leaves nothing of it.
    package func createIndex(
        _ name: String, mapping: Mapping, shardCount: Int = 1,
        settings: [(key: String, value: String)] = [],
        aliases: [(name: String, member: AliasMember)] = []
    ) throws(EngineError) -> IndexEngine {
        try IndexName.check(name)
        guard (1...IndexEntry.shardsMax).contains(shardCount) else {
            throw .invalid("\(shardCount) shards; an index has 1 to \(IndexEntry.shardsMax)")
        }
        let index = try changeCatalog { (draft) throws(EngineError) in
            if draft.catalog.index(named: name) != nil || draft.aliases[name] != nil {
                throw .exists("index \(IndexName.quoted(name)) exists already")
            }
            var entry = IndexEntry(
                name: name, uuid: environment.random.uuid(),
                shards: (0..<shardCount).map { _ in environment.random.uuid() },
                createdAt: environment.clock.wallMilliseconds, mapping: Array(mapping.json.utf8))
            for setting in settings { entry.set(setting.key, to: setting.value) }
            let schema: Schema
            do throws(DocumentError) { schema = try Schema(mapping) } catch { throw .document(error) }
            let shards = try ShardOpening(services).create(entry, schema: schema)
            draft.catalog.set(entry)
            for alias in aliases {
                var member = alias.member
                member.index = entry.uuid
                draft.aliases[alias.name, default: []].append(member)
            }
            let index = IndexEngine(entry: entry, schema: schema, shards: shards)
            draft.added = index
            return index
        }
        background.wake(.timer)
        return index
    }

    /// Takes a mapping into the one of an index. It is durable when this returns; on an error nothing changes.
    package func extendMapping(ofIndex name: String, with mapping: Mapping) throws(EngineError) {
        try changeCatalog { (draft) throws(EngineError) in
            let schema = try index(named: name).schema
            guard var entry = draft.catalog.index(named: name) else { throw .notFound("no index") }
            let merged: SchemaSnapshot
            do throws(DocumentError) { merged = try schema.merge(mapping) } catch {
                throw .document(error)
            }
            entry.mapping = Array(merged.mapping.json.utf8)
            draft.catalog.set(entry)
        }
    }

    /// Deletes an index and its data. Points in time over it stay listed; what becomes of them is theirs to say.
    package func deleteIndex(named name: String) throws(EngineError) {
        try changeCatalog { (draft) throws(EngineError) in try draft.remove(try index(named: name)) }
    }

    /// Sets or, with nil, removes settings of indices.
    package func changeSettings(
        ofIndices names: [String], _ changes: [(key: String, value: String?)]
    ) throws(EngineError) {
        try changeCatalog { (draft) throws(EngineError) in
            for name in names {
                guard var entry = draft.catalog.index(named: name) else {
                    throw .notFound("no index is named \(IndexName.quoted(name))")
                }
                for change in changes { entry.set(change.key, to: change.value) }
                draft.catalog.set(entry)
            }
        }
    }

    /// Opens or closes indices. What points in time held of a closed index has to be given back: `losePins`.
    package func setState(ofIndices names: [String], to state: IndexState) throws(EngineError) {
        try changeCatalog { (draft) throws(EngineError) in
            for name in names {
                guard var entry = draft.catalog.index(named: name) else {
                    throw .notFound("no index is named \(IndexName.quoted(name))")
                }
                entry.state = state
                draft.catalog.set(entry)
            }
        }
    }

    /// Sets or, with nil, removes settings of the store.
    package func changeStoreSettings(_ changes: [(key: String, value: String?)]) throws(EngineError) {
        try changeCatalog { (draft) throws(EngineError) in
            for change in changes { draft.catalog.settings.set(change.key, to: change.value) }
        }
    }

    /// A change of the catalog that was not published yet.
    package struct CatalogDraft {
        var catalog: Catalog
        package var aliases: [String: [AliasMember]]
        fileprivate(set) var removed: [IndexEngine] = []
        var added: IndexEngine?
        private let store: StoreEngine

        init(_ catalog: Catalog, _ aliases: [String: [AliasMember]], _ store: StoreEngine) {
            self.catalog = catalog
            self.aliases = aliases
            self.store = store
        }

        /// Removes an index from the catalog and the aliases; holds it if points in time keep it.
        package mutating func remove(_ index: IndexEngine) throws(EngineError) {
            guard var entry = catalog.removeIndex(named: index.name) else {
                throw .notFound("no index is named \(IndexName.quoted(index.name))")
            }
            for (name, members) in aliases {
                let left = members.filter { $0.index != index.uuid }
                aliases[name] = left.isEmpty ? nil : left
            }
            switch store.need(of: index.uuid) {
            case .nothing: break
            case .name: catalog.settings.set(StoreEngine.deletedNamePrefix + index.uuid.hex, to: index.name)
            case .data:
                entry.set(IndexEngine.heldNameKey, to: index.name)
                entry.name = "/" + index.uuid.hex
                entry.state = .held
                catalog.set(entry)
            }
            removed.append(index)
        }
    }

    /// Makes one change of the catalog, and then of what is in memory.
    @discardableResult
    package func changeCatalog<Answer>(
        _ body: (inout CatalogDraft) throws(EngineError) -> Answer
    ) throws(EngineError) -> Answer {
        var gone: [IndexEngine] = []
        let answer = try catalog.withLock { (state) throws(EngineError) -> Answer in
            if directory.withLock({ $0.isClosed }) { throw .closed }
            let next = state.catalog.successor(committedAt: environment.clock.wallMilliseconds)
            var draft = CatalogDraft(next, aliases, self)
            let answer = try body(&draft)
            draft.writeAliases()
            if draft.catalog.saysTheSame(as: state.catalog) { return answer }
            do throws(PublishFailure) { try catalogs.publish(draft.catalog) } catch {
                throw EngineError(error)
            }
            state.catalog = draft.catalog
            gone = adopt(draft)
            return answer
        }
        discard(gone)
        return answer
    }

    /// Brings memory up to what was published.
    ///
    /// - Returns: The indices whose data may go.
    private func adopt(_ draft: CatalogDraft) -> [IndexEngine] {
        directory.withLock { directory in
            directory.aliases = draft.aliases
            directory.settings = draft.catalog.settings
            if let added = draft.added {
                directory.indices[added.name] = added
                for shard in added.shards { directory.shards[shard.uuid] = shard }
            }
            var gone: [IndexEngine] = []
            for index in draft.removed {
                directory.indices[index.name] = nil
                directory.held[index.uuid] = nil
                if let entry = draft.catalog.indices.first(where: { $0.uuid == index.uuid }) {
                    index.adopt(entry)
                    directory.held[index.uuid] = index
                    for shard in index.shards { shard.poison(.notFound("the index was deleted")) }
                } else {
                    for shard in index.shards { directory.shards[shard.uuid] = nil }
                    gone.append(index)
                }
            }
            for entry in draft.catalog.indices {
                if let index = directory.indices[entry.name], index.entry != entry { index.adopt(entry) }
            }
            return gone
        }
    }

    /// The catalog no longer names them; what cannot be removed now goes at the next open.
    private func discard(_ indices: [IndexEngine]) {
        for index in indices {
            for shard in index.shards { shard.abandon() }
            StoreCleaning(environment).removeIndexDirectory(index.uuid)
        }
    }

    // MARK: What deleted indices leave behind

    /// What points in time need of an index that is deleted.
    enum Need { case nothing, name, data }

    func need(of index: UUID128) -> Need {
        var need = Need.nothing
        for record in allRecords where record.targets.list.contains(where: { $0.index == index }) {
            if record.policy == .keep { return .data }
            need = .name
        }
        return need
    }

    /// Deleted indices that points in time keep.
    package var heldCount: Int { directory.withLock { $0.held.count } }

    /// Lets go of what was kept of deleted indices for points in time that have ended since. Run by the timer.
    package func releaseHeld() {
        let (isDue, held, names) = directory.withLock { directory in
            defer { directory.mayRelease = false }
            return (
                directory.mayRelease && !directory.isClosed, Array(directory.held.values),
                directory.settings.filter { $0.key.hasPrefix(Self.deletedNamePrefix) }
            )
        }
        guard isDue, !held.isEmpty || !names.isEmpty else { return }
        let used = Set(allRecords.flatMap { $0.targets.list.map(\.index) })
        let unused = held.filter { !used.contains($0.uuid) }
        let forgotten = names.filter { name in
            !used.contains { name.key == Self.deletedNamePrefix + $0.hex }
        }
        guard !unused.isEmpty || !forgotten.isEmpty else { return }
        do throws(EngineError) {
            try changeCatalog { (draft) throws(EngineError) in
                for index in unused { draft.release(index) }
                for setting in forgotten { draft.catalog.settings.set(setting.key, to: nil) }
            }
        } catch {
            // The next look tries again.
            directory.withLock { $0.mayRelease = true }
        }
    }
}

extension StoreEngine.CatalogDraft {
    fileprivate mutating func release(_ index: IndexEngine) {
        catalog.removeIndex(named: "/" + index.uuid.hex)
        removed.append(index)
    }

    fileprivate mutating func writeAliases() {
        for alias in catalog.aliases where aliases[alias.name] == nil {
            catalog.setAlias(alias.name, to: nil)
        }
        for (name, members) in aliases { catalog.setAlias(name, to: AliasContent(members).encoded) }
    }
}

extension Catalog {
    fileprivate func saysTheSame(as other: Catalog) -> Bool {
        indices == other.indices && aliases == other.aliases && settings == other.settings
    }
}
