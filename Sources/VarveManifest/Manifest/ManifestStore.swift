package import VarveFiles

/// Why a generation could not be published.
package enum PublishFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another writer has published: this one must stop writing.
    case fenced(found: StorePath)
    /// Whether the generation stands is unknown; it is either wholly there or wholly absent.
    case storage(StorageError)

    package var description: String {
        switch self {
        case .fenced(let path): "another writer has published \(path)"
        case .storage(let error): error.description
        }
    }
}
