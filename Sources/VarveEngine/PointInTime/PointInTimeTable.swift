import VarveBytes
import VarveManifest

/// How the open points in time of a store are used: what the registry does not know, or not yet.
///
/// The keep-alive is a sliding idle time: a point in time goes when nobody has used it for that long and no
/// search is using it. Time is monotonic; the wall clock counts only across a restart, when down-time is idle
/// time. Made for a hundred thousand: a row takes 48 bytes. The records themselves are the registry's; only
/// those that are not durable are kept here.
struct PointInTimeTable {
    struct Row: Identifiable, Sendable {
        let id: UUID128
        /// Milliseconds; ahead of the registry when a use has asked for longer.
        var keepAlive: Int64
        /// Monotonic nanoseconds of the last use; in the future after a restart, by the grace that touches which
        /// were not yet logged are given.
        var lastUse: Int64
        /// Monotonic nanoseconds of the last use that the registry knows.
        var loggedUse: Int64
        /// Searches that use it now.
        var users: Int32 = 0
        /// Shards that it holds.
        var contexts: UInt16 = 0
        let isDurable: Bool

        var deadline: Int64 {
            let (idle, overflow) = keepAlive.multipliedReportingOverflow(by: 1_000_000)
            let (end, isForever) = lastUse.addingReportingOverflow(overflow ? .max : idle)
            return isForever ? .max : end
        }
    }

    private var table = RowTable<Row>()
    /// Records of what does not outlive this process.
    private var volatile: [UUID128: PITRecord] = [:]
    /// Ids between the start of their creation and its end, so that the limit counts them.
    var creating = 0
    /// Shards that the durable ones hold, those that are being opened among them.
    var contexts = 0
    /// Since this process opened the store.
    var createdCount = 0
    var expiredCount = 0
    /// No row expires before this; a bound, so that most looks at the clock end here.
    private var earliestDeadline = Int64.max

    var count: Int { table.count }
    var volatileRecords: [PITRecord] { Array(volatile.values) }

    func find(_ id: UUID128) -> Row? { table.find(id) }
    func volatileRecord(_ id: UUID128) -> PITRecord? { volatile[id] }

    /// Ends a creation that came to nothing.
    mutating func creationEnded(contexts granted: Int) {
        creating -= 1
        contexts -= granted
    }

    /// Adds one whose shards are counted already.
    mutating func insert(_ record: PITRecord, lastUse: Int64, isDurable: Bool) {
        var row = Row(
            id: record.id, keepAlive: record.keepAlive, lastUse: lastUse, loggedUse: lastUse,
            isDurable: isDurable)
        row.contexts = UInt16(clamping: record.heldCount)
        if !isDurable { contexts -= record.heldCount }
        table.insert(row)
        if !isDurable { volatile[record.id] = record }
        earliestDeadline = min(earliestDeadline, row.deadline)
    }

    /// The record comes back if this table had it.
    mutating func remove(_ id: UUID128) -> (row: Row, volatile: PITRecord?)? {
        table.remove(id).map { row in
            if row.isDurable { contexts -= Int(row.contexts) }
            return (row, row.isDurable ? nil : volatile.removeValue(forKey: id))
        }
    }

    /// Notes that it holds fewer shards.
    mutating func lose(_ id: UUID128, contexts lost: Int) -> Row? {
        guard let at = table.position(of: id) else { return nil }
        let isDurable = table[at].isDurable
        table.update(at: at) { $0.contexts -= UInt16(clamping: min(lost, Int($0.contexts))) }
        if isDurable { contexts -= lost }
        return table[at]
    }

    mutating func replaceVolatile(_ record: PITRecord) {
        if volatile[record.id] != nil { volatile[record.id] = record }
    }

    /// Notes the start of a use and lengthens the keep-alive if a longer one is asked for. False if it is gone, or
    /// its time is over.
    mutating func begin(_ id: UUID128, keepAlive: Int64?, now: Int64) -> Bool {
        guard let at = table.position(of: id), table[at].users > 0 || table[at].deadline >= now else {
            return false
        }
        table.update(at: at) { row in
            row.users += 1
            row.lastUse = max(row.lastUse, now)
            row.keepAlive = max(row.keepAlive, keepAlive ?? 0)
        }
        return true
    }

    mutating func end(_ id: UUID128, now: Int64) {
        guard let at = table.position(of: id) else { return }
        table.update(at: at) { row in
            row.users -= 1
            row.lastUse = max(row.lastUse, now)
        }
    }

    mutating func setKeepAlive(_ id: UUID128, to keepAlive: Int64, now: Int64) -> Row? {
        guard let at = table.position(of: id) else { return nil }
        table.update(at: at) { row in
            row.keepAlive = keepAlive
            row.lastUse = max(row.lastUse, now)
            row.loggedUse = now
        }
        earliestDeadline = min(earliestDeadline, table[at].deadline)
        return table[at]
    }

    /// Ids whose idle time is over, at most `limit`, in order of id. Looks at all only if one may have expired.
    mutating func expired(now: Int64, limit: Int) -> [UUID128] {
        if now < earliestDeadline { return [] }
        var found: [UUID128] = []
        var earliest = Int64.max
        for at in 0..<table.count {
            let row = table[at]
            if row.deadline < now && row.users == 0 {
                found.append(row.id)
            } else {
                earliest = min(earliest, max(row.deadline, now))
            }
        }
        earliestDeadline = found.count > limit ? now : earliest
        return Array(found.sorted().prefix(limit))
    }

    /// Ids whose last use the registry is behind on by more than a tenth of the keep-alive.
    mutating func takeTouches(now: Int64, limit: Int) -> [(id: UUID128, keepAlive: Int64, idle: Int64)] {
        var due: [UUID128] = []
        for at in 0..<table.count {
            let row = table[at]
            guard row.isDurable && row.lastUse <= now else { continue }
            if (row.lastUse - row.loggedUse) / 1_000_000 > row.keepAlive / 10 { due.append(row.id) }
        }
        return due.sorted().prefix(limit).compactMap { id in
            guard let at = table.position(of: id) else { return nil }
            table.update(at: at) { $0.loggedUse = $0.lastUse }
            return (id, table[at].keepAlive, (now - table[at].lastUse) / 1_000_000)
        }
    }
}

extension PITRecord {
    /// How many of its pins hold something.
    fileprivate var heldCount: Int { targets.list.count - decodedAttributes.lost.count }
}
