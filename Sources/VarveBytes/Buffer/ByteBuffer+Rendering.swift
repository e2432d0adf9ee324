/// Appending short pieces of text quickly: what renders documents from columns spends its time here.
extension ByteBuffer {
    /// Appends `length` bytes of `source` from `start` on: a bounds-checked `append(source.slice(start, length))`
    /// that copies short pieces by whole words where both sides have room for it.
    @inlinable
    @inline(__always)
    package mutating func appendPiece(of source: RawSpan, at start: Int, count length: Int) {
        precondition(start >= 0 && length >= 0 && start &+ length <= source.byteCount, "a piece past the end")
        if length <= 32 && start &+ 32 <= source.byteCount {
            reserve(32)
            // SAFETY: 32 bytes may be read at `start`, checked above; `reserve` made room for 32.
            let low = unsafe source.unsafeLoadUnaligned(
                fromUncheckedByteOffset: start, as: SIMD16<UInt8>.self)
            unsafe (base + count).storeBytes(of: low, as: SIMD16<UInt8>.self)
            if length > 16 {
                let high = unsafe source.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: start &+ 16, as: SIMD16<UInt8>.self)
                unsafe (base + count + 16).storeBytes(of: high, as: SIMD16<UInt8>.self)
            }
            count &+= length
        } else {
            append(source.slice(start, length))
        }
    }

    /// Appends the low `length` bytes of `word`, the lowest first.
    @inlinable
    @inline(__always)
    package mutating func append(word: UInt64, count length: Int) {
        precondition(length >= 0 && length <= 8, "a word has eight bytes")
        reserve(8)
        // SAFETY: `reserve` made room.
        unsafe (base + count).storeBytes(of: word.littleEndian, as: UInt64.self)
        count &+= length
    }

    /// Appends an integer in decimal digits, without leading zeros.
    @inlinable
    @inline(__always)
    package mutating func appendDecimal(_ value: Int64) {
        if value < 0 { append(word: 0x2D, count: 1) }
        let magnitude = value.magnitude
        if magnitude < 10_000 {
            appendSmall(UInt32(truncatingIfNeeded: magnitude))
        } else {
            appendLarge(magnitude)
        }
    }

    /// Up to four digits, without a branch on how many.
    @inlinable
    @inline(__always)
    mutating func appendSmall(_ value: UInt32) {
        let digits = Self.fourDigits(value)
        let leading = min(digits.trailingZeroBitCount &>> 3, 3)
        let text = (digits | 0x3030_3030) &>> UInt32(leading &* 8)
        append(word: UInt64(text), count: 4 &- leading)
    }

    @usableFromInline
    mutating func appendLarge(_ magnitude: UInt64) {
        let (upper, lower) = magnitude.quotientAndRemainder(dividingBy: 100_000_000)
        if upper > 0 {
            let (top, middle) = upper.quotientAndRemainder(dividingBy: 100_000_000)
            if top > 0 {
                appendSmall(UInt32(truncatingIfNeeded: top))
                append(word: Self.eightDigits(middle) | 0x3030_3030_3030_3030, count: 8)
            } else {
                appendEight(middle)
            }
            append(word: Self.eightDigits(lower) | 0x3030_3030_3030_3030, count: 8)
        } else {
            appendEight(lower)
        }
    }

    /// Up to eight digits.
    @inlinable
    @inline(__always)
    mutating func appendEight(_ value: UInt64) {
        let digits = Self.eightDigits(value)
        let leading = min(digits.trailingZeroBitCount &>> 3, 7)
        append(
            word: (digits | 0x3030_3030_3030_3030) &>> UInt64(leading &* 8), count: 8 &- leading)
    }

    /// The four digits of a value below 10,000, a byte each, the first digit lowest.
    @inlinable
    @inline(__always)
    package static func fourDigits(_ value: UInt32) -> UInt32 {
        let hundreds = (value &* 5243) &>> 19
        let pairs = hundreds | (value &- hundreds &* 100) &<< 16
        let tens = ((pairs &* 103) &>> 10) & 0x000F_000F
        return tens | (pairs &- tens &* 10) &<< 8
    }

    /// The eight digits of a value below 100,000,000, a byte each, the first digit lowest.
    @inlinable
    @inline(__always)
    package static func eightDigits(_ value: UInt64) -> UInt64 {
        let high = Self.fourDigits(UInt32(truncatingIfNeeded: value / 10_000))
        let low = Self.fourDigits(UInt32(truncatingIfNeeded: value % 10_000))
        return UInt64(high) | UInt64(low) &<< 32
    }
}
