import Varve
import VarveBytes
import VarveFiles

/// Writes the lines of standard input in batches: each batch is one log record a shard.
///
/// A line that cannot be stored ends the load with its number; what stands in batches before it stays written.
struct BulkLoader {
    private static let batchLines = 1_000
    private static let batchBytes = 4 << 20

    private let index: Index
    private let condition: WriteCondition
    private(set) var written = 0
    private(set) var conflicts = 0
    private var lineNumber = 0
    private var waiting: [BulkLine] = []
    private var waitingBytes = 0
    private let started = ContinuousClock.now

    init(_ index: Index, condition: WriteCondition) {
        self.index = index
        self.condition = condition
    }

    mutating func load() async throws {
        var rest: [UInt8] = []
        var reader = BulkLineReader()
        while true {
            let part = try StandardStreams.read(upTo: 1 << 20)
            var start = 0
            let bytes = rest + part
            while let end = bytes.rawSpan.firstIndex(of: 0x0A, from: start) {
                try await take(bytes[start..<end], &reader)
                start = end + 1
            }
            rest = Array(bytes[start...])
            if part.isEmpty { break }
        }
        if !rest.isEmpty { try await take(rest[...], &reader) }
        try await write()
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>, _ reader: inout BulkLineReader) async throws {
        lineNumber += 1
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return }
        do {
            waiting.append(try reader.read(Array(bytes), number: lineNumber))
        } catch {
            try await write()
            throw CommandFailure.badInput("line \(lineNumber) of standard input: \(error)")
        }
        waitingBytes += bytes.count
        if waiting.count >= Self.batchLines || waitingBytes >= Self.batchBytes { try await write() }
    }

    private mutating func write() async throws {
        if waiting.isEmpty { return }
        let (lines, condition) = (waiting, condition)
        waiting = []
        waitingBytes = 0
        var refused: CommandFailure?
        let results = try await index.write { batch in
            for line in lines {
                do {
                    try batch.put(json: line.source, id: line.id, if: condition)
                } catch let error as VarveError {
                    refused = .badInput("line \(line.number) of standard input: \(error.message)")
                    return
                }
            }
        }
        for result in results {
            if case .failure = result { conflicts += 1 } else { written += 1 }
        }
        report()
        if let refused { throw refused }
    }

    /// How far it is, for a terminal; the sum for everyone.
    func report(isLast: Bool = false, json: Bool = false) {
        let text = "\(written) documents written" + (conflicts > 0 ? ", \(conflicts) conflicts" : "")
        if StandardStreams.isTerminal(.error) {
            let seconds = started.duration(to: .now) / .seconds(1)
            Output.progress("\(text), \(Int(Double(written) / max(seconds, 0.001)))/s", isLast: isLast)
        } else if isLast && !json {
            Output.note(text)
        }
    }
}
