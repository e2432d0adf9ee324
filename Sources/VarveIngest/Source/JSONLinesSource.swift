import VarveBytes
import VarveFiles

/// A file of one JSON message a line, read as it grows.
///
/// A line counts only once its newline is there, so a message that is being written is never read half. Pointers
/// are byte offsets; beside the offset they carry the number of lines before it and a fingerprint of the file's
/// first bytes. So a file that was cut or replaced is told from one that has grown: reading on in it would skip or
/// repeat messages, and stops with an error that says so.
///
/// A pointer that came without those, from someone who had only the number, is looked up when it is read from: it
/// must be the start of a line.
///
/// Lines longer than 64 MiB are refused. Empty lines are passed over.
public final class JSONLinesSource: StreamSource {
    public static let lineBytesMax = 64 << 20
    /// Bytes at the start of the file that the fingerprint covers, or as many as lie before the pointer.
    private static let fingerprintBytes: UInt64 = 4096
    private let path: String
    private let readBytes: Int
    /// A file that is not there counts as empty.
    private let mayBeMissing: Bool
    private struct State {
        var file: (any OpenFile)?
        /// The end for the size that the file had when it was last looked for.
        var end: (size: UInt64, lines: LineEnds)?
        /// Bytes of a line, on average of the last answer.
        var lineBytes = 0
        /// The last pointer that came without its details, with them.
        var lookedUp: StreamPointer?
    }

    /// Where the lines of a file end.
    private struct LineEnds {
        /// Behind the last line that is a message.
        var messages: UInt64
        /// Behind the last line.
        var lines: UInt64
    }
    private let state = Locked(State())
    public let name: String

    /// - Parameters:
    ///   - path: The file; it need not exist yet.
    ///   - readBytes: How much is read at a time.
    public init(_ path: String, readBytes: Int = 1 << 20) {
        self.path = path
        self.readBytes = max(4096, readBytes)
        mayBeMissing = false
        name = "file:" + path
    }

    init(_ path: String, mayBeMissing: Bool) {
        self.path = path
        self.mayBeMissing = mayBeMissing
        readBytes = 1 << 20
        name = "file:" + path
    }

    /// A pointer that says the line, from 0, in place of the byte: for `resolve` alone.
    static func pointer(toLine line: UInt64) -> StreamPointer {
        line == 0 ? StreamPointer(0) : StreamPointer(high: .max, middle: .max, low: line)
    }

    /// Lines before a pointer.
    static func line(of pointer: StreamPointer) -> UInt64 {
        pointer.high == .max ? pointer.low : pointer.details.0
    }

    public func resolve(_ position: StartPosition) async throws -> StreamPointer {
        if mayBeMissing, position == .earliest || position == .latest || position == .pointer(0),
            (try? open()) == nil
        {
            return StreamPointer(0)
        }
        let file = try open()
        switch position {
        case .pointer(let pointer) where pointer.high == .max:
            let found = try scan(file, until: .max, lines: pointer.low)
            guard found.details.0 == pointer.low else {
                throw StreamSourceError("\(name) has only \(found.details.0) lines, not \(pointer.low)")
            }
            return found
        case .earliest:
            return try pointer(at: 0, lines: 0, in: file)
        case .latest:
            return try scan(file, until: UInt64.max)
        case .pointer(let pointer):
            return try lookUp(pointer, in: file)
        case .timestamp:
            throw StreamSourceError("\(name) has no timestamps: reset it to a pointer, earliest or latest")
        }
    }

    /// Behind the last line that has its newline and is not empty: what a reader can get to.
    public func end() async throws -> StreamPointer? {
        guard let file = try? open() else { return mayBeMissing ? 0 : nil }
        return StreamPointer(try ends(of: file, size: size(of: file)).messages)
    }

    public func incompleteBytes() async throws -> UInt64 {
        guard let file = try? open() else { return 0 }
        let size = try size(of: file)
        return size - (try ends(of: file, size: size)).lines
    }

    public func describe(_ pointer: StreamPointer) -> String {
        pointer.details.0 == 0 && pointer.low > 0
            ? "message at \(pointer)" : "line \(pointer.details.0 + 1), at byte \(pointer)"
    }

    public func poll(
        from pointer: StreamPointer, limit: Int, timeout: Duration
    ) async throws -> [Message] {
        let deadline = ContinuousClock.now + timeout
        while true {
            let found = try read(from: pointer, limit: limit)
            if !found.isEmpty { return found }
            let left = deadline - ContinuousClock.now
            if left <= .zero { return [] }
            // A file does not say when it grows; this is how often it is looked at.
            try await Task.sleep(for: min(left, .milliseconds(20)))
        }
    }

