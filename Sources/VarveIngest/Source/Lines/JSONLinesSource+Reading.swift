import VarveBytes
import VarveFiles

/// Reading whole lines from a place on.
extension JSONLinesSource {
    func read(from pointer: StreamPointer, limit: Int) throws -> [Message] {
        if numbering.place(pointer) == LinePlace(), (try? open()) == nil { return [] }
        let place = try numbering.place(pointer) ?? known(pointer, in: open())
        let file = try file(holding: place)
        let found = try read(file, from: place, limit: limit)
        guard found.messages.isEmpty else {
            note(found.end)
            return found.messages
        }
        guard let next = try successor(of: file, readTo: found.end) else { return [] }
        let start = LinePlace(line: found.end.line)
        state.withLock { $0.use(next, from: start) }
        return try read(next, from: start, limit: limit).messages
    }

    private struct Found {
        var messages: [Message]
        /// Behind the last whole line that was looked at.
        var end: LinePlace
    }

    private func read(_ file: LineFile, from start: LinePlace, limit: Int) throws -> Found {
        var place = start
        let lineBytes = state.withLock { $0.lineBytes }
        // No more than the lines that are wanted will take, by those that came before.
        var wanted =
            lineBytes == 0 ? readBytes : min(readBytes, max(4096, (lineBytes + 16) * min(limit, 1 << 20)))
        while true {
            let bytes = try file.bytes(at: place.offset, count: wanted)
            let found = split(bytes, of: file, at: place, limit: limit)
            if !found.messages.isEmpty {
                let count = found.messages.count
                state.withLock { $0.lineBytes = Int(found.end.offset - place.offset) / count }
                return found
            }
            if found.end.offset > place.offset {
                // Nothing but empty lines.
                place = found.end
                continue
            }
            if bytes.count < wanted { return found }
            guard wanted < Self.lineBytesMax else {
                throw StreamSourceError(
                    "the line at byte \(place.offset) of \(name) is longer than \(Self.lineBytesMax) bytes")
            }
            wanted = min(wanted * 4, Self.lineBytesMax)
        }
    }

    /// Cuts whole lines off the front of what was read. All messages share its memory.
    private func split(_ bytes: [UInt8], of file: LineFile, at start: LinePlace, limit: Int) -> Found {
        var found = Found(messages: [], end: start)
        found.messages.reserveCapacity(min(limit, bytes.count / 64 + 1))
        let span = bytes.rawSpan
        var from = 0
        while found.messages.count < limit, let newline = span.firstIndex(of: 0x0A, from: from) {
            let here = found.end
            found.end.offset = start.offset + UInt64(newline + 1)
            found.end.line += 1
            if here.offset < LineFile.fingerprintBytes {
                // Only while the place is within the first bytes; afterwards the fingerprint stays.
                found.end.fingerprint =
                    (try? file.fingerprint(before: found.end.offset)) ?? here.fingerprint
            }
            var stop = newline
            if stop > from && bytes[stop - 1] == 0x0D { stop -= 1 }
            if stop > from {
                found.messages.append(
                    Message(
                        pointer: numbering.pointer(here), next: numbering.pointer(found.end),
                        payload: bytes[from..<stop]))
            }
            from = newline + 1
        }
        return found
    }

    // MARK: Which file

    func open() throws -> LineFile {
        if let file = state.withLock({ $0.file }) { return file }
        let file = try open(path)
        state.withLock { $0.use(file, from: LinePlace()) }
        return file
    }

    private func open(_ path: String) throws -> LineFile {
        do throws(FileError) { return try LineFile(path, name: name) } catch {
            throw StreamSourceError("\(name): \(error)", isTransient: error.code == .notFound)
        }
    }

    /// The file that holds what was read up to a place: the open one, the one of the name, or one that made room for it.
    private func file(holding place: LinePlace) throws -> LineFile {
        let opened = Result { try open() }
        let objection: String
        switch opened {
        case .success(let file):
            guard let found = try file.objection(to: place) else { return file }
            objection = found
        case .failure(let error):
            guard rotation == .follow else { throw error }
            objection = "\(error)"
        }
        let others = rotation == .follow ? [path] + ((try? InputFile.successors(of: path)) ?? []) : []
        for path in others {
            guard let other = try? open(path), try other.objection(to: place) == nil else { continue }
            state.withLock { $0.use(other, from: place) }
            return other
        }
        // The one of the name is looked at anew when somebody tries again.
        state.withLock { $0.file = nil }
        throw StreamSourceError(objection, isTransient: (try? opened.get()) == nil)
    }

    /// The file that is to be read next; nil while the open one has the name, or while no other has a line.
    private func successor(of file: LineFile, readTo place: LinePlace) throws -> LineFile? {
        guard let named = try? open(path), !named.isSame(as: file) else { return nil }
        guard rotation == .follow else {
            state.withLock { $0.file = nil }
            throw StreamSourceError(
                "another file has taken the name of \(name), which was read up to byte \(place.offset): "
                    + "reset to earliest reads the new one")
        }
        guard try named.ends(size: named.size()).lines > 0 else { return nil }
        // Whoever writes to the new one has left the old one: now it is at its end.
        let size = try file.size()
        guard size >= place.offset else {
            throw StreamSourceError(
                "\(name) was cut to \(size) bytes, and was read up to byte \(place.offset)")
        }
        guard size == place.offset else {
            let rest = try file.bytes(at: place.offset, count: Int(min(size - place.offset, 1 << 20)))
            if rest.rawSpan.firstIndex(of: 0x0A) != nil { return nil }
            throw StreamSourceError(
                "\(name) gave its name to another file in the middle of a line: \(rest.count) bytes from byte "
                    + "\(place.offset) on are no message")
        }
        return try following(file, else: named)
    }

    /// Of several files that have had the name since, the first.
    private func following(_ file: LineFile, else named: LineFile) throws -> LineFile {
        var next = named
        for path in (try? InputFile.successors(of: path)) ?? [] {
            guard let other = try? open(path) else { continue }
            if other.isSame(as: file) { return next }
            next = other
        }
        return named
    }

    // MARK: Numbers without details

    private func known(_ pointer: StreamPointer, in file: LineFile) throws -> LinePlace {
        if let last = state.withLock({ $0.lookedUp }), last.pointer == pointer { return last.place }
        let place = try lookUp(pointer, in: file)
        state.withLock { $0.lookedUp = (pointer, place) }
        return place
    }

    func lookUp(_ pointer: StreamPointer, in file: LineFile) throws -> LinePlace {
        switch numbering {
        case .bytes:
            let found = try file.advance(LinePlace(), end: pointer.low)
            guard found.offset == pointer.low else {
                throw StreamSourceError("pointer \(pointer) is not the start of a line of \(name)")
            }
            return try file.marked(found)
        case .lines:
            let found = try file.advance(LinePlace(), toLine: pointer.low)
            guard found.line == pointer.low else {
                throw StreamSourceError("\(name) has no line \(pointer): it ends before line \(found.line)")
            }
            return try file.marked(found)
        }
    }
}

extension JSONLinesSource.State {
    /// Another file is read: what was known is of the one before.
    mutating func use(_ file: LineFile, from place: LinePlace) {
        self.file = file
        end = nil
        lookedUp = nil
        counted = place
    }
}
