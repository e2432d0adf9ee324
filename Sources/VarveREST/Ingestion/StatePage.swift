/// One page of the shards of some indices, in the order in which the indices were made.
///
/// The token says behind which shard the next page begins, so that indices which come and go between two pages cost
/// none of the others their place.
struct StatePage {
    /// An index by when it was made; the name decides between those of one moment.
    struct Place: Hashable, Comparable {
        var createdAt: Int64
        var index: String
        var shard: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.createdAt, left.index, left.shard) < (right.createdAt, right.index, right.shard)
        }
    }

    let places: [Place]
    /// Nil on the last page.
    let next: String?

    init(_ all: [Place], size: Int, after token: String?, isDescending: Bool) throws(RESTError) {
        let last = try token.map { (token) throws(RESTError) in try Self.decode(token) }
        var rest = all.sorted { Self.precedes($0, $1, isDescending) }
        if let last { rest.removeAll { !Self.precedes(last, $0, isDescending) } }
        places = Array(rest.prefix(size))
        next = rest.count > size ? places.last.map { Self.encode($0) } : nil
    }

    /// Indices in one direction or the other, the shards of each ascending.
    private static func precedes(_ left: Place, _ right: Place, _ isDescending: Bool) -> Bool {
        if (left.createdAt, left.index) == (right.createdAt, right.index) { return left.shard < right.shard }
        return isDescending ? right < left : left < right
    }

    private static func encode(_ place: Place) -> String {
        "\(place.shard)|\(place.createdAt)|\(place.index)".utf8.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private static func decode(_ token: String) throws(RESTError) -> Place {
        let digits = token.map(\.hexDigitValue)
        guard digits.count % 2 == 0, !digits.contains(nil) else { throw tainted }
        let bytes = stride(from: 0, to: digits.count, by: 2).map { at in
            UInt8(clamping: (digits[at] ?? 0) << 4 | (digits[at + 1] ?? 0))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw tainted }
        let parts = text.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let shard = Int(parts[0]), let time = Int64(parts[1]), !parts[2].isEmpty
        else {
            throw tainted
        }
        return Place(createdAt: time, index: String(parts[2]), shard: shard)
    }

    private static let tainted = RESTError(
        400, "parse_exception",
        "Parameter [next_token] has been tainted and is incorrect. Please provide a valid [next_token].")
}
