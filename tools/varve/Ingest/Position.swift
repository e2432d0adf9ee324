import ArgumentParser
import Varve
import VarveDocument

/// A position as it is typed: `earliest`, `latest`, `pointer:41200`, `offset:41200`, `timestamp:2024-01-01T00:00:00Z`.
enum Position: ExpressibleByArgument {
    case earliest
    case latest
    /// In the words of the stream; `3:17` says the partition too.
    case pointer(String)
    case timestamp(milliseconds: Int64)

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("earliest", 1): self = .earliest
        case ("latest", 1): self = .latest
        case ("pointer", 2), ("offset", 2): self = .pointer(parts[1])
        case ("timestamp", 2):
            let bytes = Array(parts[1].utf8)
            let time = Int64(parts[1]) ?? DateFormat.standard.parse(bytes.rawSpan)?.milliseconds
            guard let time, time >= 0 else { return nil }
            self = .timestamp(milliseconds: time)
        default: return nil
        }
    }

    /// For a source that counts in plain numbers.
    func plain() throws -> StartPosition {
        switch self {
        case .earliest: return .earliest
        case .latest: return .latest
        case .timestamp(let milliseconds): return .timestamp(milliseconds: milliseconds)
        case .pointer(let text):
            guard let number = UInt64(text) else {
                throw CommandFailure.badInput("a pointer into a file is a number of bytes, not \(text)")
            }
            return .pointer(StreamPointer(number))
        }
    }
}

/// A source as it is typed: `file:feed.ndjson`.
struct SourceName: ExpressibleByArgument {
    let path: String

    init?(argument: String) {
        guard argument.hasPrefix("file:"), argument.utf8.count > 5 else { return nil }
        path = String(argument.dropFirst(5))
    }

    var source: JSONLinesSource { JSONLinesSource(path) }
}

/// An error strategy as it is typed: `drop` or `block`.
enum OnError: String, ExpressibleByArgument {
    case drop, block

    var strategy: ErrorStrategy { self == .drop ? .drop : .block }
}
