/// Between a mapping as its user says it, nested, and a schema's flat list of fields.
extension SchemaSnapshot {
    /// Takes a mapping in. What it says of dynamic mapping and objects replaces what was said before; fields are
    /// added. On an error the snapshot is half changed: the caller throws it away.
    mutating func merge(_ mapping: Mapping) throws(DocumentError) {
        dynamic = mapping.dynamic ?? dynamic
        detectsDates = mapping.detectsDates ?? detectsDates
        detectsNumbers = mapping.detectsNumbers ?? detectsNumbers
        generation += 1
        try merge(mapping.properties, below: "")
        for field in fields { for target in field.copyTo { try addTarget(target, of: field.path) } }
    }

    /// A field that takes copies is there from the beginning: a text like that of an unmapped string, unless the
    /// mapping says something else.
    private mutating func addTarget(_ target: String, of path: String) throws(DocumentError) {
        if let known = field(target) {
            guard known.copies == nil else {
                throw DocumentError(
                    .invalidMapping, "Cannot copy field [\(path)] to multi field [\(target)]")
            }
            return
        }
        try add(FieldDefinition(target, .text))
        var keyword = FieldDefinition(target + ".keyword", .keyword)
        keyword.ignoreAbove = 256
        keyword.copies = target
        try add(keyword)
    }

    private mutating func merge(
        _ properties: [Mapping.Property], below prefix: String, depth: Int = 0
    ) throws(DocumentError) {
        guard depth <= 20 else {
            throw DocumentError(
                .limit, "Limit of mapping depth [20] has been exceeded due to object field [\(prefix)]")
        }
        for property in properties {
            let path = prefix.isEmpty ? property.name : prefix + "." + property.name
            switch property.field.kind {
            case .object:
                let dynamic = property.field.dynamic ?? rule(of: path)?.dynamic
                try add(ObjectRule(path: path, dynamic: dynamic, isEnabled: property.field.isEnabled))
                try merge(property.field.properties, below: path, depth: depth + 1)
            case .field(let type):
                try add(property.field.definition(path, type))
                for further in property.field.fields { try addCopy(further, of: path) }
            }
        }
    }

    private mutating func addCopy(_ further: Mapping.Property, of path: String) throws(DocumentError) {
        guard case .field(let type) = further.field.kind, further.field.fields.isEmpty else {
            throw DocumentError(
                .invalidMapping, "Type [object] cannot be used in multi field: [\(path).\(further.name)]")
        }
        guard !further.name.contains(".") else {
            throw DocumentError(
                .invalidMapping,
                "Field name [\(further.name)] which is a multi field of [\(path)] cannot contain '.'")
        }
        guard further.field.copyTo.isEmpty else {
            throw DocumentError(
                .invalidMapping,
                "copy_to in multi fields is not allowed. Found the copy_to in field [\(further.name)] which is "
                    + "within a multi field.")
        }
        var definition = further.field.definition(path + "." + further.name, type)
        definition.copies = path
        try add(definition)
    }

    /// The schema in a mapping's shape: what the mapping said, with the fields that documents added.
    package var mapping: Mapping {
        var root = FieldMapping(.object)
        for rule in objects {
            root.insert(Self.parts(rule.path)) { object in
                object.dynamic = rule.dynamic
                object.isEnabled = rule.isEnabled
            }
        }
        for field in fields where field.copies == nil {
            root.insert(Self.parts(field.path)) { $0 = FieldMapping(field) }
        }
        for field in fields {
            guard let source = field.copies else { continue }
            let name = String(field.path.dropFirst(source.count + 1))
            root.insert(Self.parts(source)) { $0.fields.append(Mapping.Property(name, FieldMapping(field))) }
        }
        var mapping = Mapping(root.properties, dynamic: dynamic)
        mapping.detectsDates = detectsDates
        mapping.detectsNumbers = detectsNumbers
        return mapping
    }

    private static func parts(_ path: String) -> ArraySlice<String> {
        path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)[...]
    }
}

extension FieldMapping {
    fileprivate init(_ field: FieldDefinition) {
        self.init(.field(field.type))
        isIndexed = field.isIndexed
        hasColumn = field.hasColumn
        ignoreAbove = field.ignoreAbove
        nullValue = field.nullValue
        format = field.format
        analyzer = field.analyzer
        searchAnalyzer = field.searchAnalyzer
        copyTo = field.copyTo
        bits = field.bits
    }

    func definition(_ path: String, _ type: FieldType) -> FieldDefinition {
        var field = FieldDefinition(path, type)
        field.isIndexed = isIndexed
        field.hasColumn = hasColumn
        field.ignoreAbove = ignoreAbove
        field.nullValue = nullValue
        field.format = format
        field.analyzer = analyzer
        field.searchAnalyzer = searchAnalyzer
        field.copyTo = copyTo
        field.bits = bits
        return field
    }

    /// Changes the mapping at a path below this object, with the objects in between.
    fileprivate mutating func insert(_ path: ArraySlice<String>, _ change: (inout FieldMapping) -> Void) {
        guard let name = path.first else { return change(&self) }
        let place =
            properties.firstIndex { $0.name == name }
            ?? {
                properties.append(Mapping.Property(name, FieldMapping(.object)))
                return properties.count - 1
            }()
        properties[place].field.insert(path.dropFirst(), change)
    }
}
