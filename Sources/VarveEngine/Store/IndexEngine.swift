package import VarveBytes
package import VarveDocument
package import VarveManifest

/// One index: its name, its mapping, its settings and its shards.
package final class IndexEngine: Sendable {
    package let name: String
    package let uuid: UUID128
    /// Milliseconds since 1970.
    package let createdAt: Int64
    package let schema: Schema
    package let shards: [Shard]
    private let current: Locked<IndexEntry>

    /// A setting of an index that is deleted and held: what it was called.
    static let heldNameKey = "varve.name"

    init(entry: IndexEntry, schema: Schema, shards: [Shard]) {
        name = entry.setting(Self.heldNameKey) ?? entry.name
        uuid = entry.uuid
        createdAt = entry.createdAt
        self.schema = schema
        self.shards = shards
        current = Locked(entry)
        adopt(entry)
    }

    /// What the catalog says of it now.
    package var entry: IndexEntry { current.withLock { $0 } }
    package var state: IndexState { entry.state }
    /// By key; opaque to the engine but for those in `ShardTuning`.
    package var settings: [(key: String, value: String)] {
        entry.settings.filter { !$0.key.hasPrefix(Self.ownPrefix) }.map { ($0.key, $0.value) }
    }
    /// What settings of the store's own are called; they are shown to nobody.
    private static let ownPrefix = "varve."

    package func setting(_ key: String) -> String? { entry.setting(key) }

    /// Takes what the catalog says now. The mapping is not taken from it: the schema is ahead of the catalog.
    func adopt(_ entry: IndexEntry) {
        current.withLock { $0 = entry }
        let tuning = ShardTuning(entry.settings)
        for shard in shards { shard.tuning.withLock { $0 = tuning } }
    }

    /// The shard that an id belongs to, or its routing value if it has one.
    package func shard(for key: RawSpan) -> Shard {
        shards.count == 1 ? shards[0] : shards[Routing.shard(of: key, count: shards.count)]
    }
}

/// The settings of an index that its shards heed.
struct ShardTuning: Sendable {
    enum RefreshRule: Sendable, Equatable {
        /// As the store's options say.
        case standard
        case onRequest
        case every(nanoseconds: UInt64)
    }
    var refresh = RefreshRule.standard

    init() {}

    init(_ settings: [Setting]) {
        guard let text = settings.value(of: "index.refresh_interval") else { return }
        if text == "-1" {
            refresh = .onRequest
        } else if let nanoseconds = Self.nanoseconds(text) {
            refresh = nanoseconds == 0 ? .onRequest : .every(nanoseconds: nanoseconds)
        }
    }

    /// `5s`, `100ms`: a number and a unit, as whoever stored the setting has checked.
    private static func nanoseconds(_ text: String) -> UInt64? {
        let units: [(String, UInt64)] = [
            ("nanos", 1), ("micros", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
            ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
        ]
        for (unit, nanoseconds) in units where text.hasSuffix(unit) {
            guard let count = UInt64(text.dropLast(unit.utf8.count)) else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: nanoseconds)
            return overflow ? nil : product
        }
        return nil
    }
}
