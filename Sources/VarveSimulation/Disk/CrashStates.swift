import VarveBytes

/// The disks that a power loss could leave, one after another; each is made when it is asked for.
package struct CrashStates: Sequence, Sendable {
    private let items: CrashItems
    private let choices: [CrashChoice]

    init(of state: DiskState, limit: Int, seed: UInt64) {
        items = CrashItems(of: state)
        choices = CrashChoices.of(items, limit: limit, seed: seed)
    }

    package func makeIterator() -> Iterator { Iterator(items: items, choices: choices) }

    package struct Iterator: IteratorProtocol {
        fileprivate let items: CrashItems
        fileprivate let choices: [CrashChoice]
        private var position = 0

        fileprivate init(items: CrashItems, choices: [CrashChoice]) {
            self.items = items
            self.choices = choices
        }

        package mutating func next() -> SimulatedDisk? {
            while position < choices.count {
                let choice = choices[position]
                position += 1
                if let state = items.state(after: choice) { return SimulatedDisk(state) }
            }
            return nil
        }
    }
}

/// Which items a power loss keeps, and the sector that it damages.
struct CrashChoice: Sendable {
    enum Damage: Sendable, CaseIterable { case zeros, garbage, firstHalf, secondHalf }

    var kept: [Bool]
    var damaged: (item: Int, damage: Damage)?
    /// All combinations are listed, so one that keeps what cannot be seen is the same disk as another.
    var isOneOfAll = false
}

extension CrashItems {
    /// The disk after a power loss; nil if another choice gives the same one.
    func state(after choice: CrashChoice) -> DiskState? {
        var names = state.directories.map(\.durable)
        for number in names.indices where !state.directories[number].pending.isEmpty {
            names[number] = state.directories[number].applying { change in
                item(directory: number, change: change).map { choice.kept[$0] } ?? true
            }
        }
        let (seenFiles, seenDirectories) = Self.reach(names, fileCount: state.files.count)
        if choice.isOneOfAll && keepsUnseen(choice, seenFiles, seenDirectories) { return nil }
        var files: [FileNode] = []
        files.reserveCapacity(state.files.count)
        for (number, file) in state.files.enumerated() {
            if !seenFiles[number] {
                files.append(FileNode())
            } else if file.pending.isEmpty {
                files.append(FileNode(content: file.durable))
            } else {
                files.append(FileNode(content: content(of: number, choice)))
            }
        }
        let directories = names.indices.map { number in
            seenDirectories[number] ? DirectoryNode(entries: names[number]) : DirectoryNode()
        }
        var survivor = DiskState(options: state.options, files: files, directories: directories)
        survivor.ignoresSync = state.ignoresSync
        return survivor
    }

    private func keepsUnseen(_ choice: CrashChoice, _ seenFiles: [Bool], _ seenDirectories: [Bool]) -> Bool {
        var sizes: [Int: UInt64] = [:]
        for (number, item) in items.enumerated() where choice.kept[number] {
            switch item.place {
            case .entry(let directory, _): if !seenDirectories[directory] { return true }
            case .size(let file, let change):
                if !seenFiles[file] { return true }
                if case .resize(let size) = state.files[file].pending[change].kind { sizes[file] = size }
            case .sector(let file, _, _): if !seenFiles[file] { return true }
            }
        }
        for (number, item) in items.enumerated() where choice.kept[number] {
            guard case .sector(let file, _, _) = item.place, let (write, sector) = sector(of: number) else {
                continue
            }
            let start = (write.firstSector + UInt64(sector)) * UInt64(state.options.sectorBytes)
            if start >= sizes[file] ?? state.files[file].durable.count { return true }
        }
        return false
    }

    private func content(of number: Int, _ choice: CrashChoice) -> SparseBytes {
        let file = state.files[number]
        let sectorBytes = state.options.sectorBytes
        return file.applying(sectorBytes: sectorBytes) { change, sector in
            guard let item = item(file: number, change: change, sector: sector) else { return .lost }
            if let (damaged, damage) = choice.damaged, damaged == item {
                return .replaced(image(of: item, damage, in: file))
            }
            return choice.kept[item] ? .kept : .lost
        }
    }

    /// A sector that was being written when the power failed.
    private func image(of item: Int, _ damage: CrashChoice.Damage, in file: FileNode) -> [UInt8] {
        let sectorBytes = state.options.sectorBytes
        guard let (write, sector) = sector(of: item) else { return [] }
        let new = write.image(ofSector: sector, sectorBytes: sectorBytes)
        let place = (write.firstSector + UInt64(sector)) * UInt64(sectorBytes)
        let old = file.durable.padded(at: place, count: sectorBytes)
        let range =
            state.options.sectorDamage == .wholeSector
            ? 0..<sectorBytes : write.written(inSector: sector, sectorBytes: sectorBytes)
        let middle = (range.lowerBound + range.upperBound) / 2
        var image = new
        switch damage {
        case .zeros: for at in range { image[at] = 0 }
        case .garbage:
            var random = SplitMix64(seed: place ^ 0xBAD5_EC70)
            for at in range { image[at] = UInt8(truncatingIfNeeded: random.next()) }
        case .firstHalf: for at in middle..<range.upperBound { image[at] = old[at] }
        case .secondHalf: for at in range.lowerBound..<middle { image[at] = old[at] }
        }
        return image
    }

    private static func reach(
        _ names: [[String: NodeID]], fileCount: Int
    ) -> (files: [Bool], directories: [Bool]) {
        var files = [Bool](repeating: false, count: fileCount)
        var directories = [Bool](repeating: false, count: names.count)
        var open = [0]
        directories[0] = true
        while let number = open.popLast() {
            for node in names[number].values {
                switch node {
                case .file(let file): files[file] = true
                case .directory(let directory):
                    if !directories[directory] { open.append(directory) }
                    directories[directory] = true
                }
            }
        }
        return (files, directories)
    }
}
