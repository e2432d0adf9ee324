/// One word of a tape: what the parser found, in document order.
///
/// ```
/// tag 8 | a 24 | b 32
/// object, array   a = path node that it is the value of    b = tape index of its end word
/// their ends      a = the same node                         b = byte offset past the closing bracket
/// key             a = path node of the key                  b = byte offset of its value
/// string          a = bytes between the quotes              b = byte offset of the first of them
/// number          a = bytes                                 b = byte offset; a second word holds the value
/// literal         a = bytes                                 b = byte offset
/// removed         a = path node of the key                  b = tape index past the key's value
/// ```
package struct JSONWord: Sendable, BitwiseCopyable {
    package enum Tag: UInt8, Sendable {
        case object = 1
        case objectEnd
        case array
        case arrayEnd
        case key
        /// ASCII without escapes.
        case string
        /// Valid UTF-8 without escapes, not all of it ASCII.
        case unicodeString
        /// Escapes, all of them valid; possibly not all ASCII.
        case escapedString
        /// An integer; the second word is the Int64.
        case integer
        /// An integer beyond Int64, or -0; the second word is unused.
        case bigInteger
        /// A number with a fraction or exponent; the second word is the exact Double.
        case real
        /// The same where the quick way is not exact; the second word is unused.
        case bigReal
        case `true`
        case `false`
        case null
        /// A key that was taken out of the document together with its value.
        case removed
    }

    package let raw: UInt64

    @inline(__always)
    init(raw: UInt64) { self.raw = raw }

    @inline(__always)
    init(_ tag: Tag, _ a: Int, _ b: Int) {
        raw =
            UInt64(tag.rawValue) &<< 56 | UInt64(truncatingIfNeeded: a) &<< 32 | UInt64(truncatingIfNeeded: b)
    }

    @inline(__always)
    package var tag: Tag {
        Tag(rawValue: UInt8(truncatingIfNeeded: raw &>> 56)) ?? .null
    }

    @inline(__always) private var high: Int { Int(truncatingIfNeeded: raw &>> 32 & 0xFF_FFFF) }
    @inline(__always) private var low: Int { Int(truncatingIfNeeded: raw & 0xFFFF_FFFF) }

    /// Bytes of a string between its quotes, of a number or of a literal.
    @inline(__always) package var count: Int { high }
    /// The path node of a key, a container or its end.
    @inline(__always) package var node: Int { high }
    /// The byte offset that the tag has: first byte of the value, or past the end of a container.
    @inline(__always) package var offset: Int { low }
    /// Tape index of a container's end word, or past what was removed.
    @inline(__always) package var end: Int { low }
}
