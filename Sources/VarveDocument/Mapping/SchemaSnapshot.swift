/// The fields of an index at one moment: the mapping that its user gave, flattened, and what documents added.
///
/// A field's number is its place in `fields`. The list only grows, so values numbered with one snapshot mean the
/// same with every later one. Looking up is by dotted path.
package struct SchemaSnapshot: Sendable, Equatable {
    package static let fieldsMax = 1_000
    package static let pathBytesMax = 255

    package internal(set) var fields: [FieldDefinition] = []
    /// What the mapping says of objects; an object it says nothing of is not listed.
    package internal(set) var objects: [ObjectRule] = []
    package internal(set) var dynamic = Mapping.Dynamic.on
    package internal(set) var detectsDates = true
    package internal(set) var detectsNumbers = false
    /// Grows with every change.
    package internal(set) var generation: UInt64 = 0

    private var numbers: [String: Int] = [:]
    /// Field numbers of the multi-fields by the path whose values they take.
    private var copies: [String: [Int]] = [:]
    /// Every path that has fields below it, and its place in `objects` or -1.
    private var objectPlaces: [String: Int] = [:]

    package struct ObjectRule: Hashable, Sendable {
        package var path: String
        /// nil takes the parent's.
        package var dynamic: Mapping.Dynamic?
        package var isEnabled = true
    }

    package init() {}

    // MARK: Looking up

    /// The number of the field with this path.
    package func number(of path: String) -> Int? { numbers[path] }

    package func field(_ path: String) -> FieldDefinition? { numbers[path].map { fields[$0] } }

    /// Numbers of the multi-fields that take the values of `path`.
    package func copies(of path: String) -> [Int] { copies[path] ?? [] }

    /// Whether fields lie below this path.
    package func isObject(_ path: String) -> Bool { objectPlaces[path] != nil }

    package func rule(of path: String) -> ObjectRule? {
        guard let place = objectPlaces[path], place >= 0 else { return nil }
        return objects[place]
    }

    // MARK: Growing

    /// Adds a field, or refuses it without a change.
    package mutating func add(_ field: FieldDefinition) throws(DocumentError) {
        try Self.checkPath(field.path)
        let prefixes = field.copies == nil ? Self.prefixes(of: field.path) : []
        for prefix in prefixes {
            if let leaf = self.field(prefix) { throw Self.notAnObject(field.path, leaf) }
        }
        if let known = numbers[field.path] {
            guard fields[known] == field else { throw Self.changed(fields[known], field) }
            return
        }
        guard objectPlaces[field.path] == nil else {
            throw DocumentError(
                .objectConflict,
                "object mapping for [\(field.path)] tried to parse field [\(field.path)] as object, "
                    + "but found a concrete value")
        }
        guard fields.count < Self.fieldsMax else {
            throw DocumentError(
                .fieldLimit, "Limit of total fields [\(Self.fieldsMax)] has been exceeded")
        }
        for prefix in prefixes where objectPlaces[prefix] == nil { objectPlaces[prefix] = -1 }
        numbers[field.path] = fields.count
        if let source = field.copies { copies[source, default: []].append(fields.count) }
        fields.append(field)
        generation += 1
    }

    /// Sets what the mapping says of an object, or refuses it without a change.
    package mutating func add(_ rule: ObjectRule) throws(DocumentError) {
        try Self.checkPath(rule.path)
        for prefix in Self.prefixes(of: rule.path) + [rule.path] {
            if let leaf = field(prefix) { throw Self.notAnObject(rule.path, leaf) }
        }
        for prefix in Self.prefixes(of: rule.path) where objectPlaces[prefix] == nil {
            objectPlaces[prefix] = -1
        }
        if let place = objectPlaces[rule.path], place >= 0 {
            objects[place] = rule
        } else {
            guard objects.count < Self.fieldsMax else {
                throw DocumentError(
                    .fieldLimit, "Limit of total fields [\(Self.fieldsMax)] has been exceeded")
            }
            objectPlaces[rule.path] = objects.count
            objects.append(rule)
        }
        generation += 1
    }

    // MARK: Rules

    /// `a` and `a.b` for `a.b.c`.
    static func prefixes(of path: String) -> [String] {
        var found: [String] = []
        for at in path.indices where path[at] == "." { found.append(String(path[..<at])) }
        return found
    }

    static func checkPath(_ path: String) throws(DocumentError) {
        guard path.utf8.count <= pathBytesMax else {
            throw DocumentError(
                .limit, "a field name has at most \(pathBytesMax) bytes, this one has \(path.utf8.count)")
        }
        let bytes = [UInt8](path.utf8)
        let isBad = bytes.indices.contains { at in
            bytes[at] == 0x2E && (at == 0 || at == bytes.count - 1 || bytes[at + 1] == 0x2E)
        }
        guard !bytes.isEmpty && !isBad else {
            throw DocumentError(
                .invalidMapping, "name cannot be empty string, nor start or end with a dot: [\(path)]")
        }
    }

    private static func notAnObject(_ path: String, _ leaf: FieldDefinition) -> DocumentError {
        DocumentError(
            .objectConflict,
            "Could not dynamically add mapping for field [\(path)]. Existing mapping for [\(leaf.path)] must be "
                + "of type object but found [\(leaf.typeName)].")
    }

    private static func changed(_ old: FieldDefinition, _ new: FieldDefinition) -> DocumentError {
        let what =
            old.typeName != new.typeName
            ? "from type [\(old.typeName)] to [\(new.typeName)]" : "in the parameters of its type"
        return DocumentError(.mappingConflict, "mapper [\(old.path)] cannot be changed \(what)")
    }
}
