package import VarveBytes

/// One change of the registry of points in time, as it is logged.
package enum PITChange: Equatable, Sendable {
    case create(PITRecord)
    /// The keep-alive and the last access are these from now on. Without effect if the id is unknown.
    case touch(id: UUID128, keepAlive: Int64, lastAccess: Int64)
    /// Without effect if the id is unknown.
    case delete(id: UUID128)
    /// The wall clock showed this, in milliseconds since 1970.
    case heartbeat(Int64)
}

extension PITChange {
    /// The changes that the payload of one record holds: for tools. The page is `docs/formats/pit-registry.md`.
    package static func decodeAll(_ payload: RawSpan) throws(FormatError) -> [PITChange] {
        var reader = PITPayloadReader(payload)
        var changes: [PITChange] = []
        while let change = try reader.next() { changes.append(change) }
        return changes
    }
}
