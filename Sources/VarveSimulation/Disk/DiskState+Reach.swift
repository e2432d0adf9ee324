/// What can be reached from the root, and freeing what cannot.
extension DiskState {
    enum Reach {
        /// The names that processes see.
        case names
        /// The names that some power loss could leave, as well.
        case anyState
    }

    /// The numbers of what can be reached from the root, ascending.
    func reachable(by reach: Reach) -> (files: [Int], directories: [Int]) {
        var seenFiles = [Bool](repeating: false, count: files.count)
        var seenDirectories = [Bool](repeating: false, count: directories.count)
        var open = [0]
        seenDirectories[0] = true
        func visit(_ node: NodeID) {
            switch node {
            case .file(let number): seenFiles[number] = true
            case .directory(let number):
                if !seenDirectories[number] { open.append(number) }
                seenDirectories[number] = true
            }
        }
        while let number = open.popLast() {
            let directory = directories[number]
            for node in directory.live.values { visit(node) }
            guard reach == .anyState else { continue }
            for node in directory.durable.values { visit(node) }
            for change in directory.pending {
                for part in change.changes {
                    if let target = part.target { visit(target) }
                }
            }
        }
        return (
            seenFiles.indices.filter { seenFiles[$0] }, seenDirectories.indices.filter { seenDirectories[$0] }
        )
    }

    /// Frees what no name, no state after a power loss and no open file refers to.
    mutating func sweep() {
        let (liveFiles, liveDirectories) = reachable(by: .anyState)
        let (keptFiles, keptDirectories) = (Set(liveFiles), Set(liveDirectories))
        freeFiles = files.indices.filter { !keptFiles.contains($0) && files[$0].handles == 0 }
        for number in freeFiles { files[number] = FileNode() }
        freeDirectories = directories.indices.filter { !keptDirectories.contains($0) }
        for number in freeDirectories { directories[number] = DirectoryNode() }
        sweepAt = max(256, 2 * (files.count - freeFiles.count))
    }
}
