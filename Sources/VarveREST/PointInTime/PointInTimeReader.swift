import Varve
import VarveBytes
import VarveManifest
import VarveQuery

/// Single documents as a point in time has them.
struct PointInTimeReader {
    private let call: Call
    private let id: PointInTimeID
    private let info: PointInTimeInfo

    init(_ call: Call, _ text: String) throws(RESTError) {
        self.call = call
        id = try PointInTimeHandlers.parse(text, call.store)
        for name in ["routing", "preference", "realtime", "refresh"] where call.parameters.has(name) {
            throw .validation("[\(name)] cannot be used with point in time")
        }
        guard let info = PointInTime(call.store, id).info else { throw PointInTimeHandlers.missing(id) }
        self.info = info
        _ = try call.admit(info)
    }

    /// The document of an index, or of what a name of it stands for; nil if the point in time sees none.
    func document(_ id: String, in name: String) async throws(RESTError) -> Document? {
        let known = info.pins.compactMap(\.index)
        var names: Set<String> = [name]
        if !known.contains(name) {
            let members = call.store.aliases[name] ?? []
            names = Set(
                call.store.indices.filter { index in members.contains { $0.index == index.uuid } }
                    .map(\.name))
        }
        guard known.contains(where: names.contains) else {
            throw .illegalArgument("index [\(name)] is not part of the point in time")
        }
        let pointInTime = PointInTime(call.store, self.id)
        do throws(VarveError) {
            let reading = try pointInTime.beginReading(keepAlive: nil, AliasFilter.frozen)
            defer { pointInTime.endReading() }
            let shards = zip(reading.shards, reading.indices).filter { names.contains($0.1) }.map(\.0)
            let request = SearchRequest(.ids([id]), size: 1, totalHits: .none, source: .all)
            let result = try await call.store.search(request, over: shards)
            return result.hits.first.map { Document($0) }
        } catch {
            if error.kind == .expired { throw PointInTimeHandlers.missing(self.id) }
            if error.kind == .notFound, let gone = info.pins.first(where: { $0.index == nil }) {
                throw .noSuchIndex(gone.deletedIndex ?? "_na_")
            }
            throw RESTError(error)
        }
    }
}
