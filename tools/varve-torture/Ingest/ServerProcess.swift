import Foundation

/// A server in a process of its own, over a folder of its own: started, killed and started again.
final class ServerProcess {
    private let program: String
    private let arguments: [String]
    private let log: String
    private var process: Process?

    /// - Parameter log: Where what it says on standard error goes; it is begun anew with each start.
    init(_ program: String, _ arguments: [String], log: String) {
        self.program = program
        self.arguments = arguments
        self.log = log
    }

    /// A server of a stream that a variable of the environment names.
    ///
    /// - Parameters:
    ///   - source: What `tools/brokers` calls it, which sets the variable.
    ///   - arguments: Those for a port, made from the seed and this process.
    static func stream(
        _ source: String, folder: String, seed: UInt64, _ arguments: (_ port: Int) -> [String]
    ) throws -> (server: ServerProcess, port: Int) {
        let variable = "VARVE_\(source.uppercased())_SERVER"
        guard let program = ProcessInfo.processInfo.environment[variable] else {
            throw TortureFailure("\(variable) names no server: eval \"$(tools/brokers \(source))\"")
        }
        let port = 20_000 + Int(seed &* 7_919 &+ UInt64(ProcessInfo.processInfo.processIdentifier)) % 12_000
        let server = ServerProcess(program, arguments(port), log: "\(folder)/\(source).log")
        try server.start()
        return (server, port)
    }

    deinit { kill() }

    func start() throws {
        try Data().write(to: URL(filePath: log))
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        self.process = process
    }

    var isRunning: Bool { process?.isRunning ?? false }

    /// What it has said so far.
    var words: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// kill -9: nothing is flushed, nobody is told.
    func kill() { end(SIGKILL) }

    /// A graceful end.
    ///
    /// - Returns: The exit status.
    @discardableResult
    func stop() -> Int32 { end(SIGTERM) }

    @discardableResult
    private func end(_ signal: Int32) -> Int32 {
        guard let process else { return 0 }
        Foundation.kill(process.processIdentifier, signal)
        process.waitUntilExit()
        self.process = nil
        return process.terminationStatus
    }
}

/// `varve serve`: on a free port at first, and on the same one after each kill, so that clients find it.
final class VarveServer {
    private let directory: String
    private let program: String
    private let options: [String]
    private var process: ServerProcess?
    private var port = 0

    init(program: String, directory: String, options: [String]) {
        self.program = program
        self.directory = directory
        self.options = options
    }

    var calls: ServerCalls { ServerCalls(port: port) }

    /// Starts it and does not wait for anything.
    func start() throws {
        let process = ServerProcess(
            program,
            ["serve", "--store", directory + "/data", "--listen", "127.0.0.1:\(port)"] + options,
            log: directory + "/server.log")
        try process.start()
        self.process = process
    }

    /// Waits until it answers.
    func listening() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while let process {
            let words = process.words
            if words.hasSuffix("\n"), let line = words.split(separator: "\n").first,
                line.hasPrefix("listening on http://"),
                let number = line.split(separator: ":").last.flatMap({ Int($0) })
            {
                port = number
                return
            }
            guard process.isRunning, ContinuousClock.now < deadline else {
                throw TortureFailure("the server does not start: \(words)")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func kill() { process?.kill() }

    func stop() throws {
        guard let process else { return }
        let status = process.stop()
        guard status == 0 else {
            throw TortureFailure("a graceful end came to status \(status): \(process.words)")
        }
    }

    /// What the last process has said on standard error.
    var words: String { process?.words ?? "" }
}

/// What keeps a run from going on.
struct TortureFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
