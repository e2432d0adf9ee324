#if Kafka
import Foundation
import PullingServer
import Testing

/// A server of the Kafka protocol in a process of its own, with times, transactions, retention and a disk.
///
/// `tools/brokers` installs it and sets `VARVE_KAFKA_SERVER`. Where that is set and the server does not start, tests
/// fail; where it is not, they are skipped.
final class Broker: @unchecked Sendable {
    // Unchecked: each is used by one test, but for the shared one, which is never stopped by tests.
    static let program = ProcessInfo.processInfo.environment["VARVE_KAFKA_SERVER"]
    static var isInstalled: Bool { program != nil }

    private let port: UInt16
    private let folder: URL
    private var process: pid_t?
    var bootstrap: String { "127.0.0.1:\(port)" }

    /// One for all tests that leave it running. It ends with this process.
    static let shared: Result<Broker, any Error> = Result {
        let broker = try Broker()
        try broker.start()
        atexit { try? Broker.shared.get().signal(SIGKILL) }
        return broker
    }

    init() throws {
        port = try #require(freePort())
        folder = FileManager.default.temporaryDirectory.appending(path: "varve-broker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts it and waits until it answers.
    func start() throws {
        let program = try #require(Self.program)
        let words = [
            program, "start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir", folder.path,
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
        defer { unsafe arguments.forEach { unsafe free($0) } }
        unsafe arguments.append(nil)
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0...2 as ClosedRange<Int32> {
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        // Threads of the tests take no signals, and a process starts with the mask of its parent.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process: pid_t = 0
        let status = unsafe posix_spawn(&process, program, &actions, &attributes, arguments, nil)
        try #require(status == 0, "the broker does not start: error \(status) of the system")
        self.process = process
        try TestClient(bootstrap).ready()
    }

    /// As the system does when it runs out of memory: nothing more is written.
    func kill() { end(SIGKILL) }

    /// Lets it write what it has.
    func stop() { end(SIGTERM) }

    private func end(_ number: Int32) {
        guard let process else { return }
        signal(number)
        waitpid(process, nil, 0)
        self.process = nil
    }

    private func signal(_ number: Int32) {
        if let process { Foundation.kill(process, number) }
    }

    /// Waits until so many records of a topic are on its disk: it writes about once a second what a kill would lose.
    func waitUntilKept(_ count: Int, of topic: String) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try kept(of: topic) < count {
            try #require(ContinuousClock.now < deadline, "\(count) records were not written within 20 s")
            usleep(20_000)
        }
    }

    private func kept(of topic: String) throws -> Int {
        struct Kept: Decodable {
            struct Partition: Decodable { let high_watermark: Int }
            struct Topic: Decodable { let partitions: [Numbered<Partition>] }
            /// An array of a key and a value.
            struct Numbered<Value: Decodable>: Decodable {
                let value: Value
                init(from decoder: any Decoder) throws {
                    var container = try decoder.unkeyedContainer()
                    _ = try container.decode(Int.self)
                    value = try container.decode(Value.self)
                }
            }
            struct Named: Decodable {
                let name: String
                let value: Topic
                init(from decoder: any Decoder) throws {
                    var container = try decoder.unkeyedContainer()
                    name = try container.decode(String.self)
                    value = try container.decode(Topic.self)
                }
            }
            let topics: [Named]
        }
        guard let data = try? Data(contentsOf: folder.appending(path: "kafka.json")),
            let kept = try? JSONDecoder().decode(Kept.self, from: data),
            let found = kept.topics.first(where: { $0.name == topic })
        else { return 0 }
        return found.value.partitions.reduce(0) { $0 + $1.value.high_watermark }
    }

    /// The data folder as it is now: what a crash would leave.
    func copyData() throws -> URL {
        let copy = folder.deletingLastPathComponent().appending(path: folder.lastPathComponent + "-copy")
        try? FileManager.default.removeItem(at: copy)
        try FileManager.default.copyItem(at: folder, to: copy)
        return copy
    }

    func restoreData(_ copy: URL) throws {
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.moveItem(at: copy, to: folder)
    }
}
#endif
