import VarveBytes
package import VarveFiles

/// A file of a simulated disk and its bytes.
package struct FileImage: Equatable, Sendable {
    package let path: StorePath
    package let bytes: [UInt8]

    package init(path: StorePath, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

/// Looking at a disk, and damaging it, from outside: nothing here is an operation, counts or fails, and a
/// crashed disk answers too. Damage is in what processes see and in what is durable alike.
extension SimulatedDisk {
    /// Another disk that is like this one in all, except that none of its files is open or locked and no fault
    /// is planned.
    package func copy() -> SimulatedDisk { afterKill() }

    /// All files that processes see, in the order of their paths.
    package func snapshot() -> [FileImage] {
        let state = withState { $0 }
        return state.paths().compactMap { path, node in
            guard case .file(let number) = node else { return nil }
            return FileImage(path: path, bytes: state.files[number].live.bytes)
        }
    }

    /// All paths that processes see, in order.
    package var paths: [StorePath] { withState { $0 }.paths().map(\.path) }

    /// The bytes of a file that processes see; nil if there is no such file.
    package func bytes(of path: StorePath) -> [UInt8]? {
        let state = withState { $0 }
        guard let number = state.file(at: path) else { return nil }
        return state.files[number].live.bytes
    }

    /// Inverts one bit of a file, the lowest of a byte being bit 0.
    package func flipBit(_ bit: Int, ofByte offset: UInt64, in path: StorePath) {
        damage(path) { content in
            var byte = content.padded(at: offset, count: 1)
            byte[0] ^= 1 << UInt8(bit)
            content.write(byte.rawSpan, at: offset)
        }
    }

    /// Zeroes the sector of this number, as far as the file reaches.
    package func zeroSector(_ sector: Int, of path: StorePath) {
        let length = withState { $0.options.sectorBytes }
        overwrite([UInt8](repeating: 0, count: length), at: UInt64(sector * length), in: path)
    }

    /// Exchanges two sectors of a file.
    package func swapSectors(_ first: Int, _ second: Int, of path: StorePath) {
        let length = withState { $0.options.sectorBytes }
        damage(path) { content in
            let size = content.count
            let one = content.padded(at: UInt64(first * length), count: length)
            let other = content.padded(at: UInt64(second * length), count: length)
            content.write(other.rawSpan, at: UInt64(first * length))
            content.write(one.rawSpan, at: UInt64(second * length))
            content.resize(to: size)
        }
    }

    /// Puts bytes over a file's own, as a misdirected write does; the file does not grow.
    package func overwrite(_ bytes: [UInt8], at offset: UInt64, in path: StorePath) {
        damage(path) { content in
            let size = content.count
            content.write(bytes.rawSpan, at: offset)
            content.resize(to: size)
        }
    }

    /// Cuts a file, or makes it longer with zeros.
    package func resize(_ path: StorePath, to size: UInt64) { damage(path) { $0.resize(to: size) } }

    /// Replaces a file's whole content, as a stale copy put back does. Makes the file, durably, if there is none
    /// in the directory, which there must be.
    package func replace(_ path: StorePath, with bytes: [UInt8]) {
        withState { state in
            let content = SparseBytes(bytes.rawSpan)
            if let number = state.file(at: path) {
                state.change(file: number) { $0.damage { $0 = content } }
            } else {
                state.plant(FileNode(content: content), at: path)
            }
        }
    }

    /// Removes a name, durably, as somebody's `rm` does.
    package func remove(_ path: StorePath) { withState { $0.uproot(path) } }

    private func damage(_ path: StorePath, _ change: (inout SparseBytes) -> Void) {
        withState { state in
            guard let number = state.file(at: path) else { preconditionFailure("no file \(path) to damage") }
            state.change(file: number) { $0.damage(change) }
        }
    }
}

extension DiskState {
    func file(at path: StorePath) -> Int? {
        guard case .file(let number)? = try? find("find", path) else { return nil }
        return number
    }

    /// All names that processes see, with their paths, in the order of the paths.
    func paths() -> [(path: StorePath, node: NodeID)] {
        var found: [(path: StorePath, node: NodeID)] = []
        var open: [(path: StorePath, number: Int)] = [(.root, 0)]
        while let (path, number) = open.popLast() {
            for (name, node) in directories[number].live {
                let place = path.appending(name)
                found.append((place, node))
                if case .directory(let child) = node { open.append((place, child)) }
            }
        }
        return found.sorted { $0.path < $1.path }
    }
}
