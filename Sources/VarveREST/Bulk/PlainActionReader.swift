import VarveBytes

/// Reads the action lines that nearly every client sends, `{"index": {"_index": "i", "_id": "1"}}`, straight from
/// the bytes. What it does not know it leaves to `BulkActionReader`, and so every error.
struct PlainActionReader: ~Escapable {
    private let line: RawSpan
    private var at = 0

    @_lifetime(copy line)
    private init(_ line: RawSpan) { self.line = line }

    /// Nil for a line of any other form.
    static func read(_ line: RawSpan) -> BulkAction? {
        var reader = PlainActionReader(line)
        return reader.action()
    }

    @_lifetime(self: copy self)
    private mutating func action() -> BulkAction? {
        guard take(0x7B), let name = string(), let kind = BulkAction.Kind(rawValue: name), take(0x3A),
            take(0x7B)
        else { return nil }
        var action = BulkAction(kind: kind)
        action.terms.isCreate = kind == .create
        if !take(0x7D) {
            repeat {
                guard let key = string(), take(0x3A), let value = string() else { return nil }
                switch key {
                case "_id" where action.id == nil: action.id = value
                case "_index" where action.index == nil: action.index = value
                default: return nil
                }
            } while take(0x2C)
            guard take(0x7D) else { return nil }
        }
        guard take(0x7D) else { return nil }
        skipBlanks()
        return at == line.byteCount ? action : nil
    }

    @_lifetime(self: copy self)
    private mutating func skipBlanks() {
        while at < line.byteCount, line.byte(at: at) == 0x20 || line.byte(at: at) == 0x09 { at += 1 }
    }

    @_lifetime(self: copy self)
    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard at < line.byteCount, line.byte(at: at) == byte else { return false }
        at += 1
        return true
    }

    /// A string of printable ASCII without escapes.
    @_lifetime(self: copy self)
    private mutating func string() -> String? {
        guard take(0x22) else { return nil }
        let start = at
        while at < line.byteCount {
            let byte = line.byte(at: at)
            if byte == 0x22 {
                at += 1
                return String(validating: line.slice(start, at - 1 - start))
            }
            if byte < 0x20 || byte >= 0x7F || byte == 0x5C { return nil }
            at += 1
        }
        return nil
    }
}
