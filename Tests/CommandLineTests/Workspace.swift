import Foundation
import Testing

/// A directory of its own in which the built commands are run as processes, as a user runs them.
struct Workspace: Sendable {
    /// What one run of a command came to.
    struct Run {
        let status: Int32
        let output: String
        let errors: String
    }

    /// The directory, which goes with the last copy of the workspace.
    private final class Root: Sendable {
        let path: String

        init(_ name: String) throws {
            path = Workspace.repository + "/.build/command-tests/" + name
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private let root: Root
    var path: String { root.path }

    /// - Parameter name: Of one that lives as long as the process: what an earlier run left there goes first.
    init(name: String = UUID().uuidString) throws { root = try Root(name) }

    /// Another one with the store as it is in this.
    init(copying other: Workspace) throws {
        try self.init()
        try FileManager.default.copyItem(atPath: other.path + "/data", toPath: path + "/data")
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    /// Runs a line such as `varve put readings r-1 r.json` and waits for its end. Words in single quotes are one.
    @discardableResult
    func run(_ line: String, input: String = "") throws -> Run {
        let process = try start(line, input: input)
        process.process.waitUntilExit()
        return Run(
            status: process.process.terminationStatus, output: try read(process.output),
            errors: try read(process.errors))
    }

    /// Does what waits for commands on a thread of its own: those that the tests share have other tests to run.
    static func aside<Answer: Sendable>(
        _ body: @escaping @Sendable () throws -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Starts a command and does not wait for it.
    func start(_ line: String, input: String = "") throws -> (
        process: Process, output: String, errors: String
    ) {
        let words = Self.words(line)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.products + "/" + words[0])
        process.arguments = Array(words.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.environment = ["VARVE_STORE": "data", "COLUMNS": "100"]
        let name = UUID().uuidString
        for suffix in ["in", "out", "err"] { try write(suffix == "in" ? input : "", to: "\(name).\(suffix)") }
        process.standardInput = FileHandle(forReadingAtPath: "\(path)/\(name).in")
        process.standardOutput = FileHandle(forWritingAtPath: "\(path)/\(name).out")
        process.standardError = FileHandle(forWritingAtPath: "\(path)/\(name).err")
        try process.run()
        // A command that hangs must fail its test, and not everybody's.
        DispatchQueue.global().asyncAfter(deadline: .now() + 600) {
            if process.isRunning { process.terminate() }
        }
        return (process, "\(name).out", "\(name).err")
    }

    /// Runs a line in a shell that finds the commands, and returns its exit status.
    func shell(_ line: String, path search: String = Self.products) throws -> Int32 {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-c", line]
        shell.currentDirectoryURL = URL(fileURLWithPath: path)
        shell.environment = ["VARVE_STORE": "data", "PATH": search + ":/usr/bin:/bin"]
        shell.standardError = FileHandle.nullDevice
        shell.standardOutput = FileHandle.nullDevice
        try shell.run()
        DispatchQueue.global().asyncAfter(deadline: .now() + 600) { if shell.isRunning { shell.terminate() } }
        shell.waitUntilExit()
        return shell.terminationStatus
    }

    /// Waits for a writer to have nothing more to do: its log then says how far it is synced.
    func waitForWatermark(in shard: String) throws {
        let deadline = Date(timeIntervalSinceNow: 60)
        while try !run("varve-inspect wal data \(shard)").output.contains("watermark") {
            try #require(Date.now < deadline, "nothing was written into \(shard)")
        }
    }

    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: path + "/" + name, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    func names(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + directory).sorted()
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)), as: UTF8.self)
    }

    /// The files below the store whose names begin so, in order.
    func files(_ prefix: String) throws -> [String] {
        let all = FileManager.default.enumerator(atPath: path + "/data")?.compactMap { $0 as? String } ?? []
        return all.filter { ($0.split(separator: "/").last ?? "").hasPrefix(prefix) }.sorted()
    }

    /// Changes one bit in a file of the store.
    func flip(_ file: String, at offset: Int) throws {
        let url = URL(fileURLWithPath: path + "/data/" + file)
        var bytes = try Data(contentsOf: url)
        bytes[offset] ^= 1
        try bytes.write(to: url)
    }

    /// Leaves only the first bytes of the last record of a log, as a write does that power loss or kill -9 stops.
    func tear(_ file: String, keeping count: Int) throws {
        let url = URL(fileURLWithPath: path + "/data/" + file)
        var bytes = try Data(contentsOf: url)
        let last = try #require(bytes.range(of: Data("WREC".utf8), options: .backwards))
        bytes.resetBytes(in: last.lowerBound + count..<bytes.count)
        try bytes.write(to: url)
    }

    /// All bytes of the store, by file: what an inspection must not change.
    func image() throws -> [String: Data] {
        var image: [String: Data] = [:]
        for file in try files("") {
            image[file] = try? Data(contentsOf: URL(fileURLWithPath: path + "/data/" + file))
        }
        return image
    }

    private static func words(_ line: String) -> [String] {
        line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { at, part in
            at % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
    }

    static let repository = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    static var products: String {
        #if DEBUG
        repository + "/.build/debug"
        #else
        repository + "/.build/release"
        #endif
    }
}
