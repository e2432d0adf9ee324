import VarveBytes
import VarveFiles

/// A file of one JSON message a line, read as it grows.
///
/// A line counts only once its newline is there, so a message that is being written is never read half. Pointers
/// are byte offsets; beside the offset they carry the number of lines before it and a fingerprint of the file's
/// first bytes. So a file that was cut or replaced is told from one that has grown: reading on in it would skip or
/// repeat messages, and stops with an error that says so. So does reading when another file has taken the name of the
/// one that is read: everything in that one is read first.
///
/// A pointer that came without those, from someone who had only the number, is looked up when it is read from: it
/// must be the start of a line.
///
/// Lines longer than 64 MiB are refused. Empty lines are passed over.
public final class JSONLinesSource: StreamSource {
    public static let lineBytesMax = 64 << 20
    /// How much of a file is looked at for one answer about its end in lines.
    private static let countedBytes: UInt64 = 256 << 20

    /// What is done when another file has taken the name of the one that is read.
    enum Rotation: String, Hashable, Sendable, CaseIterable {
        /// It is an error that says so.
        case stop
        /// The other file is read from its start, once the one before is read to its end.
        case follow
    }

    struct State {
        var file: LineFile?
        /// The end for the size that the file had when it was last looked for.
        var end: (size: UInt64, ends: LineFile.Ends)?
        /// Bytes of a line, on average of the last answer.
        var lineBytes = 0
        /// The last pointer that came without its details, with them.
        var lookedUp: (pointer: StreamPointer, place: LinePlace)?
        /// How far the lines of the open file have been counted.
        var counted = LinePlace()
    }

    let path: String
    let readBytes: Int
    let numbering: LineNumbering
    let rotation: Rotation
    let state = Locked(State())
    public let name: String

    /// - Parameters:
    ///   - path: The file; it need not exist yet.
    ///   - readBytes: How much is read at a time.
    public convenience init(_ path: String, readBytes: Int = 1 << 20) {
        self.init(path, numbering: .bytes, readBytes: readBytes)
    }

    /// - Parameter numbering: With `.lines` a file that is missing is empty until it appears, and times are read as its
    ///   start: all lines are as new as the moment in which they are read.
    init(_ path: String, numbering: LineNumbering, rotation: Rotation = .stop, readBytes: Int = 1 << 20) {
        self.path = path
        self.numbering = numbering
        self.rotation = rotation
        self.readBytes = max(4096, readBytes)
        name = "file:" + path
    }

    public func resolve(_ position: StartPosition) async throws -> StreamPointer {
        if numbering == .lines, (try? open()) == nil {
            if case .pointer(let pointer) = position, pointer > StreamPointer(0) {
                throw StreamSourceError(
                    "\(name) is not there yet, and has no line \(pointer)", isTransient: true)
            }
            return StreamPointer(0)
        }
        let file = try open()
        switch position {
        case .timestamp where numbering == .bytes:
            throw StreamSourceError("\(name) has no timestamps: reset it to a pointer, earliest or latest")
        case .earliest, .timestamp: return numbering.pointer(try file.marked(LinePlace()))
        case .latest: return numbering.pointer(try file.marked(try file.advance(LinePlace())))
        case .pointer(let pointer): return numbering.pointer(try lookUp(pointer, in: file))
        }
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

    public func describe(_ pointer: StreamPointer) -> String {
        guard let place = numbering.place(pointer) else { return "message at \(pointer)" }
        return "line \(place.line + 1), at byte \(place.offset)"
    }

    // MARK: The end

    /// Behind the last line that has its newline and is not empty: what a reader can get to.
    public func end() async throws -> StreamPointer? {
        guard let file = try? open() else { return numbering == .lines ? 0 : nil }
        let end = try ends(of: file).messages
        return numbering == .bytes ? StreamPointer(end) : try lines(before: end, in: file)
    }

    public func incompleteBytes() async throws -> UInt64 {
        guard let file = try? open() else { return 0 }
        let ends = try ends(of: file)
        let size = try file.size()
        return size - min(size, ends.lines)
    }

    private func ends(of file: LineFile) throws -> LineFile.Ends {
        let size = try file.size()
        if let known = state.withLock({ $0.end }), known.size == size { return known.ends }
        let ends = try file.ends(size: size)
        state.withLock { $0.end = (size, ends) }
        return ends
    }

    /// Lines are counted where nobody has read yet. Of a file that is very long, the rest is estimated at first.
    private func lines(before end: UInt64, in file: LineFile) throws -> StreamPointer? {
        let start = state.withLock { $0.counted }
        // A file that was cut is found when it is read.
        guard start.offset <= end else { return nil }
        let found = try file.advance(start, end: end, bytesMax: Self.countedBytes)
        note(found)
        if found.offset == end || found.offset == 0 { return StreamPointer(found.line) }
        let lineBytes = max(1, found.offset / max(1, found.line))
        return StreamPointer(found.line + max(1, (end - found.offset) / lineBytes))
    }

    /// Lines up to here are counted.
    func note(_ place: LinePlace) {
        state.withLock { if $0.counted.line < place.line { $0.counted = place } }
    }
}
