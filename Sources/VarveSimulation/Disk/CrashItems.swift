import VarveBytes

/// The pieces of a disk that a power loss may keep or lose, each on its own, in the order they were asked for.
///
/// An item is one sector of one unsynced write that changes the sector, one unsynced size, or one unsynced
/// change of a directory. Several items of one *group* are versions of one thing (a sector, a size), of which
/// the last kept one counts.
struct CrashItems: Sendable {
    struct Item: Sendable, Equatable {
        enum Place: Sendable, Equatable {
            case sector(file: Int, change: Int, sector: Int)
            case size(file: Int, change: Int)
            case entry(directory: Int, change: Int)
        }
        let order: UInt64
        let place: Place
        /// Items with equal groups are versions of one thing.
        let group: Int
    }

    let state: DiskState
    private(set) var items: [Item] = []
    private(set) var groupCount = 0
    /// For each file and change the number of its first item, so that fates are found without a search.
    private var firstItems: [Key: [Int]] = [:]

    private struct Key: Hashable {
        let isFile: Bool
        let number: Int
        let change: Int
    }

    init(of state: DiskState) {
        self.state = state
        let (files, directories) = state.reachable(by: .anyState)
        for number in directories where !state.directories[number].pending.isEmpty {
            for (change, entry) in state.directories[number].pending.enumerated() {
                add(.entry(directory: number, change: change), order: entry.order, group: newGroup())
            }
        }
        for number in files where !state.files[number].pending.isEmpty { collect(file: number) }
        items.sort { ($0.order, $0.place.rank) < ($1.order, $1.place.rank) }
        index()
    }

    private mutating func newGroup() -> Int {
        groupCount += 1
        return groupCount - 1
    }

    private mutating func add(_ place: Item.Place, order: UInt64, group: Int) {
        items.append(Item(order: order, place: place, group: group))
    }

    private mutating func collect(file number: Int) {
        let file = state.files[number]
        let sectorBytes = state.options.sectorBytes
        var sizeGroup: Int?
        /// For each sector its group and the change and sector that wrote it last.
        var last: [UInt64: (group: Int, change: Int, sector: Int)] = [:]
        for (change, pending) in file.pending.enumerated() {
            switch pending.kind {
            case .resize:
                let group = sizeGroup ?? newGroup()
                sizeGroup = group
                add(.size(file: number, change: change), order: pending.order, group: group)
            case .write(let write):
                let start = write.firstSector * UInt64(sectorBytes)
                let length = UInt64(write.sectorCount * sectorBytes)
                // Zeros that are filled in ahead of use change nothing.
                if write.image.isEmpty && last.isEmpty && file.durable.isZero(at: start, count: length) {
                    continue
                }
                for sector in 0..<write.sectorCount {
                    let at = write.firstSector + UInt64(sector)
                    let image = write.image(ofSector: sector, sectorBytes: sectorBytes)
                    let before = last[at]
                    guard image != previous(before, at, in: file) else { continue }
                    let group = before?.group ?? newGroup()
                    last[at] = (group, change, sector)
                    add(
                        .sector(file: number, change: change, sector: sector), order: pending.order,
                        group: group)
                }
            }
        }
    }

    /// What a sector held before a write to it.
    private func previous(
        _ last: (group: Int, change: Int, sector: Int)?, _ sector: UInt64, in file: FileNode
    ) -> [UInt8] {
        let sectorBytes = state.options.sectorBytes
        guard let last, case .write(let write) = file.pending[last.change].kind else {
            return file.durable.padded(at: sector * UInt64(sectorBytes), count: sectorBytes)
        }
        return write.image(ofSector: last.sector, sectorBytes: sectorBytes)
    }

    private mutating func index() {
        for (number, item) in items.enumerated() {
            switch item.place {
            case .entry(let directory, let change):
                firstItems[Key(isFile: false, number: directory, change: change)] = [number]
            case .size(let file, let change):
                firstItems[Key(isFile: true, number: file, change: change)] = [number]
            case .sector(let file, let change, let sector):
                let key = Key(isFile: true, number: file, change: change)
                var numbers = firstItems[key] ?? []
                while numbers.count < sector { numbers.append(-1) }
                numbers.append(number)
                firstItems[key] = numbers
            }
        }
    }

    /// The number of the item for one sector (or the size) of a file's change; nil if it changes nothing.
    func item(file: Int, change: Int, sector: Int) -> Int? {
        guard let numbers = firstItems[Key(isFile: true, number: file, change: change)],
            sector < numbers.count, numbers[sector] >= 0
        else { return nil }
        return numbers[sector]
    }

    func item(directory: Int, change: Int) -> Int? {
        firstItems[Key(isFile: false, number: directory, change: change)]?.first
    }

    /// The write and the sector of it that an item stands for.
    func sector(of item: Int) -> (write: PendingWrite, sector: Int)? {
        guard case .sector(let file, let change, let sector) = items[item].place,
            case .write(let write) = state.files[file].pending[change].kind
        else { return nil }
        return (write, sector)
    }
}

extension CrashItems.Item.Place {
    /// The order among the items of one operation.
    fileprivate var rank: Int {
        switch self {
        case .entry(let directory, _): directory
        case .size: 0
        case .sector(_, _, let sector): sector + 1
        }
    }
}
