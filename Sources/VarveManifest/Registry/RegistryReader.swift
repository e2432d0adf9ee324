import VarveBytes
package import VarveFiles
import VarveLog

/// What the registry's files say, and what was found out on the way.
package struct RegistryReport: Equatable, Sendable {
    package var generation: UInt64
    /// Bytes behind the last whole record that were never acknowledged.
    package var droppedBytes: UInt64 = 0
    /// Of a copy that the other one stood in for.
    package var damage: [Damage] = []

    package init(generation: UInt64) { self.generation = generation }
}

/// Reads the newest generation of the registry: both copies, of which the one that is valid for longer counts.
///
/// Both hold the same bytes, and a change is acknowledged when it is synced in both. So the longer one holds
/// everything acknowledged, unless bytes that some record proves to have been synced are missing in both: then
/// the registry is damaged and is not opened. An older generation never stands in.
struct RegistryReader {
    let store: UUID128
    let files: any FileSystem

    /// The generations of which a copy is on disk, ascending.
    static func generations(in files: any FileSystem) throws(StorageError) -> [UInt64] {
        do throws(FileError) {
            let found = try files.listOurs(.root).compactMap { name -> UInt64? in
                if case .registry(let generation, _) = name { generation } else { nil }
            }
            return Set(found).sorted()
        } catch {
            throw .file(error)
        }
    }

    /// The newest generation's content; nil if there is no generation at all.
    func load() throws(StorageError) -> (table: PITTable, report: RegistryReport)? {
        for _ in 0..<16 {
            guard let newest = try Self.generations(in: files).last else { return nil }
            if let found = try load(newest) { return found }
        }
        throw .file(FileError("open", .root, .notFound))
    }

    /// One generation's content; nil if both copies are gone.
    private func load(_ generation: UInt64) throws(StorageError) -> (table: PITTable, report: RegistryReport)?
    {
        var report = RegistryReport(generation: generation)
        var copies: [RegistryCopy] = []
        for copy in FileCopy.allCases {
            let path = StoreLayout.path(.registry(generation: generation, copy: copy))
            do throws(StorageError) {
                copies.append(try RegistryCopy(path, store: store, generation: generation, files: files))
            } catch .file(let error) where error.code == .notFound {
                continue
            } catch {
                guard let damage = error.damageOfCopy(path) else { throw error }
                report.damage.append(damage)
            }
        }
        guard let best = copies.max(by: { $0.validEnd < $1.validEnd }) else {
            if let damage = report.damage.first { throw .damaged(damage) }
            return nil
        }
        try judge(copies, best: best, report: &report)
        return (try best.readTable(), report)
    }

    /// Tells a torn tail from damage.
    private func judge(
        _ copies: [RegistryCopy], best: RegistryCopy, report: inout RegistryReport
    ) throws(StorageError) {
        let provenEnd = copies.map(\.provenEnd).max() ?? 0
        if best.validEnd < provenEnd { throw .damaged(best.damage) }
        for copy in copies {
            if copy.validEnd < provenEnd { report.damage.append(copy.damage) }
            guard best.continues(copy) else {
                throw .damaged(Damage(copy.path, at: copy.validEnd, "the two copies are valid and differ"))
            }
            let written = max(copy.writtenEnd, best.validEnd)
            report.droppedBytes = max(report.droppedBytes, written - best.validEnd)
        }
    }
}
