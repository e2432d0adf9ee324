import ArgumentParser
import Foundation
import Varve

/// Opening a store that was closed, and what it holds on the disk then.
struct Opening {
    let path: String

    func run(_ report: inout Report) async throws {
        report.section("Opening one merged segment")
        let opened = try OpenOnce.median(of: 7, path)
        let sync = try Limits.sync(.append, in: path + "/..")
        report.add(
            "open.clean", "open, median of 7, each in a fresh process", opened.milliseconds, "ms", .atMost(20)
        )
        report.add(
            "open.clean.syncs", "  in appends + fdatasync of this minute", opened.milliseconds * 1e3 / sync,
            "x")
        report.add("open.memory", "  resident after it", opened.residentMegabytes, "MB")
        let disk = Double(try Directory.bytes(below: path)) / 1e6
        report.add("size.rest", "on disk at rest", disk, "MB", .atMost(19.1))
    }
}

/// The child that opens a store once, in a fresh process, and says what that took.
struct OpenOnce: AsyncParsableCommand {
    struct Answer: Codable {
        var milliseconds: Double
        /// What opening has added.
        var residentMegabytes: Double
        var documents: Int
    }

    static let configuration = CommandConfiguration(shouldDisplay: false)
    @Argument var path: String

    func run() async throws {
        let before = Memory.resident
        let start = ContinuousClock.now
        let store = try await Store.open(at: path, createIfMissing: false)
        let milliseconds = start.milliseconds
        let added = Memory.resident - before
        let documents = try store.indices.reduce(0) { try $0 + $1.count() }
        let answer = Answer(milliseconds: milliseconds, residentMegabytes: added, documents: documents)
        print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
        try await store.close()
    }

    static func spawn(_ path: String) throws -> Answer {
        let (child, output) = try Child.start(["open-once", path])
        let line = Child.firstLine(of: output)
        child.waitUntilExit()
        return try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
    }

    static func median(of rounds: Int, _ path: String) throws -> Answer {
        let answers = try (0..<rounds).map { _ in try spawn(path) }
        return Answer(
            milliseconds: Sample(answers.map(\.milliseconds)).median,
            residentMegabytes: Sample(answers.map(\.residentMegabytes)).median,
            documents: answers[0].documents)
    }
}

/// This program once more, as a child.
enum Child {
    static func start(_ arguments: [String]) throws -> (Process, FileHandle) {
        let child = Process()
        let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        child.executableURL = URL(filePath: path)
        child.arguments = arguments
        let pipe = Pipe()
        child.standardOutput = pipe
        try child.run()
        return (child, pipe.fileHandleForReading)
    }

    /// Waits for a line, or for the end of what the child says.
    static func firstLine(of output: FileHandle) -> String {
        var text = ""
        while !text.contains("\n") {
            let bytes = output.availableData
            if bytes.isEmpty { break }
            text += String(decoding: bytes, as: UTF8.self)
        }
        return String(text.prefix { $0 != "\n" })
    }
}
