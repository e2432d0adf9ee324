package import VarveDocument
package import VarveEngine
package import VarveFiles
package import VarveQuery

/// What a call of a store can throw.
///
/// `kind` is what a program decides by; `message` is for people: one sentence with the input and the rule.
public struct VarveError: Error, Sendable, CustomStringConvertible {
    /// There is a kind only where a caller would act differently. New kinds may be added.
    public struct Kind: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// No store is there; or no index, document or point in time has this name.
        public static let notFound = Kind(description: "not found")
        /// The name is taken, or the version is not the one that was expected.
        public static let conflict = Kind(description: "conflict")
        /// The request, the document or the mapping breaks a rule; asking again does not help.
        public static let invalid = Kind(description: "invalid")
        /// Bytes on the disk are not what was written. `place` says where.
        public static let corrupted = Kind(description: "corrupted")
        /// Refused for now: locked, no memory or disk to spare, or writes are stopped after a failed sync.
        public static let unavailable = Kind(description: "unavailable")
        /// The point in time's idle time is over.
        public static let expired = Kind(description: "expired")
        /// The store was closed.
        public static let closed = Kind(description: "closed")
    }

    /// A file below the store's root, and the byte where the rule was broken.
    public struct Place: Hashable, Sendable, CustomStringConvertible {
        public let file: String
        public let offset: UInt64
        public var description: String { "\(file) at byte \(offset)" }
    }

    public let kind: Kind
    public let message: String
    public let place: Place?
    public let cause: (any Error)?

    public init(_ kind: Kind, _ message: String, place: Place? = nil, cause: (any Error)? = nil) {
        self.kind = kind
        self.message = message
        self.place = place
        self.cause = cause
    }

    public var description: String { message }
}

/// The one place where errors of the modules become the public one.
extension VarveError {
    package init(_ error: EngineError) {
        switch error {
        case .storage(let storage): self.init(storage)
        case .document(let document): self.init(document)
        case .notFound(let text): self.init(.notFound, text)
        case .exists(let text): self.init(.conflict, text)
        case .invalid(let text): self.init(.invalid, text)
        case .locked(let text), .rejected(let text): self.init(.unavailable, text)
        case .poisoned(let storage): self.init(.unavailable, error.description, cause: storage)
        case .tooManyContexts: self.init(.unavailable, error.description, cause: error)
        case .closed: self.init(.closed, error.description)
        }
    }

    package init(_ error: StorageError) {
        switch error {
        case .damaged(let damage):
            self.init(
                .corrupted, damage.description, place: Place(file: damage.path.text, offset: damage.offset))
        case .file(let file): self.init(.unavailable, file.description, cause: file)
        }
    }

    package init(_ error: DocumentError) { self.init(.invalid, error.description, cause: error) }

    package init(_ error: DocumentError, id: String) {
        self.init(.invalid, "[\(id.prefix(80))]: \(error.description)", cause: error)
    }

    package init(_ error: QueryError) { self.init(.invalid, error.message, cause: error) }

    /// In OpenSearch's words, as for documents.
    init(_ conflict: VersionConflict, id: String) {
        let text =
            switch conflict {
            case .exists(let version, _):
                "document already exists (current version [\(version)])"
            case .version(let current, let given, false):
                "current version [\(current)] is higher or equal to the one provided [\(given)]"
            case .version(let current, let given, true):
                "current version [\(current)] is higher than the one provided [\(given)]"
            case .sequence(let current?, let given):
                "required seqNo [\(given)], primary term [1]. current document has seqNo [\(current)] "
                    + "and primary term [1]"
            case .sequence(nil, let given):
                "required seqNo [\(given)], primary term [1]. but no document was found"
            }
        self.init(.conflict, "[\(id)]: version conflict, \(text)")
    }
}
