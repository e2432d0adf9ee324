package import VarveBytes
package import VarveFiles

/// Where everything lies below a store's root. The page is `docs/formats/store.md`.
///
/// ```
/// STORE  LOCK  catalog-<gen>.a .b  pits-<gen>.a .b  tmp/
/// indices/<index uuid>/<shard number>/  manifest-<gen>  wal-<n>  seg-<id>  dels-<id>  ltrs-<id>
///                                     quarantine/
/// ```
/// Index names never reach the file system: directories are named by uuid.
package enum StoreLayout {
    package static let identity: StorePath = "STORE"
    package static let lock: StorePath = "LOCK"
    package static let indices: StorePath = "indices"
    /// Files that are not published yet; emptied when a store is opened for writing.
    package static let temporary: StorePath = "tmp"

    package static func path(_ name: FileName) -> StorePath { StorePath.root.appending(name.text) }

    package static func index(_ index: UUID128) -> StorePath { indices.appending(index.hex) }

    package static func shard(_ number: Int, of index: UUID128) -> ShardLayout {
        ShardLayout(directory: self.index(index).appending(String(number)))
    }

    /// The index whose directory has this name in `indices/`.
    package static func parseIndex(_ name: String) -> UUID128? { UUID128(hex: name) }

    /// The number of the shard whose directory has this name in its index's directory.
    package static func parseShard(_ name: String) -> Int? {
        guard !name.isEmpty, name.utf8.count <= 5, name.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(name), String(number) == name
        else { return nil }
        return number
    }
}

/// Where everything of one shard lies.
package struct ShardLayout: Hashable, Sendable {
    package let directory: StorePath

    package init(directory: StorePath) { self.directory = directory }

    package func path(_ name: FileName) -> StorePath { directory.appending(name.text) }
    package func manifest(_ generation: UInt64) -> StorePath { path(.manifest(generation: generation)) }
    package func wal(_ number: UInt64) -> StorePath { path(.wal(number)) }
    package func segment(_ id: UInt64) -> StorePath { path(.segment(id)) }
    package func deaths(_ id: UInt64) -> StorePath { path(.deaths(id)) }
    package func letters(_ id: UInt64) -> StorePath { path(.letters(id)) }
    /// Damaged files that were moved aside, with a `.why.json` each.
    package var quarantine: StorePath { directory.appending("quarantine") }
}
