import VarveBytes

/// Checks a JSON text whole (RFC 8259 and the limits) in one pass, and leaves a tape of what it found.
///
/// The tape, the path table and the stack live on from document to document: nothing is allocated per document.
/// There is no recursion, so depth costs no stack. Numbers that are exact at once are decoded; strings are
/// checked, escapes and UTF-8 included, but stay where they are. Duplicate keys of an object are refused, whether
/// written with escapes or without.
package struct JSONParser: ~Copyable {
    package let limits: JSONLimits
    private(set) var tape = ItemBuffer<UInt64>(capacity: 256)
    package private(set) var paths: PathTable
    private var frames = ItemBuffer<Frame>(capacity: 64)
    /// Counts objects; the stamp of the last one opened.
    private var stamp: UInt64 = 0
    /// The stamp of the document's first object.
    private var firstStamp: UInt64 = 0
    private var fieldCount = 0
    private var depthMax = 0

    /// A container that is open.
    struct Frame: BitwiseCopyable, Sendable {
        var isObject: Bool
        /// The path node that the container is the value of.
        var node: Int
        /// Tape index of its word.
        var open: Int
        var stamp: UInt64 = 0
        /// The key before the current one.
        var last = PathTable.none
    }

    /// - Parameter seed: Of the hash of keys; it decides nothing that can be seen.
    package init(limits: JSONLimits = JSONLimits(), seed: UInt64 = 0) {
        precondition(
            limits.documentBytes < 1 << 31 && limits.stringBytes < 1 << 24 && limits.keyBytes <= 4_096
                && limits.fields < 1 << 23, "beyond what a tape can say")
        self.limits = limits
        paths = PathTable(seed: seed)
    }

    package var count: Int { tape.count }

    package subscript(index: Int) -> JSONWord {
        @inline(__always)
        get { JSONWord(raw: tape[index]) }
    }

    /// The value of the number whose word stands at `index`: of tag `integer`.
    @inline(__always)
    package func integer(at index: Int) -> Int64 { Int64(bitPattern: tape[index &+ 1]) }

    /// Of tag `real`.
    @inline(__always)
    package func real(at index: Int) -> Double { Double(bitPattern: tape[index &+ 1]) }

    /// Takes the key at `index` and its value out of what a reader of the tape sees.
    mutating func remove(keyAt index: Int) {
        tape[index] = JSONWord(.removed, self[index].node, self.index(after: index + 1)).raw
    }

    /// Reads one JSON value, with blanks around it at most.
    ///
    /// - Parameter root: `PathTable.document`, or `.message` for an envelope whose `_source` is the document.
    package mutating func parse(_ bytes: RawSpan, root: Int = PathTable.document) throws(DocumentError) {
        do throws(JSONFault) {
            try scan(bytes, root: root)
        } catch {
            throw DocumentError(error, limits)
        }
    }

    private mutating func scan(_ bytes: RawSpan, root: Int) throws(JSONFault) {
        // An envelope is one container more than its document, and a few bytes.
        let isMessage = root == PathTable.message
        depthMax = limits.depth &+ (isMessage ? 1 : 0)
        if bytes.byteCount > limits.documentBytes &+ (isMessage ? 4_096 : 0) {
            throw JSONFault(.documentBytes, limits.documentBytes)
        }
        begin()
        var frame = Frame(isObject: false, node: root, open: -1)
        var node = root
        var at = JSONScanner.skipBlanks(bytes, 0)
        var isKeyNext = false
        values: while true {
            if isKeyNext {
                at = try key(bytes, at, &frame)
                node = Int(frame.last)
                isKeyNext = false
            }
            let byte = bytes.peek(at: at)
            switch byte {
            case 0x22:
                at = try string(bytes, at)
            case 0x2D, 0x30...0x39:
                at = try number(bytes, at)
            case 0x7B:
                try open(&frame, isObject: true, node, at)
                at = JSONScanner.skipBlanks(bytes, at &+ 1)
                if bytes.peek(at: at) != 0x7D {
                    isKeyNext = true
                    continue values
                }
            case 0x5B:
                try open(&frame, isObject: false, node, at)
                at = JSONScanner.skipBlanks(bytes, at &+ 1)
                if bytes.peek(at: at) != 0x5D { continue values }
            case 0x74, 0x66, 0x6E:
                let (tag, end) = try JSONScanner.literal(bytes, at)
                append(JSONWord(tag, end &- at, at))
                at = end
            default:
                throw JSONFault(at < bytes.byteCount ? .valueExpected : .cutShort, at)
            }
            while true {
                var byte = bytes.peek(at: at)
                if byte <= 0x20 {
                    at = JSONScanner.skipBlanks(bytes, at)
                    byte = bytes.peek(at: at)
                }
                if frame.open < 0 { break values }
                if byte == 0x2C {
                    at = JSONScanner.skipBlanks(bytes, at &+ 1)
                    isKeyNext = frame.isObject
                    node = frame.node
                    continue values
                }
                guard byte == (frame.isObject ? 0x7D : 0x5D) else {
                    throw JSONFault(at < bytes.byteCount ? .commaOrEndExpected : .cutShort, at)
                }
                at &+= 1
                close(&frame, at)
            }
        }
        if at != bytes.byteCount { throw JSONFault(.endExpected, at) }
    }

    private mutating func begin() {
        tape.removeAll()
        frames.removeAll()
        paths.prepareForDocument()
        firstStamp = stamp &+ 1
        fieldCount = 0
    }

    @inline(__always)
    private mutating func append(_ word: JSONWord) { tape.append(word.raw) }

    @inline(__always)
    private mutating func string(_ bytes: RawSpan, _ at: Int) throws(JSONFault) -> Int {
        let end = try JSONScanner.string(bytes, at &+ 1)
        let count = end.at &- at &- 1
        if count > limits.stringBytes { throw JSONFault(.stringBytes, at) }
        append(
            JSONWord(
                end.isEscaped ? .escapedString : end.isUnicode ? .unicodeString : .string, count, at &+ 1))
        return end.at &+ 1
    }

    @inline(__always)
    private mutating func number(_ bytes: RawSpan, _ at: Int) throws(JSONFault) -> Int {
        let short = JSONNumber.short(bytes, at)
        if short.count > 0 {
            tape.append(
                JSONWord(.integer, short.count, at).raw, UInt64(bitPattern: short.value))
            return at &+ short.count
        }
        let number = try JSONNumber.read(bytes, at, digitsMax: limits.numberDigits)
        tape.append(JSONWord(number.tag, number.end &- at, at).raw, number.payload)
        return number.end
    }

    private mutating func open(
        _ frame: inout Frame, isObject: Bool, _ node: Int, _ at: Int
    ) throws(JSONFault) {
        if frames.count >= depthMax { throw JSONFault(.depth, at) }
        frames.append(frame)
        frame = Frame(isObject: isObject, node: node, open: tape.count)
        if isObject {
            stamp &+= 1
            frame.stamp = stamp
        }
        // The end is not known yet.
        append(JSONWord(isObject ? .object : .array, node, 0))
    }

    private mutating func close(_ frame: inout Frame, _ end: Int) {
        tape[frame.open] = JSONWord(frame.isObject ? .object : .array, frame.node, tape.count).raw
        append(JSONWord(frame.isObject ? .objectEnd : .arrayEnd, frame.node, end))
        frame = frames.removeLast()
    }

    /// Reads a key and its colon; `frame.last` becomes its node. Returns the offset of the value.
    @inline(__always)
    private mutating func key(_ bytes: RawSpan, _ start: Int, _ frame: inout Frame) throws(JSONFault) -> Int {
        guard bytes.peek(at: start) == 0x22 else {
            throw JSONFault(start < bytes.byteCount ? .keyExpected : .cutShort, start)
        }
        let guess = paths.guess(after: frame.last, in: frame.node)
        let length = paths.match(guess, bytes, at: start &+ 1)
        var at = start &+ 1 &+ length
        var node = guess
        if length == 0 { node = try unexpectedKey(bytes, &at, frame, guess) }
        let before = paths.mark(node, frame.stamp)
        if before < firstStamp {
            fieldCount &+= 1
            if fieldCount > limits.fields { throw JSONFault(.fields, start) }
        } else if before == frame.stamp {
            throw JSONFault(.duplicateKey, start)
        }
        frame.last = node
        at = JSONScanner.skipBlanks(bytes, at)
        guard bytes.peek(at: at) == 0x3A else {
            throw JSONFault(at < bytes.byteCount ? .colonExpected : .cutShort, at)
        }
        at = JSONScanner.skipBlanks(bytes, at &+ 1)
        append(JSONWord(.key, Int(node), at))
        return at
    }

    /// A key that is not the one guessed. Often a field is missing, and the guess after next is right.
    @inline(never)
    private mutating func unexpectedKey(
        _ bytes: RawSpan, _ at: inout Int, _ frame: Frame, _ guess: UInt32
    ) throws(JSONFault) -> UInt32 {
        let second = paths.next(of: guess)
        let length = paths.match(second, bytes, at: at)
        if length > 0 {
            at &+= length
            return second
        }
        let end = try JSONScanner.string(bytes, at)
        guard
            let node = paths.find(
                bytes.slice(at, end.at &- at), isEscaped: end.isEscaped, in: frame.node,
                bytesMax: limits.keyBytes)
        else { throw JSONFault(.keyBytes, at &- 1) }
        paths.expect(node, after: frame.last, in: frame.node)
        at = end.at &+ 1
        return node
    }
}
