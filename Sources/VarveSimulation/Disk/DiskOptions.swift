/// What kind of disk is simulated.
package struct DiskOptions: Sendable {
    /// What a power loss may do to a sector that was being written.
    package enum SectorDamage: Sendable {
        /// A sector is written whole or not at all.
        case never
        /// What was being written may come out as zeros, garbage or half of it; the sector's other bytes stay
        /// ("powersafe overwrite", as SQLite assumes).
        case writtenBytes
        /// The whole sector may come out so, bytes that were durable before included.
        case wholeSector
    }

    /// What the disk writes in one piece: 512 or 4,096.
    package var sectorBytes: Int
    package var sectorDamage: SectorDamage
    /// Room for file content; growing beyond it fails with `.noSpace`.
    package var capacityBytes: UInt64
    /// Keeps the state after each operation, for `SimulatedDisk.state(afterOperation:)`.
    package var keepsHistory: Bool

    package init(
        sectorBytes: Int = 512, sectorDamage: SectorDamage = .never, capacityBytes: UInt64 = .max,
        keepsHistory: Bool = false
    ) {
        precondition(sectorBytes == 512 || sectorBytes == 4096, "a sector has 512 or 4,096 bytes")
        self.sectorBytes = sectorBytes
        self.sectorDamage = sectorDamage
        self.capacityBytes = capacityBytes
        self.keepsHistory = keepsHistory
    }
}
