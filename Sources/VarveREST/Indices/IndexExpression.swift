import Varve
import VarveBytes
import VarveManifest

/// Finding the indices that a request names: lists, patterns, `_all`, and `-` for what is left out again.
///
/// Whatever a request reads or writes passes through `admit`, as concrete indices.
extension Call {
    /// - Parameter expression: Nil or empty for all.
    func indices(
        _ expression: String?, _ options: IndexOptions = IndexOptions()
    ) throws(RESTError) -> [Index] {
        try admit(try resolve(expression, options).map(\.index))
    }

    func resolve(_ expression: String?, _ options: IndexOptions) throws(RESTError) -> [ResolvedIndex] {
        if let expression, let index = try? store.index(expression), index.isOpen {
            var resolved = ResolvedIndex(index: index)
            resolved.isDirect = true
            return [resolved]
        }
        var resolution = IndexResolution(store, options)
        return try resolution.resolve(expression)
    }

    /// The one index that a document call reads, and the routing that an alias adds.
    func document(_ name: String, routing: String?) throws(RESTError) -> DocumentTarget {
        if let index = try? store.index(name) {
            if !index.isOpen { throw .indexClosed(index) }
            return DocumentTarget(index: try admit([index])[0], routing: routing)
        }
        guard let members = store.aliases[name] else {
            try admit(Actions.onEachIndex(action), names: [name])
            throw IndexNames.missing(name)
        }
        let indices = store.indices.filter { index in members.contains { $0.index == index.uuid } }
        guard indices.count == 1, let member = members.first else {
            let names = indices.map(\.name).joined(separator: ", ")
            throw .illegalArgument(
                "alias [\(name)] has more than one index associated with it [\(names)], can't execute a "
                    + "single index op")
        }
        if !indices[0].isOpen { throw .indexClosed(indices[0]) }
        return DocumentTarget(
            index: try admit(indices)[0], routing: try member.resolved(routing, alias: name))
    }

    /// The one index that a call reads which names no document.
    func index(_ name: String) throws(RESTError) -> Index { try document(name, routing: nil).index }

    /// The index that a write goes to, made if it is missing.
    func target(
        _ name: String, routing: String?, requiresAlias: Bool, makesIndex: Bool = true,
        isDeletion: Bool = false
    ) async throws(RESTError) -> DocumentTarget {
        if let members = store.aliases[name] {
            let member = try AliasMember.toWrite(members, alias: name)
            guard let index = store.indices.first(where: { $0.uuid == member.index }) else {
                throw IndexNames.missing(name)
            }
            if !index.isOpen { throw .indexClosed(index) }
            let admitted = try admit([index])[0]
            try Self.checkPush(to: admitted, isDeletion: isDeletion)
            return DocumentTarget(index: admitted, routing: try member.resolved(routing, alias: name))
        }
        if requiresAlias {
            throw RESTError(
                404,
                ErrorDetail(
                    "index_not_found_exception",
                    "no such index [\(name)] and [require_alias] request flag is [true] and [\(name)] "
                        + "is not an alias",
                    extra: [.init("index", .string(name)), .init("index_uuid", .string("_na_"))]))
        }
        if let index = try? store.index(name) {
            if !index.isOpen { throw .indexClosed(index) }
            let admitted = try admit([index])[0]
            try Self.checkPush(to: admitted, isDeletion: isDeletion)
            return DocumentTarget(index: admitted, routing: routing)
        }
        guard makesIndex else {
            try admit(Actions.onEachIndex(action), names: [name])
            throw IndexNames.missing(name)
        }
        return DocumentTarget(index: try await makeIndex(name), routing: routing)
    }

    /// Throws if the index takes no writes, or takes them from its stream alone.
    static func checkPush(to index: Index, isDeletion: Bool) throws(RESTError) {
        try IndexBlock.check(index, .write)
        if index.isPulled { throw .pushRefused(isDeletion: isDeletion) }
    }

    private func makeIndex(_ name: String) async throws(RESTError) -> Index {
        try IndexNames.check(name)
        try service.settings.checkAutomaticCreation(of: name)
        try admit(Actions.onEachIndex(action) + ["indices:admin/create"], names: [name])
        do { return try await store.createIndex(name, mapping: [:], shards: 1, settings: []) } catch {
            // Somebody else may have made it meanwhile.
            if let index = try? store.index(name) { return index }
            throw RESTError(error)
        }
    }
}

