import ArgumentParser
import Varve

struct IngestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest", abstract: "Pull a stream into an index.",
        subcommands: [IngestStartCommand.self, IngestStateCommand.self, IngestResetCommand.self])
}

/// A position as it is typed: `earliest`, `latest`, `pointer:41200`.
struct Position: ExpressibleByArgument {
    static let earliest = Position(.earliest)
    let start: StartPosition

    private init(_ start: StartPosition) { self.start = start }

    var defaultValueDescription: String {
        switch start {
        case .earliest: "earliest"
        case .latest: "latest"
        case .pointer(let pointer): "pointer:\(pointer)"
        case .timestamp(let milliseconds): "timestamp:\(milliseconds)"
        }
    }

    init?(argument: String) {
        switch argument {
        case "earliest": start = .earliest
        case "latest": start = .latest
        default:
            guard argument.hasPrefix("pointer:"), let number = UInt64(argument.dropFirst(8)) else {
                return nil
            }
            start = .pointer(StreamPointer(number))
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
