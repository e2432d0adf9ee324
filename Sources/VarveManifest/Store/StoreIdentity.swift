package import VarveBytes
package import VarveFiles

/// Which store a directory is: the file `STORE`, written once when the store is made.
///
/// The file holds the common header twice, in two pages, so that damage to one leaves the other. If both are
/// gone, the catalog and the registry still name the store they belong to. The page is `docs/formats/store.md`.
package struct StoreIdentity: Equatable, Sendable {
    /// The owner of all files of the store itself.
    package let store: UUID128
    /// Milliseconds since 1970; 0 if it was lost with the file.
    package let createdAt: Int64

    package init(store: UUID128, createdAt: Int64) {
        self.store = store
        self.createdAt = createdAt
    }

    /// Where the second header lies.
    static let pageBytes = 4096
    static let fileBytes = pageBytes + FileHeader.byteCount

    package func encode() -> ByteBuffer {
        let header = FileHeader(
            kind: .store, owner: store, fileID: 0, detail: UInt64(bitPattern: createdAt))
        var buffer = ByteBuffer(capacity: Self.fileBytes)
        header.encode(into: &buffer)
        buffer.append(repeating: 0, count: Self.pageBytes - FileHeader.byteCount)
        header.encode(into: &buffer)
        return buffer
    }

    /// Reads the file's bytes; `damage` is that of the page that was not needed.
    package static func decode(
        _ bytes: RawSpan
    ) throws(FormatError) -> (identity: StoreIdentity, damage: FormatError?) {
        let first = Result { () throws(FormatError) in try page(of: bytes, at: 0) }
        let second = Result { () throws(FormatError) in try page(of: bytes, at: pageBytes) }
        switch (first, second) {
        case (.success(let one), .success(let two)):
            guard one == two else {
                throw FormatError("the two pages name two stores", offset: pageBytes + 16)
            }
            return (one, nil)
        case (.success(let one), .failure(let error)): return (one, error)
        case (.failure(let error), .success(let two)): return (two, error)
        case (.failure(let error), .failure): throw error
        }
    }

    private static func page(of bytes: RawSpan, at offset: Int) throws(FormatError) -> StoreIdentity {
        let header: FileHeader
        do throws(FormatError) {
            let count = min(max(bytes.byteCount - offset, 0), FileHeader.byteCount)
            header = try FileHeader(decoding: bytes.slice(count == 0 ? 0 : offset, count), kind: .store)
            guard header.fileID == 0 else { throw FormatError("a store has the file id 0", offset: 32) }
        } catch {
            throw error.moved(by: offset)
        }
        for at in (offset + FileHeader.byteCount)..<(offset == 0 ? pageBytes : bytes.byteCount) {
            guard at < bytes.byteCount, bytes.byte(at: at) == 0 else {
                throw FormatError("the rest of a page is not zero", offset: at)
            }
        }
        return StoreIdentity(store: header.owner, createdAt: Int64(bitPattern: header.detail))
    }
}

/// Why a directory cannot be opened as a store, or made one.
package enum StoreIdentityError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nothing of ours is there.
    case notAStore
    /// It is one already, or what is left of one.
    case exists
    /// No store is there, and something else is: this name among others.
    case occupied(String)
    case newerFormat(Damage)
    case storage(StorageError)
    /// Catalog or registry could not be opened or made.
    case publishing(PublishFailure)

    package var description: String {
        switch self {
        case .notAStore: "the directory holds no Varve store: it has no STORE file"
        case .exists: "the directory holds a store already"
        case .occupied(let name):
            "the directory holds no Varve store and is not empty: it has \(name.prefix(80))"
        case .newerFormat(let damage): "a later release wrote this store: \(damage)"
        case .storage(let error): error.description
        case .publishing(let failure): failure.description
        }
    }
}