/// Where one document lies: its index, and the routing value in force.
struct DocumentTarget: Sendable {
    let index: Index
    let routing: String?

    /// The number of the shard that holds a document.
    func shardNumber(of id: String) -> Int {
        routing.map { index.shardNumber(routing: $0) } ?? index.shardNumber(of: id)
    }
}

extension AliasMember {
    /// The routing of a document that is reached through the alias.
    fileprivate func resolved(_ routing: String?, alias: String) throws(RESTError) -> String? {
        guard let own = indexRouting else { return routing }
        guard !own.contains(",") else {
            throw .illegalArgument(
                "index/alias [\(alias)] provided with routing value [\(own)] that resolved to several routing "
                    + "values, rejecting operation")
        }
        if let routing, routing != own {
            throw .illegalArgument(
                "Alias [\(alias)] has index routing associated with it [\(own)], and was provided with routing "
                    + "value [\(routing)], rejecting operation")
        }
        return own
    }

    /// The member that a write through the alias goes to.
    fileprivate static func toWrite(
        _ members: [AliasMember], alias: String
    ) throws(RESTError) -> AliasMember {
        if let chosen = members.first(where: { $0.isWriteIndex == true }) { return chosen }
        if members.count == 1, members[0].isWriteIndex != false { return members[0] }
        throw .illegalArgument(
            "no write index is defined for alias [\(alias)]. The write index may be explicitly disabled using "
                + "is_write_index=false or the alias points to multiple indices without one being designated as a "
                + "write index")
    }
}

/// The rules for names, in OpenSearch's words and order.
enum IndexNames {
    static func check(_ name: String) throws(RESTError) {
        func refuse(_ rule: String) -> RESTError {
            RESTError(
                400,
                ErrorDetail(
                    "invalid_index_name_exception", "Invalid index name [\(name)], \(rule)",
                    extra: [.init("index", .string(name)), .init("index_uuid", .string("_na_"))]))
        }
        let bytes = Array(name.utf8)
        if bytes.isEmpty { throw refuse("must not be empty") }
        let forbidden = Array(" \"*\\<|,>/?".utf8)
        if bytes.contains(where: { forbidden.contains($0) || $0 < 0x20 || $0 == 0x7F }) {
            throw refuse("must not contain the following characters [ , \", *, \\, <, |, ,, >, /, ?]")
        }
        if bytes.contains(0x23) { throw refuse("must not contain '#'") }
        if bytes.contains(0x3A) { throw refuse("must not contain ':'") }
        if let first = bytes.first, "_-+".utf8.contains(first) {
            throw refuse("must not start with '_', '-', or '+'")
        }
        if bytes.count > 255 { throw refuse("index name is too long, (\(bytes.count) > 255)") }
        if name == "." || name == ".." { throw refuse("must not be '.' or '..'") }
        if name.lowercased() != name { throw refuse("must be lowercase") }
    }

    /// The error for a name that no index has: a name that none can have is invalid.
    static func missing(_ name: String) -> RESTError {
        if name.hasPrefix("_") {
            return RESTError(
                400,
                ErrorDetail(
                    "invalid_index_name_exception", "Invalid index name [\(name)], must not start with '_'.",
                    extra: [.init("index", .string(name)), .init("index_uuid", .string("_na_"))]))
        }
        return .noSuchIndex(name)
    }
}

extension Index {
    /// 22 characters of base64url.
    var wireUUID: String { uuid.wireText }

    var replicaCount: Int { setting("index.number_of_replicas").flatMap { Int($0) } ?? 1 }
    var isHidden: Bool { setting("index.hidden") == "true" }
    var slicesMax: Int { setting("index.max_slices_per_pit").flatMap { Int($0) } ?? 1_024 }
    var resultWindow: Int { setting("index.max_result_window").flatMap { Int($0) } ?? 10_000 }
}

extension UUID128 {
    var wireText: String {
        var bytes: [UInt8] = []
        for half in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: half >> UInt64(shift)))
            }
        }
        return Base64URL.encode(bytes)
    }
}
