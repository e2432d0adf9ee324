import VarveFiles

/// Paths, and the calls that change names. Each answers as Linux does, in the order in which Linux looks.
extension DiskState {
    /// What a path leads to.
    func find(_ operation: StaticString, _ path: StorePath) throws(FileError) -> NodeID {
        var node = NodeID.directory(0)
        for name in path.text.split(separator: "/") {
            guard case .directory(let number) = node else { throw FileError(operation, path, .notRegular) }
            guard let next = directories[number].live[String(name)] else {
                throw FileError(operation, path, .notFound)
            }
            node = next
        }
        return node
    }

    func findDirectory(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        guard case .directory(let number) = try find(operation, path) else {
            throw FileError(operation, path, .notRegular)
        }
        return number
    }

    /// The directory that holds a path's last name. Errors are about the path itself.
    private func findParent(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        do throws(FileError) {
            return try findDirectory(operation, path.parent)
        } catch {
            throw FileError(operation, path, error.code)
        }
    }

    mutating func createDirectory(_ path: StorePath) throws(FileError) {
        let parent = try findFreeName("create", path)
        let number = freeDirectories.popLast() ?? directories.count
        if number == directories.count { directories.append(DirectoryNode()) }
        change(parent, [.init(name: path.name, target: .directory(number))])
    }

    /// Returns the number of the new file.
    mutating func createFile(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        let parent = try findFreeName(operation, path)
        if files.count - freeFiles.count >= sweepAt { sweep() }
        let number = freeFiles.popLast() ?? files.count
        if number == files.count { files.append(FileNode()) }
        files[number].handles += 1
        change(parent, [.init(name: path.name, target: .file(number))])
        return number
    }

    private func findFreeName(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        let parent = try findParent(operation, path)
        guard directories[parent].live[path.name] == nil else { throw FileError(operation, path, .exists) }
        return parent
    }

    mutating func openFile(_ operation: StaticString, _ path: StorePath) throws(FileError) -> Int {
        guard case .file(let number) = try find(operation, path) else {
            throw FileError(operation, path, .notRegular)
        }
        files[number].handles += 1
        return number
    }

    mutating func closeFile(_ number: Int) { files[number].handles -= 1 }

    mutating func link(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        let node: NodeID
        do throws(FileError) {
            _ = try findParent("link", path)
            _ = try findParent("link", newPath)
            node = try find("link", path)
        } catch {
            throw FileError("link", newPath, error.code)
        }
        let parent = try findFreeName("link", newPath)
        guard case .file = node else { throw FileError("link", newPath, .permission) }
        change(parent, [.init(name: newPath.name, target: node)])
    }

    mutating func rename(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        let node: NodeID
        let parent: Int
        let newParent: Int
        do throws(FileError) {
            parent = try findParent("rename", path)
            newParent = try findFreeName("rename", newPath)
            node = try find("rename", path)
        } catch {
            throw FileError("rename", newPath, error.code)
        }
        guard !newPath.text.hasPrefix(path.text + "/") else {
            throw FileError("rename", newPath, .other(ErrorNumber.invalid))
        }
        let gone = EntryChange.Change(name: path.name, target: nil)
        let come = EntryChange.Change(name: newPath.name, target: node)
        if parent == newParent {
            change(parent, [gone, come])
        } else {
            change(parent, [gone])
            change(newParent, [come])
        }
    }

    mutating func unlink(_ path: StorePath) throws(FileError) {
        let parent = try findParent("unlink", path)
        guard case .file = try find("unlink", path) else { throw FileError("unlink", path, .notRegular) }
        change(parent, [.init(name: path.name, target: nil)])
    }

    mutating func removeDirectory(_ path: StorePath) throws(FileError) {
        let parent = try findParent("remove", path)
        let number = try findDirectory("remove", path)
        guard directories[number].live.isEmpty else { throw FileError("remove", path, .notEmpty) }
        change(parent, [.init(name: path.name, target: nil)])
    }

    private mutating func change(_ directory: Int, _ changes: [EntryChange.Change]) {
        directories[directory].change(changes, order: nextOrder())
    }

    /// Puts a durable file into a directory that there is.
    mutating func plant(_ file: FileNode, at path: StorePath) {
        guard let parent = try? findDirectory("plant", path.parent) else {
            preconditionFailure("no directory for \(path)")
        }
        files.append(file)
        directories[parent].plant(path.name, .file(files.count - 1))
    }

    /// Takes a name away, durably.
    mutating func uproot(_ path: StorePath) {
        guard let parent = try? findDirectory("uproot", path.parent) else { return }
        directories[parent].plant(path.name, nil)
    }
}
