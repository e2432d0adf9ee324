package import VarveBytes

/// The two copies of a catalog or registry generation. They hold the same bytes.
package enum FileCopy: UInt8, Sendable, CaseIterable, Comparable {
    case a = 0x61
    case b = 0x62

    package var other: FileCopy { self == .a ? .b : .a }

    package static func < (left: FileCopy, right: FileCopy) -> Bool { left.rawValue < right.rawValue }
}

/// The names of files in a data directory, written and read back in one place.
///
/// Numbers are 16 lower-case hex digits, so names sort as numbers. A name that does not parse is not ours: it is
/// left alone and reported, never removed. The table of names is in `docs/formats/store.md`.
package enum FileName: Hashable, Sendable, CustomStringConvertible {
    /// `STORE`, and `LOCK` beside it.
    case identity
    case lock
    /// `catalog-<generation>.a`
    case catalog(generation: UInt64, copy: FileCopy)
    /// `pits-<generation>.a`
    case registry(generation: UInt64, copy: FileCopy)
    /// `manifest-<generation>`
    case manifest(generation: UInt64)
    /// `wal-<n>`
    case wal(UInt64)
    /// `seg-<id>`
    case segment(UInt64)
    /// `dels-<id>`
    case deaths(UInt64)
    /// `ltrs-<id>`
    case letters(UInt64)

    /// Numbers in names, and what counts like them, stay below this: far off, and safe to add to.
    package static let numberLimit: UInt64 = 1 << 62

    package var text: String {
        switch self {
        case .identity: "STORE"
        case .lock: "LOCK"
        case .catalog(let generation, let copy): "catalog-\(generation.hex16).\(copy)"
        case .registry(let generation, let copy): "pits-\(generation.hex16).\(copy)"
        case .manifest(let generation): "manifest-\(generation.hex16)"
        case .wal(let number): "wal-\(number.hex16)"
        case .segment(let id): "seg-\(id.hex16)"
        case .deaths(let id): "dels-\(id.hex16)"
        case .letters(let id): "ltrs-\(id.hex16)"
        }
    }

    package var description: String { text }

    /// The file that exactly this name means, or nil if the name is not one of ours.
    package init?(parsing name: String) {
        switch name {
        case "STORE": self = .identity
        case "LOCK": self = .lock
        default: self.init(numbered: name[...])
        }
    }

    private init?(numbered name: Substring) {
        guard let dash = name.firstIndex(of: "-") else { return nil }
        let prefix = name[..<dash]
        var digits = name[name.index(after: dash)...]
        var copy: FileCopy?
        if digits.hasSuffix(".a") || digits.hasSuffix(".b") {
            copy = digits.hasSuffix(".a") ? .a : .b
            digits = digits.dropLast(2)
        }
        guard let number = UInt64(hex16: digits), number < Self.numberLimit else { return nil }
        switch (prefix, copy) {
        case ("catalog", let copy?): self = .catalog(generation: number, copy: copy)
        case ("pits", let copy?): self = .registry(generation: number, copy: copy)
        case ("manifest", nil): self = .manifest(generation: number)
        case ("wal", nil): self = .wal(number)
        case ("seg", nil): self = .segment(number)
        case ("dels", nil): self = .deaths(number)
        case ("ltrs", nil): self = .letters(number)
        default: return nil
        }
    }

    /// The kind of file that the name promises; nil for the lock, which has no format.
    package var kind: FileKind? {
        switch self {
        case .identity: .store
        case .lock: nil
        case .catalog: .catalog
        case .registry: .registry
        case .manifest: .manifest
        case .wal: .wal
        case .segment: .segment
        case .deaths: .deaths
        case .letters: .letters
        }
    }
}
