package import VarveDocument
package import VarveFiles
import VarveLog

/// What an engine call can end in. The face maps each to the one public error.
package enum EngineError: Error, Sendable, CustomStringConvertible {
    /// A file could not be read or written, or is damaged.
    case storage(StorageError)
    /// A document or mapping breaks a rule.
    case document(DocumentError)
    /// Nothing has this name or id.
    case notFound(String)
    /// The name is taken.
    case exists(String)
    /// A request breaks a rule; the text names input and rule.
    case invalid(String)
    /// Another process has the store open.
    case locked(String)
    /// An earlier sync or write failed; the shard refuses writes until the store is opened again.
    case poisoned(StorageError)
    /// There is no room for now: memory or disk.
    case rejected(String)
    /// A point in time would hold more shards than are allowed, or there would be too many of them.
    case tooManyContexts(granted: Int, limit: Int)
    case closed

    package var description: String {
        switch self {
        case .storage(let error): error.description
        case .document(let error): error.description
        case .notFound(let text), .exists(let text), .invalid(let text), .locked(let text),
            .rejected(let text):
            text
        case .poisoned(let cause): "writes are refused until the store is opened again: \(cause)"
        case .tooManyContexts(_, let limit): "points in time are at their limit of \(limit)"
        case .closed: "the store is closed"
        }
    }

    init(_ failure: LogFailure) {
        switch failure {
        case .poisoned(let error): self = .poisoned(error)
        case .closed: self = .closed
        case .noSpace, .noRoom, .rejected: self = .rejected(failure.description)
        }
    }
}