    // MARK: Reading

    private func read(from start: StreamPointer, limit: Int) throws -> [Message] {
        let file: any OpenFile
        if start.low == 0 {
            guard let found = try? open() else { return [] }
            file = found
        } else {
            file = try open()
        }
        let size = try size(of: file)
        let pointer = try start.low > 0 && start.details.0 == 0 ? known(start, in: file) : start
        try check(pointer, size: size, in: file)
        let lineBytes = state.withLock { $0.lineBytes }
        // No more than the lines that are wanted will take, by those that came before.
        var wanted =
            lineBytes == 0 ? readBytes : min(readBytes, max(4096, (lineBytes + 16) * min(limit, 1 << 20)))
        while true {
            let bytes = try bytes(of: file, at: pointer.low, count: wanted)
            let found = split(bytes, at: pointer, limit: limit)
            if let count = found.messages.isEmpty ? nil : found.messages.count {
                state.withLock { $0.lineBytes = Int(found.end - pointer.low) / count }
            }
            if !found.messages.isEmpty || found.end > pointer.low || bytes.count < wanted {
                return found.messages.isEmpty && found.end > pointer.low
                    ? try read(from: advanced(pointer, to: found), limit: limit) : found.messages
            }
            guard wanted < Self.lineBytesMax else {
                throw StreamSourceError(
                    "the line at byte \(pointer.low) of \(name) is longer than \(Self.lineBytesMax) bytes")
            }
            wanted = min(wanted * 4, Self.lineBytesMax)
        }
    }

    private func advanced(
        _ pointer: StreamPointer, to found: (messages: [Message], end: UInt64, lines: UInt64)
    ) -> StreamPointer {
        var next = StreamPointer(found.end)
        next.details = (found.lines, pointer.details.1)
        return next
    }

    /// Cuts whole lines off the front of what was read. All messages share its memory.
    private func split(
        _ bytes: [UInt8], at pointer: StreamPointer, limit: Int
    ) -> (messages: [Message], end: UInt64, lines: UInt64) {
        var messages: [Message] = []
        messages.reserveCapacity(min(limit, bytes.count / 64 + 1))
        let fingerprinted = bytes.rawSpan
        var start = 0
        var lines = pointer.details.0
        var fingerprint = pointer.details.1
        var coverage = min(pointer.low, Self.fingerprintBytes)
        while messages.count < limit, let newline = fingerprinted.firstIndex(of: 0x0A, from: start) {
            let offset = pointer.low + UInt64(start)
            let end = pointer.low + UInt64(newline + 1)
            lines += 1
            if coverage < Self.fingerprintBytes {
                // Only while the pointer is within the first bytes; afterwards the fingerprint stays.
                coverage = min(end, Self.fingerprintBytes)
                fingerprint =
                    (try? state.withLock { $0.file }.map { try Self.fingerprint($0, end) }) ?? fingerprint
            }
            var here = StreamPointer(offset)
            here.details = (lines - 1, fingerprint)
            var next = StreamPointer(end)
            next.details = (lines, fingerprint)
            var stop = newline
            if stop > start && bytes[stop - 1] == 0x0D { stop -= 1 }
            if stop > start {
                messages.append(Message(pointer: here, next: next, payload: bytes[start..<stop]))
            }
            start = newline + 1
        }
        return (messages, pointer.low + UInt64(start), lines)
    }

    /// A pointer that was set by its number alone, with its details.
    private func known(_ pointer: StreamPointer, in file: any OpenFile) throws -> StreamPointer {
        if let last = state.withLock({ $0.lookedUp }), last == pointer { return last }
        let found = try lookUp(pointer, in: file)
        state.withLock { $0.lookedUp = found }
        return found
    }

    private func lookUp(_ pointer: StreamPointer, in file: any OpenFile) throws -> StreamPointer {
        let found = try scan(file, until: pointer.low)
        guard found == pointer else {
            throw StreamSourceError("pointer \(pointer) is not the start of a line of \(name)")
        }
        return found
    }

