/// Which shard reads which partition of a stream.
struct PartitionPlan {
    /// Partitions by shard, ascending.
    private(set) var partitions: [UInt32: Int] = [:]
    /// Partitions that no shard reads.
    private(set) var unread: [UInt32] = []

    init(_ found: [StreamPartition], shards: Int, by assignment: PartitionAssignment) {
        for partition in found {
            let number = Int(partition.number)
            switch assignment {
            case .simple where number >= shards: unread.append(partition.number)
            case .simple: partitions[partition.number] = number
            case .modulo: partitions[partition.number] = number % shards
            }
        }
    }

    /// - Parameter isRunning: Whether it has been read before: what has appeared since and is not read is no error.
    ///
    /// Throws if a shard would have nothing to read, or if what is there would not be read, in OpenSearch's words
    /// where it has any.
    static func check(
        _ found: [StreamPartition], shards: Int, by assignment: PartitionAssignment, isRunning: Bool = false
    ) throws(IngestionSettingsError) {
        let count = (found.map { Int($0.number) + 1 }).max() ?? 0
        switch assignment {
        case .modulo:
            guard count >= shards else {
                throw IngestionSettingsError(
                    "Number of source partitions [\(count)] must be >= number of shards [\(shards)] for modulo "
                        + "partition strategy")
            }
        case .simple:
            guard count >= shards else {
                throw IngestionSettingsError(
                    "Shard [\(count)] cannot be assigned a partition: source has only [\(count)] partitions but "
                        + "shard ID requires partition [\(count)]. Use partition_strategy=modulo to map multiple "
                        + "partitions per shard.")
            }
            let unread = found.map(\.number).filter { Int($0) >= shards }
            guard unread.isEmpty || isRunning else {
                throw IngestionSettingsError(
                    "Partitions \(unread) would not be read: the index has only [\(shards)] shards. Use "
                        + "partition_strategy=modulo to map multiple partitions per shard.")
            }
        }
    }
}
