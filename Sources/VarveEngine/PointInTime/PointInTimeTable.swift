import VarveBytes
import VarveManifest

/// The open points in time of a store, in memory.
///
/// The keep-alive is a sliding idle time: a point in time goes when nobody has used it for that long and no
/// search is using it. Time is monotonic; the wall clock counts only across a restart, when down-time is idle
/// time. Made for a hundred thousand: an entry is the registry's compact record and three numbers.
struct PointInTimeTable {
    struct Entry: Sendable {
        var record: PITRecord
        /// Monotonic nanoseconds of the last use; in the future after a restart, by the grace that touches which
        /// were not yet logged are given.
        var lastUse: Int64
        /// Monotonic nanoseconds of the last use that the registry knows.
        var loggedUse: Int64
        /// Searches that use it now.
        var users: Int32 = 0
        let isDurable: Bool

        var deadline: Int64 {
            let (end, overflow) = lastUse.addingReportingOverflow(
                record.keepAlive.multipliedReportingOverflow(by: 1_000_000).overflow
                    ? .max : record.keepAlive * 1_000_000)
            return overflow ? .max : end
        }
    }

    private(set) var entries: [UUID128: Entry] = [:]
    /// Ids between the start of their creation and its end, so that the limit counts them.
    var creating = 0
    /// No entry expires before this; a bound, so that most looks at the clock end here.
    private var earliestDeadline = Int64.max

    var count: Int { entries.count }

    mutating func insert(_ entry: Entry) {
        entries[entry.record.id] = entry
        earliestDeadline = min(earliestDeadline, entry.deadline)
    }

    mutating func remove(_ id: UUID128) -> Entry? { entries.removeValue(forKey: id) }

    /// Notes the start of a use and lengthens the keep-alive if a longer one is asked for.
    mutating func begin(_ id: UUID128, keepAlive: Int64?, now: Int64) -> Entry? {
        guard let at = entries.index(forKey: id) else { return nil }
        entries.values[at].users += 1
        entries.values[at].lastUse = max(entries.values[at].lastUse, now)
        if let keepAlive, keepAlive > entries.values[at].record.keepAlive {
            entries.values[at].record.keepAlive = keepAlive
        }
        return entries.values[at]
    }

    mutating func end(_ id: UUID128, now: Int64) {
        guard let at = entries.index(forKey: id) else { return }
        entries.values[at].users -= 1
        entries.values[at].lastUse = max(entries.values[at].lastUse, now)
    }

    mutating func setKeepAlive(_ id: UUID128, to keepAlive: Int64, now: Int64) -> Entry? {
        guard let at = entries.index(forKey: id) else { return nil }
        entries.values[at].record.keepAlive = keepAlive
        entries.values[at].lastUse = max(entries.values[at].lastUse, now)
        entries.values[at].loggedUse = now
        earliestDeadline = min(earliestDeadline, entries.values[at].deadline)
        return entries.values[at]
    }

    /// Ids whose idle time is over, at most `limit`, in order of id. Looks at all only if one may have expired.
    mutating func expired(now: Int64, limit: Int) -> [UUID128] {
        if now < earliestDeadline { return [] }
        var found: [UUID128] = []
        var earliest = Int64.max
        for (id, entry) in entries {
            if entry.deadline < now && entry.users == 0 {
                found.append(id)
            } else {
                earliest = min(earliest, max(entry.deadline, now))
            }
        }
        earliestDeadline = found.count > limit ? now : earliest
        return Array(found.sorted().prefix(limit))
    }

    /// Ids whose last use the registry is behind on by more than a tenth of the keep-alive.
    mutating func takeTouches(now: Int64, limit: Int) -> [(id: UUID128, keepAlive: Int64, idle: Int64)] {
        var due: [UUID128] = []
        for (id, entry) in entries where entry.isDurable && entry.lastUse <= now {
            let behind = (entry.lastUse - entry.loggedUse) / 1_000_000
            if behind > entry.record.keepAlive / 10 { due.append(id) }
        }
        return due.sorted().prefix(limit).compactMap { id in
            guard let at = entries.index(forKey: id) else { return nil }
            entries.values[at].loggedUse = entries.values[at].lastUse
            let idle = (now - entries.values[at].lastUse) / 1_000_000
            return (id, entries.values[at].record.keepAlive, idle)
        }
    }
}
