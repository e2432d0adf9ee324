import VarveBytes

/// What a path means: looking it up in the schema, and adding what is not there.
extension ValueExtractor {
    /// Looks a path up. Slow, once per path and schema.
    mutating func resolve(_ node: Int) -> FieldBinding {
        let path = parser.paths.path(of: node)
        if SchemaSnapshot.metadataNames.contains(path) { return FieldBinding(.metadata) }
        if let number = snapshot.number(of: path) {
            if snapshot.fields[number].copies != nil { return FieldBinding(.impossible) }
            var copies = snapshot.copies(of: path)
            for target in snapshot.fields[number].copyTo {
                guard let place = snapshot.number(of: target) else { continue }
                copies += [place] + snapshot.copies(of: target)
            }
            return makeChain(number, copies: copies)
        }
        var dynamic = snapshot.dynamic
        for prefix in SchemaSnapshot.prefixes(of: path) + [path] {
            if snapshot.number(of: prefix) != nil { return FieldBinding(.impossible) }
            if let rule = snapshot.rule(of: prefix) {
                if !rule.isEnabled { return FieldBinding(.ignored) }
                dynamic = rule.dynamic ?? dynamic
            }
        }
        if snapshot.isObject(path) { return FieldBinding(.object) }
        switch dynamic {
        case .off: return FieldBinding(.ignored)
        case .strict: return FieldBinding(.strict)
        case .on: return FieldBinding(hasGoodPath(path) ? .unmapped : .impossible)
        }
    }

    private func hasGoodPath(_ path: String) -> Bool {
        do throws(DocumentError) { try SchemaSnapshot.checkPath(path) } catch { return false }
        return true
    }

    private mutating func makeChain(_ number: Int, copies: [Int]) -> FieldBinding {
        var next = FieldBinding.none
        for copy in copies.reversed() {
            var binding = FieldBinding(snapshot.fields[copy], number: copy)
            binding.next = next
            next = UInt32(chain.count)
            chain.append(binding)
        }
        var binding = FieldBinding(snapshot.fields[number], number: number)
        binding.next = next
        return binding
    }

    /// Gives an unmapped path the fields that its first value suggests. They become part of the schema at the end
    /// of the document.
    mutating func addDynamically(_ node: Int, _ word: JSONWord, _ bytes: RawSpan) {
        let path = parser.paths.path(of: node)
        newNodes.append(node)
        if let known = newFields.firstIndex(where: { $0.path == path && $0.copies == nil }) {
            bindings[node] = bindNew(known)
            return
        }
        let (type, format) = dynamicType(word, bytes)
        var field = FieldDefinition(path, type)
        field.format = format
        newFields.append(field)
        let place = newFields.count - 1
        if type == .text {
            var keyword = FieldDefinition(path + ".keyword", .keyword)
            keyword.ignoreAbove = 256
            keyword.copies = path
            newFields.append(keyword)
        }
        bindings[node] = bindNew(place)
    }

    /// What a path means whose field stands at `place` of `newFields`, its keyword, if it has one, behind it.
    private mutating func bindNew(_ place: Int) -> FieldBinding {
        let number = snapshot.fields.count + place
        var binding = FieldBinding(newFields[place], number: number)
        if place + 1 < newFields.count && newFields[place + 1].copies == newFields[place].path {
            binding.next = UInt32(chain.count)
            chain.append(FieldBinding(newFields[place + 1], number: number + 1))
        }
        return binding
    }

    private mutating func dynamicType(_ word: JSONWord, _ bytes: RawSpan) -> (FieldType, format: String?) {
        switch word.tag {
        case .true, .false: return (.boolean, nil)
        case .integer, .bigInteger: return (.long, nil)
        case .real, .bigReal: return (.float, nil)
        case .escapedString:
            let text = unescaped(word, bytes)
            return Self.dynamicType(text.bytes, snapshot)
        default:
            return Self.dynamicType(bytes.slice(word.offset, word.count), snapshot)
        }
    }

    /// A number in a string is never a date, whether numbers are detected or not.
    private static func dynamicType(
        _ text: RawSpan, _ snapshot: SchemaSnapshot
    ) -> (FieldType, format: String?) {
        if let number = NumberText.parse(text) {
            guard snapshot.detectsNumbers else { return (.text, nil) }
            if case .real = number { return (.float, nil) }
            return (.long, nil)
        }
        if snapshot.detectsDates {
            if DateFormat.standard.parse(text) != nil { return (.date, nil) }
            if DateFormat.slashed.parse(text) != nil { return (.date, DateFormat.slashedNames) }
        }
        return (.text, nil)
    }
}
