import VarveBytes
import VarveFiles

/// An open file of lines: its bytes, its lines counted, and whether it is still what was read.
struct LineFile: Sendable {
    /// Bytes at the start that a fingerprint covers, or as many as lie before the place.
    static let fingerprintBytes: UInt64 = 4096
    private static let readBytes = 1 << 20
    let name: String
    private let file: any OpenFile
    private let identity: InputFile.Identity

    init(_ path: String, name: String) throws(FileError) {
        let (file, identity) = try InputFile.openIdentified(path)
        self.file = file
        self.identity = identity
        self.name = name
    }

    func isSame(as other: LineFile) -> Bool { identity == other.identity }

    func size() throws -> UInt64 {
        do throws(FileError) { return try file.size() } catch {
            throw StreamSourceError("\(name): \(error)", isTransient: true)
        }
    }

    func bytes(at offset: UInt64, count: Int) throws -> [UInt8] {
        do throws(FileError) {
            var buffer = ByteBuffer(capacity: count)
            try buffer.append(upTo: count) { room throws(FileError) in try file.read(at: offset, into: &room)
            }
            return buffer.bytes.copyBytes()
        } catch { throw StreamSourceError("\(name): \(error)", isTransient: true) }
    }

    func fingerprint(before offset: UInt64) throws -> UInt64 {
        let count = Int(min(offset, Self.fingerprintBytes))
        let head = try bytes(at: 0, count: count)
        return XXH64.hash(head.rawSpan)
    }

    // MARK: Whether it is the file that was read

    /// What is wrong with the file for someone who has read up to a place; nil if it still holds what was read.
    func objection(to place: LinePlace) throws -> String? {
        let size = try size()
        guard place.offset <= size else {
            return "\(name) was cut: it has \(size) bytes, and \(place.offset) have been read"
        }
        if place.offset == 0 { return nil }
        let found = try fingerprint(before: place.offset)
        return found == place.fingerprint
            ? nil : "\(name) was replaced: its first bytes are not those that have been read"
    }

    // MARK: Counting lines

    /// Goes on from a place by whole lines.
    ///
    /// - Parameters:
    ///   - line: No further than the start of this line.
    ///   - end: No further than this byte.
    ///   - bytesMax: Looks at no more bytes than that.
    /// - Returns: The last line start that was found, without fingerprint.
    func advance(
        _ start: LinePlace, toLine line: UInt64 = .max, end: UInt64 = .max, bytesMax: UInt64 = .max
    ) throws -> LinePlace {
        var found = start
        var offset = start.offset
        while found.line < line, offset < end, offset - start.offset < bytesMax {
            let wanted = Int(min(UInt64(Self.readBytes), end - offset))
            let bytes = try bytes(at: offset, count: wanted)
            if bytes.isEmpty { break }
            var from = 0
            while found.line < line, let newline = bytes.rawSpan.firstIndex(of: 0x0A, from: from) {
                from = newline + 1
                found = LinePlace(offset: offset + UInt64(from), line: found.line + 1)
            }
            offset += UInt64(bytes.count)
        }
        return found
    }

    /// The place with its fingerprint.
    func marked(_ place: LinePlace) throws -> LinePlace {
        var place = place
        place.fingerprint = try fingerprint(before: place.offset)
        return place
    }

    // MARK: Its end

    /// Where the lines of a file end.
    struct Ends: Hashable, Sendable {
        /// Behind the last line that is a message.
        var messages: UInt64 = 0
        /// Behind the last line.
        var lines: UInt64 = 0
    }

    /// Looks for the last newlines from the end of the file backwards.
    func ends(size: UInt64) throws -> Ends {
        var window = UInt64(4096)
        while size > 0 {
            let start = size - min(size, window)
            let bytes = try bytes(at: start, count: Int(size - start))
            let (messages, lines) = Self.ends(in: bytes)
            if start == 0 || messages != nil {
                return Ends(
                    messages: messages.map { start + UInt64($0) } ?? 0,
                    lines: lines.map { start + UInt64($0) } ?? 0)
            }
            // All of it is one line, or empty lines. A line that is too long to be read is looked at no further.
            guard window <= UInt64(JSONLinesSource.lineBytesMax) else {
                return Ends(messages: size, lines: lines.map { start + UInt64($0) } ?? size)
            }
            window *= 4
        }
        return Ends()
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
}
