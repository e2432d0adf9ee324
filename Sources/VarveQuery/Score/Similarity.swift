import VarveBytes

/// The numbers of BM25, in the arithmetic of Lucene 9 (floats, k1 1.2, b 0.75, no factor k1 + 1), so that scores
/// are the same ones.
enum Similarity {
    private static let k1: Float = 1.2
    private static let b: Float = 0.75

    /// How much a term says that `documents` of `total` documents hold.
    static func idf(documents: Int, of total: Int) -> Float {
        let (n, all) = (Double(documents), Double(max(documents, total)))
        return Float((1 + (all - n + 0.5) / (n + 0.5)).naturalLogarithm)
    }

    /// By a length's byte: what a frequency is multiplied with.
    static func inverseNorms(tokens: Int, documents: Int) -> [Float] {
        let average = tokens > 0 && documents > 0 ? Float(Double(tokens) / Double(documents)) : 1
        return (0..<256).map { byte in
            let length = Float(LengthByte.length(UInt8(byte)))
            return 1 / (k1 * ((1 - b) + b * length / average))
        }
    }

    /// The score of a row; below `weight`, whatever the frequency.
    @inline(__always)
    static func score(_ weight: Float, _ frequency: Float, _ inverseNorm: Float) -> Float {
        weight - weight / (1 + frequency * inverseNorm)
    }
}

/// Lengths of fields in one byte: exact up to 40, above that with four significant bits of what is beyond 24.
enum LengthByte {
    private static let exact: UInt32 = 24

    @inline(__always)
    static func byte(_ length: UInt32) -> UInt8 {
        if length < exact { return UInt8(truncatingIfNeeded: length) }
        let rest = length &- exact
        if rest < 8 { return UInt8(truncatingIfNeeded: length) }
        let shift = UInt32(28 &- rest.leadingZeroBitCount)
        return UInt8(truncatingIfNeeded: exact &+ ((shift &+ 1) &<< 3 | (rest &>> shift) & 7))
    }

    static func length(_ byte: UInt8) -> Int {
        if byte < 24 { return Int(byte) }
        let code = Int(byte) - 24
        let (bits, shift) = (code & 7, code >> 3 - 1)
        return 24 + (shift < 0 ? bits : (bits | 8) << shift)
    }
}