    /// Looks for the last newlines from the end of the file backwards.
    private func ends(of file: any OpenFile, size: UInt64) throws -> LineEnds {
        if let known = state.withLock({ $0.end }), known.size == size { return known.lines }
        var found = LineEnds(messages: 0, lines: 0)
        var window = UInt64(4096)
        while size > 0 {
            let start = size - min(size, window)
            let bytes = try bytes(of: file, at: start, count: Int(size - start))
            let (messages, lines) = Self.ends(in: bytes)
            found = LineEnds(
                messages: messages.map { start + UInt64($0) } ?? 0,
                lines: lines.map { start + UInt64($0) } ?? 0)
            if start == 0 || messages != nil { break }
            // All of it is one line, or empty lines. A line that is too long to be read is looked at no further.
            guard window <= UInt64(Self.lineBytesMax) else {
                found = LineEnds(messages: size, lines: lines.map { start + UInt64($0) } ?? size)
                break
            }
            window *= 4
        }
        state.withLock { $0.end = (size, found) }
        return found
    }

    /// The places behind the last line of `bytes` that is not empty, and behind the last line.
    private static func ends(in bytes: [UInt8]) -> (messages: Int?, lines: Int?) {
        guard let newline = bytes.lastIndex(of: 0x0A) else { return (nil, nil) }
        var end = newline
        while end > 0 {
            if bytes[end - 1] == 0x0A {
                end -= 1
            } else if bytes[end - 1] == 0x0D && (end == 1 || bytes[end - 2] == 0x0A) {
                end -= min(end, 2)
            } else {
                return (end + 1, newline + 1)
            }
        }
        return (nil, newline + 1)
    }

    /// Finds the last line start at or before `limit` with at most so many lines before it.
    private func scan(
        _ file: any OpenFile, until limit: UInt64, lines most: UInt64 = .max
    ) throws -> StreamPointer {
        var offset: UInt64 = 0
        var lineStart: UInt64 = 0
        var lines: UInt64 = 0
        while offset < limit {
            let bytes = try bytes(of: file, at: offset, count: readBytes)
            if bytes.isEmpty { break }
            var from = 0
            while let newline = bytes.rawSpan.firstIndex(of: 0x0A, from: from) {
                let end = offset + UInt64(newline + 1)
                if end > limit { return try pointer(at: lineStart, lines: lines, in: file) }
                lineStart = end
                lines += 1
                if lines == most { return try pointer(at: lineStart, lines: lines, in: file) }
                from = newline + 1
            }
            offset += UInt64(bytes.count)
        }
        return try pointer(at: lineStart, lines: lines, in: file)
    }

    private func pointer(at offset: UInt64, lines: UInt64, in file: any OpenFile) throws -> StreamPointer {
        var pointer = StreamPointer(offset)
        pointer.details = (lines, try Self.fingerprint(file, offset))
        return pointer
    }

    /// The file must still hold what was read from it.
    private func check(_ pointer: StreamPointer, size: UInt64, in file: any OpenFile) throws {
        guard pointer.low <= size else {
            throw StreamSourceError(
                "\(name) was cut: it has \(size) bytes, and \(pointer.low) have been read")
        }
        if pointer.low == 0 { return }
        guard try Self.fingerprint(file, pointer.low) == pointer.details.1 else {
            throw StreamSourceError("\(name) was replaced: its first bytes are not those that have been read")
        }
    }

    private static func fingerprint(_ file: any OpenFile, _ offset: UInt64) throws -> UInt64 {
        let count = Int(min(offset, fingerprintBytes))
        var head = ByteBuffer(capacity: count)
        try head.append(upTo: count) { room throws(FileError) in try file.read(at: 0, into: &room) }
        return XXH64.hash(head.bytes)
    }

    // MARK: The file

    func open() throws -> any OpenFile {
        if let file = state.withLock({ $0.file }) { return file }
        do throws(FileError) {
            let file = try InputFile.open(path)
            state.withLock { $0.file = file }
            return file
        } catch { throw StreamSourceError("\(name): \(error)", isTransient: error.code == .notFound) }
    }

    func size(of file: any OpenFile) throws -> UInt64 {
        do throws(FileError) { return try file.size() } catch {
            throw StreamSourceError("\(name): \(error)", isTransient: true)
        }
    }

    func bytes(of file: any OpenFile, at offset: UInt64, count: Int) throws -> [UInt8] {
        do throws(FileError) {
            var buffer = ByteBuffer(capacity: count)
            try buffer.append(upTo: count) { room throws(FileError) in try file.read(at: offset, into: &room)
            }
            return buffer.bytes.copyBytes()
        } catch { throw StreamSourceError("\(name): \(error)", isTransient: true) }
    }
}
