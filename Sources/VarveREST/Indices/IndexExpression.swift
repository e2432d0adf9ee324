import Varve
import VarveBytes

/// Finding the indices that a request names: lists, patterns, `_all`, and `-` for what is left out again.
///
/// Whatever a request reads or writes passes through `admit`, as concrete indices.
extension Call {
    /// The one place that knows both what is done, `action`, and to which concrete indices. It lets all pass or
    /// throws.
    func admit(_ indices: [Index]) throws(RESTError) -> [Index] { indices }

    /// - Parameter expression: Nil or empty for all.
    func indices(
        _ expression: String?, _ options: IndexOptions = IndexOptions()
    ) throws(RESTError) -> [Index] {
        try admit(try resolve(expression, options))
    }

    private func resolve(_ expression: String?, _ options: IndexOptions) throws(RESTError) -> [Index] {
        let all = store.indices
        let names = (expression ?? "").split(separator: ",").map(String.init)
        if names.isEmpty || names == ["_all"] {
            let found = options.expandsOpen ? all : []
            if found.isEmpty && !options.allowsNone { throw .noSuchIndex(expression ?? "_all") }
            return found
        }
        var found: [Index] = []
        var sawPattern = false
        for name in names {
            if sawPattern, name.hasPrefix("-") {
                let excluded = String(name.dropFirst())
                found.removeAll { Wildcard.matches($0.name, excluded) }
            } else if name.contains("*") {
                sawPattern = true
                let matches = options.expandsOpen ? all.filter { Wildcard.matches($0.name, name) } : []
                if matches.isEmpty && !options.allowsNone { throw .noSuchIndex(name) }
                for index in matches where !found.contains(where: { $0.name == index.name }) {
                    found.append(index)
                }
            } else if let index = all.first(where: { $0.name == name }) {
                if !found.contains(where: { $0.name == name }) { found.append(index) }
            } else if !options.ignoresUnavailable {
                throw IndexNames.missing(name)
            }
        }
        return found
    }

    /// The one index that a document call names.
    func index(_ name: String) throws(RESTError) -> Index {
        guard let index = try? store.index(name) else { throw IndexNames.missing(name) }
        return try admit([index])[0]
    }

    /// The index that a write goes to, made if it is missing.
    func indexToWrite(_ name: String) async throws(RESTError) -> Index {
        if let index = try? store.index(name) { return try admit([index])[0] }
        try IndexNames.check(name)
        do { return try await store.createIndex(name, mapping: [:], shards: 1, settings: []) } catch {
            // Somebody else may have made it meanwhile.
            if let index = try? store.index(name) { return index }
            throw RESTError(error)
        }
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

    func setting(_ key: String) -> String? { settings.first { $0.key == key }?.value }

    var replicaCount: Int { setting("index.number_of_replicas").flatMap { Int($0) } ?? 1 }
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
