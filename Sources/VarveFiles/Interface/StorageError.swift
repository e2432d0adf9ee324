package import VarveBytes

/// What reading or writing a store's files can end in, below the engine.
package enum StorageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system refused a call.
    case file(FileError)
    /// Bytes break a rule of their format.
    case damaged(Damage)

    package var description: String {
        switch self {
        case .file(let error): error.description
        case .damaged(let damage): damage.description
        }
    }
}

/// Where a file is damaged, and the rule that its bytes break.
package struct Damage: Error, Equatable, Sendable, CustomStringConvertible {
    package let path: StorePath
    package let offset: UInt64
    package let rule: String
    /// Not damaged, but written by a later release: see `FormatError.isNewerFormat`.
    package let isNewerFormat: Bool

    package init(_ path: StorePath, at offset: UInt64, _ rule: String, isNewerFormat: Bool = false) {
        self.path = path
        self.offset = offset
        self.rule = rule
        self.isNewerFormat = isNewerFormat
    }

    /// A format error in bytes that were read from `offset` on.
    package init(_ path: StorePath, from offset: UInt64 = 0, _ error: FormatError) {
        self.init(path, at: offset + UInt64(error.offset), error.rule, isNewerFormat: error.isNewerFormat)
    }

    package var description: String { "\(path) at byte \(offset): \(rule)" }
}
