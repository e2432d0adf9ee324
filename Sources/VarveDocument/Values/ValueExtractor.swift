import VarveBytes

/// Turns parsed documents into field values: the inner loop of indexing.
///
/// It keeps what it learned from document to document: the parser's paths, and what each path means in the
/// schema. Values of documents follow one another in `sink`. A document that is refused leaves no value and no
/// field behind.
///
/// A *lenient* extractor serves replay: what was accepted once is never refused again, so a value that does not
/// fit is left out.
struct ValueExtractor: ~Copyable {
    let schema: Schema
    let isLenient: Bool
    var parser: JSONParser
    var snapshot: SchemaSnapshot
    var sink = ValueSink()
    /// Memory for a string whose escapes are undone.
    private var spare: ByteBuffer?
    /// By path node.
    var bindings = ItemBuffer<FieldBinding>(capacity: 64)
    var chain = ItemBuffer<FieldBinding>(capacity: 16)
    /// Fields that the current document would add, and the nodes that were bound to them.
    var newFields: [FieldDefinition] = []
    var newNodes: [Int] = []
    private var pathGeneration: UInt64 = 0

    /// Documents that are refused may leave links of `chain` behind; at so many, all bindings are made anew.
    private static let chainMax = 16_384

    init(schema: Schema, limits: JSONLimits, seed: UInt64, isLenient: Bool) {
        self.schema = schema
        self.isLenient = isLenient
        parser = JSONParser(limits: limits, seed: seed)
        snapshot = schema.snapshot
    }

    /// Takes what others have added to the schema, once a batch. Missing it would do no harm: what is added to an
    /// older schema is thought over.
    mutating func refresh() {
        if schema.generation != snapshot.generation { adopt(schema.snapshot) }
    }

    mutating func adopt(_ newer: SchemaSnapshot) {
        snapshot = newer
        forgetBindings()
    }

    private mutating func forgetBindings() {
        bindings.removeAll()
        chain.removeAll()
    }

    /// Appends the values of the object at tape index `start`. The text has just been parsed.
    ///
    /// - Parameter id: For messages only; empty if they are to leave it out.
    mutating func extract(_ bytes: RawSpan, at start: Int, id: RawSpan) throws(DocumentError) {
        if parser.paths.generation != pathGeneration || chain.count > Self.chainMax {
            pathGeneration = parser.paths.generation
            forgetBindings()
        }
        let (valueCount, stringCount) = (sink.values.count, sink.strings.count)
        while true {
            bindings.append(
                repeating: FieldBinding(.unresolved), count: max(0, parser.paths.count - bindings.count))
            do throws(ValueFault) {
                try walk(bytes, start)
            } catch {
                let wording = describe(error, bytes, id: id)
                undo(valueCount, stringCount)
                throw wording
            }
            if sink.isOverfull {
                undo(valueCount, stringCount)
                throw DocumentError(.limit, "a batch has at most \(ValueSink.valuesMax) values")
            }
            if newFields.isEmpty { return }
            do throws(DocumentError) {
                if let newer = try schema.add(newFields, since: snapshot.generation) {
                    keepNewFields(newer)
                    return
                }
                // Somebody else changed the schema: look at the document again.
                undo(valueCount, stringCount)
                adopt(schema.snapshot)
            } catch {
                let nodes = newNodes
                undo(valueCount, stringCount)
                if !isLenient { throw error }
                for node in nodes { bindings[node] = FieldBinding(.ignored) }
            }
        }
    }

    /// What was unmapped may now be a field or an object, by another spelling of its path: `a.b` for `a` and `b`.
    mutating func keepNewFields(_ newer: SchemaSnapshot) {
        snapshot = newer
        newFields.removeAll()
        newNodes.removeAll()
        for node in 0..<bindings.count where bindings[node].kind == .unmapped {
            bindings[node] = FieldBinding(.unresolved)
        }
    }

    private mutating func undo(_ valueCount: Int, _ stringCount: Int) {
        sink.values.truncate(to: valueCount)
        sink.strings.truncate(to: stringCount)
        for node in newNodes { bindings[node] = FieldBinding(.unresolved) }
        newFields.removeAll()
        newNodes.removeAll()
    }

    /// Goes over the tape of one object. There is no stack: the end of a container names the node that the
    /// container belongs to, which is what the next element of an enclosing array belongs to as well.
    private mutating func walk(_ bytes: RawSpan, _ start: Int) throws(ValueFault) {
        let end = parser[start].end
        var at = start &+ 1
        var node = 0
        while at < end {
            let word = parser[at]
            switch word.tag {
            case .key:
                node = word.node
                at &+= 1
                if bindings[node].kind == .unresolved { bindings[node] = resolve(node) }
            case .object:
                at = try enter(node, at, word) ? at &+ 1 : word.end &+ 1
            case .array:
                at = bindings[node].kind == .ignored ? word.end &+ 1 : at &+ 1
            case .objectEnd, .arrayEnd:
                node = word.node
                at &+= 1
            case .integer:
                if bindings[node].isPlainLong {
                    sink.values.append(
                        FieldValue(field: bindings[node].field, payload: parser.integer(at: at)))
                } else {
                    try take(word, at, node, bytes)
                }
                at &+= 2
            case .bigInteger, .real, .bigReal:
                try take(word, at, node, bytes)
                at &+= 2
            case .removed: at = word.end
            case .null:
                if bindings[node].kind != .field || bindings[node].hasNullValue {
                    try takeNull(at, node)
                }
                at &+= 1
            default:
                try take(word, at, node, bytes)
                at &+= 1
            }
        }
    }

