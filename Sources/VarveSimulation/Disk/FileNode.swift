import VarveBytes

/// A file of the simulated disk: what processes see, what a power loss leaves for certain, and between them
/// the changes that the disk may or may not have made durable, in the order they were asked for.
///
/// Invariant: `live` is `durable` with all of `pending` applied, unless `isDiverged`: a failed sync lost bytes
/// that the cache still shows.
struct FileNode: Sendable {
    private(set) var live = SparseBytes()
    private(set) var durable = SparseBytes()
    private(set) var pending: [FileChange] = []
    /// The cache holds bytes that are neither durable nor pending.
    private(set) var isDiverged = false
    /// The next sync reports the failure of an earlier one.
    var owesError = false
    /// How many open files refer to this one.
    var handles = 0
    var isLocked = false

    init() {}

    /// A file that is durable as it is.
    init(content: SparseBytes) {
        live = content
        durable = content
    }

    /// Puts bytes into the cache; the disk has them after a sync, or by chance before.
    mutating func write(_ bytes: RawSpan, at offset: UInt64, order: UInt64, sectorBytes: Int) {
        if bytes.byteCount == 0 { return }
        let end = offset + UInt64(bytes.byteCount)
        if end > live.count { pending.append(FileChange(order: order, kind: .resize(end))) }
        let isZero = bytes.isAllZero
        if isZero {
            live.writeZeros(at: offset, count: bytes.byteCount)
        } else {
            live.write(bytes, at: offset)
        }
        let sector = UInt64(sectorBytes)
        let start = offset / sector * sector
        let length = Int((end + sector - 1) / sector * sector - start)
        // Zeros over zeros are a write all the same, but one that needs no image.
        let isBlank = isZero && live.isZero(at: start, count: UInt64(length))
        let image = isBlank ? [] : live.padded(at: start, count: length)
        let write = PendingWrite(
            firstSector: start / sector, sectorCount: length / sectorBytes, image: image,
            written: Int(offset - start)..<Int(end - start))
        pending.append(FileChange(order: order, kind: .write(write)))
    }

    mutating func resize(to size: UInt64, order: UInt64) {
        if size == live.count { return }
        live.resize(to: size)
        pending.append(FileChange(order: order, kind: .resize(size)))
    }

    /// Makes everything pending durable.
    mutating func sync(sectorBytes: Int) {
        durable = isDiverged ? applying(sectorBytes: sectorBytes) { _, _ in .kept } : live
        pending = []
    }

    /// A sync that fails: what becomes of the bytes that were to be made durable.
    mutating func failSync(_ failure: SyncFailure) {
        switch failure {
        case .staysDirty: break
        case .cleanInCache, .latent:
            if !pending.isEmpty { isDiverged = true }
            // The size is kept apart from the bytes, and was not lost with them.
            for case .resize(let size) in pending.map(\.kind) { durable.resize(to: size) }
            pending = []
            owesError = failure == .latent
        case .reverted:
            live = durable
            pending = []
            isDiverged = false
        }
    }

    /// Changes content and durable content alike, as damage does.
    mutating func damage(_ change: (inout SparseBytes) -> Void) {
        change(&live)
        change(&durable)
    }

    /// What is left of one sector of one pending write.
    enum Fate {
        case lost, kept
        case replaced([UInt8])
    }

    /// The durable content after a power loss, if each pending piece has the fate that `fate` says.
    ///
    /// - Parameter fate: Asked for each change by its position in `pending`, for a write once for each of its
    ///   sectors. A resize is kept or lost.
    func applying(sectorBytes: Int, fate: (_ change: Int, _ sector: Int) -> Fate) -> SparseBytes {
        // A size comes with all the cuts before it: what they took away does not return with a later growth.
        let lastSize =
            pending.indices.last { index in
                guard case .resize = pending[index].kind, case .kept = fate(index, 0) else { return false }
                return true
            } ?? -1
        var content = durable
        var size = durable.count
        let room = pending.reduce(durable.count) { $0.maximum(with: $1) }
        content.resize(to: room)
        for (index, change) in pending.enumerated() {
            switch change.kind {
            case .resize(let newSize):
                guard index <= lastSize else { continue }
                if newSize < size {
                    content.resize(to: newSize)
                    content.resize(to: room)
                }
                size = newSize
            case .write(let write):
                for sector in 0..<write.sectorCount {
                    guard
                        let image = write.image(
                            ofSector: sector, sectorBytes: sectorBytes, fate(index, sector))
                    else { continue }
                    content.write(
                        image.rawSpan, at: (write.firstSector + UInt64(sector)) * UInt64(sectorBytes))
                }
            }
        }
        content.resize(to: size)
        return content
    }
}

/// A change of a file that is not durable yet.
struct FileChange: Sendable {
    enum Kind: Sendable {
        case write(PendingWrite)
        case resize(UInt64)
    }
    /// The place among all changes of the disk.
    let order: UInt64
    let kind: Kind
}

/// A write by the sectors it touched: their whole content just after it, since a cache writes sectors back
/// whole, with all earlier writes to them.
struct PendingWrite: Sendable {
    let firstSector: UInt64
    let sectorCount: Int
    /// `sectorCount` sectors, or empty if they are all zero.
    let image: [UInt8]
    /// The bytes of the sectors that the write was asked for.
    let written: Range<Int>

    func image(ofSector sector: Int, sectorBytes: Int) -> [UInt8] {
        if image.isEmpty { return [UInt8](repeating: 0, count: sectorBytes) }
        return Array(image[sector * sectorBytes..<(sector + 1) * sectorBytes])
    }

    /// What a sector comes to hold; nil if it stays what it was.
    func image(ofSector sector: Int, sectorBytes: Int, _ fate: FileNode.Fate) -> [UInt8]? {
        switch fate {
        case .lost: nil
        case .kept: image(ofSector: sector, sectorBytes: sectorBytes)
        case .replaced(let bytes): bytes
        }
    }

    /// The bytes of one sector that the write was asked for, counted from the sector's start.
    func written(inSector sector: Int, sectorBytes: Int) -> Range<Int> {
        let start = sector * sectorBytes
        return max(written.lowerBound - start, 0)..<min(written.upperBound - start, sectorBytes)
    }
}

extension UInt64 {
    fileprivate func maximum(with change: FileChange) -> UInt64 {
        guard case .resize(let size) = change.kind else { return self }
        return Swift.max(self, size)
    }
}
