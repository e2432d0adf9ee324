/// Why a change of the registry is not durable.
package enum PITRegistryFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// A write or a sync failed: no change is taken until the store is reopened. Those that were waiting may be
    /// there then or not.
    case poisoned(PublishFailure)
    case closed
    /// Too much is waiting, or the change is too large. Nothing of it was taken.
    case rejected(String)

    package var description: String {
        switch self {
        case .poisoned(let reason): "the registry of points in time takes no changes: \(reason)"
        case .closed: "the registry of points in time is closed"
        case .rejected(let rule): rule
        }
    }
}
