/// Reads the formats' primitives from bytes of the world: every step is checked against what remains, and a
/// failure names the rule and the offset. It never traps, whatever the bytes are.
@usableFromInline package struct ByteReader: ~Escapable {
    @usableFromInline package let bytes: RawSpan
    @usableFromInline package internal(set) var offset: Int

    @inlinable
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) {
        self.bytes = bytes
        offset = 0
    }

    @inlinable
    package var remaining: Int { bytes.byteCount - offset }
    @inlinable
    package var isAtEnd: Bool { offset == bytes.byteCount }

    @inlinable
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func read<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type = T.self
    ) throws(FormatError) -> T {
        guard remaining >= MemoryLayout<T>.size else { throw cutShort(MemoryLayout<T>.size) }
        let value: T = bytes.load(at: offset)
        offset &+= MemoryLayout<T>.size
        return value
    }

    /// LEB128; overlong forms and more than 64 bits are refused.
    @inlinable
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func readVarint() throws(FormatError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < bytes.byteCount else { throw cutShort(1) }
            let byte = bytes.byte(at: offset)
            if shift == 63 && byte > 1 { throw FormatError("a varint has more than 64 bits", offset: offset) }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 {
                if byte == 0 && shift > 0 { throw FormatError("an overlong varint", offset: offset) }
                offset &+= 1
                return value
            }
            offset &+= 1
            shift &+= 7
        }
    }

    @inlinable
    @_lifetime(self: copy self)
    package mutating func readZigzag() throws(FormatError) -> Int64 {
        let raw = try readVarint()
        return Int64(bitPattern: (raw &>> 1)) ^ -Int64(bitPattern: raw & 1)
    }

    /// A varint that must lie within `limit`: for lengths and counts, before anything is allocated.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readCount(limit: Int, of what: StaticString) throws(FormatError) -> Int {
        let at = offset
        let raw = try readVarint()
        guard raw <= UInt64(limit) else {
            throw FormatError("\(what) of \(raw) is over the limit of \(limit)", offset: at)
        }
        return Int(raw)
    }

    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    package mutating func readBytes(_ count: Int) throws(FormatError) -> RawSpan {
        guard count >= 0 && count <= remaining else { throw cutShort(count) }
        let part = bytes.slice(offset, count)
        offset &+= count
        return part
    }

    /// `bytes` of the formats: a varint length of at most `limit`, then the data.
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    package mutating func readSized(limit: Int, of what: StaticString) throws(FormatError) -> RawSpan {
        let count = try readCount(limit: limit, of: what)
        return try readBytes(count)
    }

    /// `string` of the formats: a varint length of at most `limit`, then valid UTF-8.
    @_lifetime(self: copy self)
    package mutating func readString(limit: Int, of what: StaticString) throws(FormatError) -> String {
        let at = offset
        let bytes = try readSized(limit: limit, of: what)
        guard let text = String(validating: bytes) else {
            throw FormatError("\(what) is not valid UTF-8", offset: at)
        }
        return text
    }

    /// Zero bytes up to the next multiple of `alignment`; anything else is damage.
    @_lifetime(self: copy self)
    package mutating func skipPadding(to alignment: Int) throws(FormatError) {
        while offset % alignment != 0 {
            let byte: UInt8 = try read()
            guard byte == 0 else { throw FormatError("padding is not zero", offset: offset - 1) }
        }
    }

    @_lifetime(self: copy self)
    package mutating func expectEnd(of what: StaticString) throws(FormatError) {
        guard isAtEnd else { throw FormatError("\(what) has \(remaining) bytes too many", offset: offset) }
    }

    @usableFromInline func cutShort(_ wanted: Int) -> FormatError {
        FormatError("\(wanted) bytes expected, \(remaining) left", offset: offset)
    }
}

extension String {
    /// The text these bytes are, or nil if they are not UTF-8.
    package init?(validating bytes: RawSpan) {
        let text = unsafe bytes.withUnsafeBytes { raw in
            unsafe String(validating: raw, as: UTF8.self)
        }
        guard let text else { return nil }
        self = text
    }
}

/// Bytes break a rule of their format. The offset is counted from where reading began; callers that know the
/// file add its name and the place of the block.
@usableFromInline package struct FormatError: Error, Equatable, CustomStringConvertible {
    package let rule: String
    package let offset: Int
    /// The bytes are whole, but a later release wrote them: a reason to refuse, never to fall back to an older
    /// copy.
    package let isNewerFormat: Bool

    @usableFromInline
    package init(_ rule: String, offset: Int, isNewerFormat: Bool = false) {
        self.rule = rule
        self.offset = offset
        self.isNewerFormat = isNewerFormat
    }

    @usableFromInline package var description: String { "\(rule) (at byte \(offset))" }
}
