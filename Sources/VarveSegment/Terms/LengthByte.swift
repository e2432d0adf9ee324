/// Lengths of fields in one byte: exact up to 40, above that with four significant bits of what is beyond 24.
package enum LengthByte {
    private static let exact: UInt32 = 24

    @inline(__always)
    package static func byte(_ length: UInt32) -> UInt8 {
        if length < exact { return UInt8(truncatingIfNeeded: length) }
        let rest = length &- exact
        if rest < 8 { return UInt8(truncatingIfNeeded: length) }
        let shift = UInt32(28 &- rest.leadingZeroBitCount)
        return UInt8(truncatingIfNeeded: exact &+ ((shift &+ 1) &<< 3 | (rest &>> shift) & 7))
    }

    package static func length(_ byte: UInt8) -> Int {
        if byte < 24 { return Int(byte) }
        let code = Int(byte) - 24
        let (bits, shift) = (code & 7, code >> 3 - 1)
        return 24 + (shift < 0 ? bits : (bits | 8) << shift)
    }
}
