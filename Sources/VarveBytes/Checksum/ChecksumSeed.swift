/// What a checksum is bound to besides its bytes: the owner's uuid, the file, its kind and the place in it.
///
/// A right block in the wrong store, file, kind or place therefore fails, and a document cannot carry bytes
/// that pass for a record of ours, since the uuid is random and never shown. See `docs/formats/conventions.md`.
package struct ChecksumSeed: Sendable, Equatable {
    private let base: UInt64

    package init(owner: UUID128, file: UInt64, kind: FileKind) {
        base = owner.low ^ (file &* 0x9E37_79B9_7F4A_7C15) ^ (UInt64(kind.rawValue) &<< 56)
    }

    /// The checksum of `bytes` that lie at `offset` of the file.
    package func checksum(_ bytes: RawSpan, at offset: UInt64) -> UInt64 {
        XXH64.hash(bytes, seed: base ^ offset)
    }

    /// The checksum, made part by part, of bytes that start at `offset` of the file.
    package func stream(at offset: UInt64) -> XXH64Stream { XXH64Stream(seed: base ^ offset) }
}

/// The kinds of file in a data directory; the letter stands in the header's magic.
package enum FileKind: UInt8, Sendable, CaseIterable {
    case store = 0x53  // S
    case catalog = 0x43  // C
    case registry = 0x50  // P
    case manifest = 0x4D  // M
    case wal = 0x57  // W
    case segment = 0x47  // G
    case deaths = 0x44  // D
    case letters = 0x4C  // L
}
