package import VarveFiles

/// Why a generation could not be published.
package enum PublishFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value breaks an invariant of its kind. Nothing was written.
    case invalid(String)
    /// Another writer has published: this one must stop writing.
    case fenced(found: StorePath)
    /// Whether the generation stands is unknown; it is either wholly there or wholly absent.
    case storage(StorageError)

    package var description: String {
        switch self {
        case .invalid(let rule): rule
        case .fenced(let path): "another writer has published \(path)"
        case .storage(let error): error.description
        }
    }
}

extension StagedFile {
    /// Gives the file its name, which nobody else may have given. Durable once its directory is synced.
    func linkUnfenced() throws(PublishFailure) {
        do throws(FileError) { try link() } catch {
            throw error.code == .exists ? .fenced(found: path) : .storage(.file(error))
        }
    }
}
