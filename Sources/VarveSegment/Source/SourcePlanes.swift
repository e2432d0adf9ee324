import VarveBytes

/// Codes of a fixed number of bytes: all lowest bytes behind each other, then all second ones, and so on, so that
/// deflate meets like bytes together and any code is found at once.
struct SourcePlanes: Sendable, BitwiseCopyable {
    /// Where the first plane begins in the payload.
    var offset: UInt32 = 0
    /// Codes, and so the length of a plane.
    var count: UInt32 = 0
    /// Planes; with none, every code is 0.
    var width: UInt8 = 0

    @inline(__always)
    func code(at place: Int, in payload: RawSpan) -> UInt64 {
        var at = Int(offset) &+ place
        if width == 1 { return UInt64(payload.byte(at: at)) }
        if width == 0 { return 0 }
        var code = UInt64(payload.byte(at: at))
        at &+= Int(count)
        code |= UInt64(payload.byte(at: at)) &<< 8
        if width == 2 { return code }
        return code | upperBytes(at &+ Int(count), in: payload)
    }

    @inline(never)
    private func upperBytes(_ start: Int, in payload: RawSpan) -> UInt64 {
        var code: UInt64 = 0
        var at = start
        for plane in 2..<UInt64(width) {
            code |= UInt64(payload.byte(at: at)) &<< (plane &* 8)
            at &+= Int(count)
        }
        return code
    }
}