    /// Whether to go into the object that is the value of `node`.
    private func enter(_ node: Int, _ at: Int, _ word: JSONWord) throws(ValueFault) -> Bool {
        switch bindings[node].kind {
        case .object, .unmapped: return true
        case .ignored: return false
        case .field: return try refuse(.objectForValue, at, node)
        case .strict: return try refuse(.strict, at, node)
        case .metadata: return try refuse(.metadata, at, node)
        case .impossible, .unresolved: return try refuse(.impossible, at, node)
        }
    }

    /// Throws, or answers false if what does not fit is to be left out.
    private func refuse(_ rule: ValueRule, _ at: Int, _ node: Int) throws(ValueFault) -> Bool {
        if isLenient { return false }
        throw ValueFault(rule: rule, index: at, node: node, field: bindings[node].field)
    }

    /// Takes a string, number or boolean to all fields that want it.
    private mutating func take(
        _ word: JSONWord, _ at: Int, _ node: Int, _ bytes: RawSpan
    ) throws(ValueFault) {
        var binding = bindings[node]
        if binding.kind != .field {
            guard try bind(node, word, at, bytes) else { return }
            binding = bindings[node]
        }
        while true {
            do throws(ValueRule) {
                try convert(word, at, bytes, binding)
            } catch {
                if !isLenient {
                    throw ValueFault(rule: error, index: at, node: node, field: binding.field)
                }
            }
            if binding.next == FieldBinding.none { return }
            binding = chain[Int(binding.next)]
        }
    }

    @inline(__always)
    private mutating func convert(
        _ word: JSONWord, _ at: Int, _ bytes: RawSpan, _ binding: FieldBinding
    ) throws(ValueRule) {
        switch word.tag {
        case .integer:
            if binding.type == .long && binding.bits == 64 {
                sink.append(parser.integer(at: at), binding)
            } else {
                try sink.take(parser.integer(at: at), bytes.slice(word.offset, word.count), binding)
            }
        case .string:
            try sink.takeString(bytes.slice(word.offset, word.count), isASCII: true, binding)
        case .unicodeString:
            try sink.takeString(bytes.slice(word.offset, word.count), isASCII: false, binding)
        case .escapedString:
            let text = unescaped(word, bytes)
            try sink.takeString(unescaped: text, binding)
            spare = consume text
        case .real:
            try sink.take(parser.real(at: at), bytes.slice(word.offset, word.count), binding)
        case .bigReal:
            try sink.takeUndecoded(bytes.slice(word.offset, word.count), isInteger: false, binding)
        case .bigInteger:
            try sink.takeUndecoded(bytes.slice(word.offset, word.count), isInteger: true, binding)
        case .true, .false:
            try sink.take(word.tag == .true, bytes.slice(word.offset, word.count), binding)
        default: break
        }
    }

    /// What an escaped string says, in the spare memory.
    mutating func unescaped(_ word: JSONWord, _ bytes: RawSpan) -> ByteBuffer {
        var text = spare.take() ?? ByteBuffer(capacity: 256)
        text.removeAll()
        JSONText.unescape(bytes.slice(word.offset, word.count), into: &text)
        return text
    }

    /// Makes sure that a value may go to `node`; false if it is to be left out.
    @inline(never)
    private mutating func bind(
        _ node: Int, _ word: JSONWord, _ at: Int, _ bytes: RawSpan
    ) throws(ValueFault) -> Bool {
        switch bindings[node].kind {
        case .field: return true
        case .ignored: return false
        case .unmapped:
            addDynamically(node, word, bytes)
            return true
        case .object: return try refuse(.valueForObject, at, node)
        case .strict: return try refuse(.strict, at, node)
        case .metadata: return try refuse(.metadata, at, node)
        case .impossible, .unresolved: return try refuse(.impossible, at, node)
        }
    }

    /// A null is no value, but a strict mapping does not let it pass, and `null_value` may stand for it.
    @inline(never)
    private mutating func takeNull(_ at: Int, _ node: Int) throws(ValueFault) {
        if bindings[node].kind == .strict { _ = try refuse(.strict, at, node) }
        guard bindings[node].kind == .field else { return }
        var binding = bindings[node]
        while true {
            if binding.hasNullValue, let text = snapshot.fields[Int(binding.field)].nullValue {
                // A mapping whose null value does not fit its own type is refused, so this one does.
                let bytes = [UInt8](text.utf8)
                try? sink.takeString(bytes.rawSpan, isASCII: false, binding)
            }
            if binding.next == FieldBinding.none { return }
            binding = chain[Int(binding.next)]
        }
    }
}
