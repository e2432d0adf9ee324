extension RawSpan {
    /// Whether the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
    package var isValidUTF8: Bool {
        let end = byteCount
        var at = 0
        while at < end {
            if at &+ 8 <= end {
                let word: UInt64 = load(at: at)
                if word & 0x8080_8080_8080_8080 == 0 {
                    at &+= 8
                    continue
                }
            }
            let length = scalarLength(at: at)
            if length == 0 { return false }
            at &+= length
        }
        return true
    }

    /// The bytes of the UTF-8 sequence that starts at `at`, 0 if none that is well-formed does.
    private func scalarLength(at: Int) -> Int {
        let lead = byte(at: at)
        switch lead {
        case 0..<0x80: return 1
        case 0xC2...0xDF: return isContinuation(at &+ 1, 0x80...0xBF) ? 2 : 0
        case 0xE0...0xEF:
            let second: ClosedRange<UInt8> =
                lead == 0xE0 ? 0xA0...0xBF : lead == 0xED ? 0x80...0x9F : 0x80...0xBF
            return isContinuation(at &+ 1, second) && isContinuation(at &+ 2, 0x80...0xBF) ? 3 : 0
        case 0xF0...0xF4:
            let second: ClosedRange<UInt8> =
                lead == 0xF0 ? 0x90...0xBF : lead == 0xF4 ? 0x80...0x8F : 0x80...0xBF
            let isWhole =
                isContinuation(at &+ 1, second) && isContinuation(at &+ 2, 0x80...0xBF)
                && isContinuation(at &+ 3, 0x80...0xBF)
            return isWhole ? 4 : 0
        default: return 0
        }
    }

    private func isContinuation(_ at: Int, _ range: ClosedRange<UInt8>) -> Bool {
        at < byteCount && range.contains(byte(at: at))
    }
}
