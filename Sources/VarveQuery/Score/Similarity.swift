import VarveBytes
import VarveSegment

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
