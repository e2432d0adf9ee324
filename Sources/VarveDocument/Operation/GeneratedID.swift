/// Ids for documents that come without one: 20 URL-safe characters, 120 bits of the caller's chance.
package enum GeneratedID {
    package static let byteCount = 20

    /// The id that these bits spell; the lowest 8 of `low` do not count.
    package static func make(_ high: UInt64, _ low: UInt64) -> [UInt8] {
        var id: [UInt8] = []
        id.reserveCapacity(byteCount)
        for place in 0..<byteCount {
            let shift = 122 - 6 * place
            let bits: UInt64 =
                shift >= 64
                ? high &>> UInt64(shift - 64)
                : shift >= 58
                    ? high &<< UInt64(64 - shift) | low &>> UInt64(shift) : low &>> UInt64(shift)
            id.append(digit(UInt8(truncatingIfNeeded: bits & 63)))
        }
        return id
    }

    /// Base64 of RFC 4648, section 5.
    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: value + 0x41
        case 26..<52: value - 26 + 0x61
        case 52..<62: value - 52 + 0x30
        case 62: 0x2D
        default: 0x5F
        }
    }
}
