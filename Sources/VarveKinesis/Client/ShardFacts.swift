#if Kinesis
import VarveDocument

/// What the service says of one shard.
struct ShardFacts: Hashable, Sendable {
    let name: String
    /// The digits at the end of its name.
    let number: UInt32
    /// The shards that it was split or merged from, by name.
    let parents: [String]
    /// Nothing is written to it any more.
    let isClosed: Bool
    let first: SequenceNumber?

    /// Nil for what is no shard, or one whose name ends with no number.
    init?(_ value: JSONValue) {
        guard let name = value["ShardId"]?.text,
            let number = UInt32(name.reversed().prefix { $0.isNumber }.reversed().map(String.init).joined())
        else { return nil }
        self.name = name
        self.number = number
        parents = ["ParentShardId", "AdjacentParentShardId"].compactMap { value[$0]?.text }
        let range = value["SequenceNumberRange"]
        isClosed = range?["EndingSequenceNumber"]?.text != nil
        first = range?["StartingSequenceNumber"]?.text.flatMap { SequenceNumber($0) }
    }
}
#endif
