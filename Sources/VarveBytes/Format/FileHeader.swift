/// The first 64 bytes of every file of ours. The format page is `docs/formats/conventions.md`.
///
/// ```
/// 0 magic "VARVE" kind CR LF | 8 major u16 | 10 minor u16 | 12 header length u32 | 16 owner uuid
/// 32 file id u64 | 40 incompat u32 | 44 ro-compat u32 | 48 kind-specific u64 | 56 XXH64 of bytes 0..55
/// ```
package struct FileHeader: Equatable, Sendable {
    package static let byteCount = 64
    package static let major: UInt16 = 1
    package static let minor: UInt16 = 0

    package var kind: FileKind
    package var owner: UUID128
    package var fileID: UInt64
    package var incompatible: UInt32 = 0
    package var readOnlyCompatible: UInt32 = 0
    /// WAL: the sector size that groups are padded to; segment: document count; manifest: previous generation.
    package var detail: UInt64 = 0
    /// Where the content begins: 64, or more in a file of a later minor version.
    package private(set) var length = byteCount

    package init(kind: FileKind, owner: UUID128, fileID: UInt64, detail: UInt64 = 0) {
        self.kind = kind
        self.owner = owner
        self.fileID = fileID
        self.detail = detail
    }

    /// The seed for checksums of what lies in this file.
    package var seed: ChecksumSeed { ChecksumSeed(owner: owner, file: fileID, kind: kind) }

    package func encode(into buffer: inout ByteBuffer) {
        var head = ByteBuffer(capacity: Self.byteCount)
        for byte: UInt8 in [0x56, 0x41, 0x52, 0x56, 0x45, kind.rawValue, 0x0D, 0x0A] { head.append(byte) }
        head.append(Self.major)
        head.append(Self.minor)
        head.append(UInt32(Self.byteCount))
        head.append(owner.low)
        head.append(owner.high)
        head.append(fileID)
        head.append(incompatible)
        head.append(readOnlyCompatible)
        head.append(detail)
        head.append(XXH64.hash(head.bytes))
        buffer.append(head.bytes)
    }

    /// Reads and checks a header of the given kind. Owner and file id are the caller's to compare, with
    /// `expect`, since only it knows where the bytes were found.
    package init(decoding bytes: RawSpan, kind expected: FileKind) throws(FormatError) {
        guard bytes.byteCount >= Self.byteCount else {
            throw FormatError("a file header has 64 bytes, found \(bytes.byteCount)", offset: 0)
        }
        let magic: [UInt8] = [0x56, 0x41, 0x52, 0x56, 0x45]
        for at in 0..<5 where bytes.byte(at: at) != magic[at] {
            throw FormatError("not a file of ours: the magic is missing", offset: at)
        }
        guard bytes.byte(at: 6) == 0x0D, bytes.byte(at: 7) == 0x0A else {
            throw FormatError("line ends of the magic were changed, as by a text-mode copy", offset: 6)
        }
        let sum = XXH64.hash(bytes.slice(0, 56))
        let stored: UInt64 = bytes.load(at: 56)
        guard sum == stored else {
            throw FormatError("header checksum \(stored.hex16), expected \(sum.hex16)", offset: 56)
        }
        guard let kind = FileKind(rawValue: bytes.byte(at: 5)), kind == expected else {
            throw FormatError("a file of kind \(bytes.byte(at: 5)), expected \(expected.rawValue)", offset: 5)
        }
        let major: UInt16 = bytes.load(at: 8)
        guard major >= 1 && major <= Self.major else {
            throw FormatError(
                "format \(major) is not readable by this release", offset: 8,
                isNewerFormat: major > Self.major)
        }
        let length: UInt32 = bytes.load(at: 12)
        guard length >= UInt32(Self.byteCount) && length <= 4096 else {
            throw FormatError("a header length of \(length)", offset: 12)
        }
        self.kind = kind
        self.length = Int(length)
        owner = UUID128(high: bytes.load(at: 24), low: bytes.load(at: 16))
        fileID = bytes.load(at: 32)
        incompatible = bytes.load(at: 40)
        readOnlyCompatible = bytes.load(at: 44)
        detail = bytes.load(at: 48)
        guard incompatible == 0 else {
            throw FormatError(
                "incompatible feature bits \(incompatible) are unknown", offset: 40, isNewerFormat: true)
        }
    }

    /// Refuses a header that belongs to another owner or file, as a stale or misdirected copy would.
    package func expect(owner: UUID128, fileID: UInt64) throws(FormatError) {
        guard self.owner == owner else {
            throw FormatError("the file belongs to \(self.owner), expected \(owner)", offset: 16)
        }
        guard self.fileID == fileID else {
            throw FormatError("the file is \(self.fileID.hex16), expected \(fileID.hex16)", offset: 32)
        }
    }
}
