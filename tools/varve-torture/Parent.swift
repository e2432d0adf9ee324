import Foundation
import Synchronization
import VarveSimulation

/// Starts children, feeds the stream, kills, and listens.
final class Parent {
    private let directory: String
    private let longestLife: Int
    private var random: SplitMix64
    private var oracle = Oracle()
    private var nextMessage = 0

    init(directory: String, seed: UInt64, longestLife: Int) throws {
        self.directory = directory
        self.longestLife = max(1, longestLife)
        random = SplitMix64(seed: seed)
        let manager = FileManager.default
        if manager.fileExists(atPath: directory) {
            guard try manager.contentsOfDirectory(atPath: directory).isEmpty else {
                throw CocoaError(.fileWriteFileExists, userInfo: [NSFilePathErrorKey: directory])
            }
        }
        try manager.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try Data().write(to: URL(filePath: directory + "/feed.ndjson"))
    }

    func run(kills: Int) async throws -> TortureSums {
        for _ in 0..<kills {
            try runChild()
            oracle.sums.kills += 1
        }
        try runChild()
        return oracle.sums
    }

    /// One life: recovery, its report, load, death.
    private func runChild() throws {
        oracle.startChild()
        let child = Process()
        child.executableURL = URL(filePath: CommandLine.arguments[0])
        child.arguments = ["child", directory, String(random.next() >> 1)]
        let pipe = Pipe()
        child.standardOutput = pipe
        try child.run()
        let pid = child.processIdentifier
        // One child in eight dies while it is still recovering or telling.
        let diesEarly = random.next() % 8 == 0
        let delay = Int(random.next() % UInt64(diesEarly ? 60 : longestLife))
        if diesEarly { Self.kill(pid, after: delay) }
        var isDoomed = diesEarly
        var rest = Data()
        while true {
            let data = pipe.fileHandleForReading.availableData
            if data.isEmpty { break }
            rest.append(data)
            while let newline = rest.firstIndex(of: 0x0A) {
                oracle.hear(Substring(String(decoding: rest[..<newline], as: UTF8.self)))
                rest = Data(rest[rest.index(after: newline)...])
            }
            if oracle.isVerified && !isDoomed {
                isDoomed = true
                try feed()
                Self.kill(pid, after: delay)
            }
        }
        child.waitUntilExit()
    }

    private static func kill(_ pid: pid_t, after milliseconds: Int) {
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
            Foundation.kill(pid, SIGKILL)
        }
    }

    /// Adds messages without ids to the stream; the last one may end in the middle and go on with the next feed.
    private func feed() throws {
        var text = ""
        for _ in 0..<(random.next() % 400) {
            text += "{\"_source\":{\"n\":\(nextMessage)}}\n"
            nextMessage += 1
        }
        let file = try FileHandle(forWritingTo: URL(filePath: directory + "/feed.ndjson"))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }
}
