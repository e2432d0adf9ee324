import VarveBytes

/// Where extracted values gather: converts one JSON value to what a field keeps, or says why it cannot.
struct ValueSink: ~Copyable {
    var values = ItemBuffer<FieldValue>(capacity: 256)
    var strings = ByteBuffer(capacity: 4_096)

    static let valuesMax = 1 << 24
    static let stringBytesMax = 1 << 30
    static let termBytesMax = 32_766

    /// More than a batch may hold; checked after each document.
    var isOverfull: Bool { values.count > Self.valuesMax || strings.count > Self.stringBytesMax }

    // MARK: Numbers

    @inline(__always)
    mutating func append(_ payload: Int64, _ binding: FieldBinding) {
        if binding.isKept { values.append(FieldValue(field: binding.field, payload: payload)) }
    }

    mutating func take(_ value: Int64, _ text: RawSpan, _ binding: FieldBinding) throws(ValueRule) {
        switch binding.type {
        case .long:
            let spare = Int64(64 &- binding.bits)
            if value != (value &<< spare) &>> spare { throw .outOfRange }
            append(value, binding)
        case .double, .float: try take(Double(value), text, binding)
        case .date: try takeDate(text, binding)
        case .boolean: throw .notABoolean
        case .keyword, .text: try takeText(text, isASCII: true, binding)
        }
    }

    mutating func take(_ value: Double, _ text: RawSpan, _ binding: FieldBinding) throws(ValueRule) {
        switch binding.type {
        case .long:
            // Every Int64 above -2^63 - 1 and below 2^63 has a double in this range next to it or below.
            guard value >= -0x1p63 && value < 0x1p63 else { throw .outOfRange }
            try take(Int64(value), text, binding)
        case .double:
            guard value.isFinite else { throw .notFinite }
            append(value.sortableBits, binding)
        case .float:
            let rounded = Float(value)
            guard rounded.isFinite else { throw .notFinite }
            append(Double(rounded).sortableBits, binding)
        case .date: try takeDate(text, binding)
        case .boolean: throw .notABoolean
        case .keyword, .text: try takeText(text, isASCII: true, binding)
        }
    }

    /// An integer that Int64 does not hold, or -0; a real whose quick decoding would not be exact.
    @inline(never)
    mutating func takeUndecoded(
        _ text: RawSpan, isInteger: Bool, _ binding: FieldBinding
    ) throws(ValueRule) {
        let value = JSONNumber.decode(text)
        if isInteger && binding.type == .long && value != 0 { throw .outOfRange }
        try take(value, text, binding)
    }

    mutating func take(_ value: Bool, _ text: RawSpan, _ binding: FieldBinding) throws(ValueRule) {
        switch binding.type {
        case .boolean: append(value ? 1 : 0, binding)
        case .long, .double, .float: throw .notNumeric
        case .date: throw .notADate
        case .keyword, .text: try takeText(text, isASCII: true, binding)
        }
    }

    // MARK: Strings

    /// What stands between a string's quotes, escapes undone.
    mutating func takeString(_ text: RawSpan, isASCII: Bool, _ binding: FieldBinding) throws(ValueRule) {
        switch binding.type {
        case .keyword, .text: try takeText(text, isASCII: isASCII, binding)
        case .date: try takeDate(text, binding)
        case .boolean: try takeBoolean(text, binding)
        case .long, .double, .float: try takeNumber(text, binding)
        }
    }

    mutating func takeString(
        unescaped text: borrowing ByteBuffer, _ binding: FieldBinding
    ) throws(ValueRule) {
        try takeString(text.bytes, isASCII: false, binding)
    }

    /// An empty string is no number and no error either, as in OpenSearch.
    private mutating func takeNumber(_ text: RawSpan, _ binding: FieldBinding) throws(ValueRule) {
        if text.byteCount == 0 { return }
        switch NumberText.parse(text) {
        case .integer(let value): try take(value, text, binding)
        case .real(let value): try take(value, text, binding)
        case .bigInteger(let value):
            if binding.type == .long && value != 0 { throw .outOfRange }
            try take(value, text, binding)
        case nil: throw .notANumber
        }
    }

    private mutating func takeBoolean(_ text: RawSpan, _ binding: FieldBinding) throws(ValueRule) {
        switch text.byteCount {
        case 0: append(0, binding)
        case 4 where text.load(UInt32.self, at: 0) == 0x6575_7274: append(1, binding)
        case 5 where text.load(UInt32.self, at: 0) == 0x736C_6166 && text.byte(at: 4) == 0x65:
            append(0, binding)
        default: throw .notABoolean
        }
    }

    private mutating func takeDate(_ text: RawSpan, _ binding: FieldBinding) throws(ValueRule) {
        guard let date = binding.format.parse(text) else { throw .notADate }
        append(date.milliseconds, binding)
    }

    private mutating func takeText(_ text: RawSpan, isASCII: Bool, _ binding: FieldBinding) throws(ValueRule)
    {
        if binding.type == .text {
            try takeTokens(text, binding)
            return
        }
        let count = text.byteCount
        if count > binding.ignoreAbove {
            if isASCII || Self.utf16Count(text) > Int(binding.ignoreAbove) { return }
        }
        if count > Self.termBytesMax { throw .immenseTerm }
        if !binding.isKept { return }
        let start = strings.count
        if binding.analyzer == .lowercase {
            Lowercase.append(text, to: &strings)
        } else {
            strings.append(text)
        }
        values.append(
            FieldValue(
                field: binding.field, count: UInt32(strings.count &- start), payload: Int64(start)))
    }

    /// A value and the bytes of each token of a text, the first one marked.
    private mutating func takeTokens(_ text: RawSpan, _ binding: FieldBinding) throws(ValueRule) {
        if !binding.isKept { return }
        if binding.analyzer == .keyword && text.byteCount > Self.termBytesMax { throw .immenseTerm }
        var scanner = TokenScanner(binding.analyzer)
        var mark = FieldValue.beginsText
        while let token = scanner.next(in: text) {
            let start = strings.count
            binding.analyzer.append(text.slice(token.start, token.end &- token.start), to: &strings)
            let count = UInt32(truncatingIfNeeded: strings.count &- start)
            values.append(FieldValue(field: binding.field, count: count | mark, payload: Int64(start)))
            mark = 0
        }
    }

    /// Characters as Java counts them, which is what `ignore_above` means.
    private static func utf16Count(_ text: RawSpan) -> Int {
        var count = 0
        for at in 0..<text.byteCount {
            let byte = text.byte(at: at)
            if byte & 0xC0 != 0x80 { count += byte >= 0xF0 ? 2 : 1 }
        }
        return count
    }
}
