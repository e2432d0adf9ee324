#if Server
import Foundation
import Testing

/// `varve ingest` on an index that has a source, in a directory and on a server.
@Suite struct `The command varve ingest` {
    private static let directory = Workspace.repository + "/.build/command-tests/ingest-template/feeds"
    private static let feeds = [
        #"{"_id":"a","_source":{"n":1}}"# + "\n" + #"{"_id":"b","_source":{"n":"two"}}"# + "\n"
            + #"{"_id":"c","_source":{"n":3}}"# + "\n",
        #"{"_id":"d","_source":{"n":4}}"# + "\n" + "no json\n",
    ]

    /// A store with an index `feed` of two shards that reads two files, of whose lines two are wrong and were dropped, an
    /// index `strict` that stands still at a wrong line, and one without a source. Nobody has it open.
    private static let template = Task { () throws -> Workspace in
        let workspace = try Workspace(name: "ingest-template")
        for name in ["feeds", "feeds/s", "feeds/t"] { try workspace.makeDirectory(name) }
        for (number, lines) in feeds.enumerated() {
            try workspace.write(lines, to: "feeds/s/\(number).ndjson")
        }
        try workspace.write(feeds[1], to: "feeds/t/0.ndjson")
        #expect(try workspace.run("varve init data").status == 0)
        let server = try RunningServer(workspace, feeds: directory)
        for (name, body) in [
            ("feed", settings(shards: 2, stream: "s", "drop")),
            ("strict", settings(shards: 1, stream: "t", "block")),
            ("plain", "{}"),
        ] {
            let answer = try await server.send("PUT", "/" + name, body)
            #expect(answer.status == 200, "\(answer)")
        }
        #expect(try workspace.run("varve ingest start feed --server \(server.address)").status == 0)
        #expect(try workspace.run("varve ingest start strict --server \(server.address)").status == 2)
        server.end()
        return workspace
    }

    private static func settings(shards: Int, stream: String, _ strategy: String) -> String {
        """
        {"settings": {"number_of_shards": \(shards), "replication.type": "SEGMENT", "ingestion_source": {
          "type": "file", "pointer.init.reset": "earliest", "error_strategy": "\(strategy)",
          "pointer_based_lag_update_interval": "1h",
          "param": {"stream": "\(stream)", "base_directory": "\(directory)"}}},
         "mappings": {"properties": {"n": {"type": "long"}}}}
        """
    }

    private func prepared() async throws -> Workspace {
        try Workspace(copying: await Self.template.value)
    }

    /// The lines of both sessions.
    private static let lines = [
        "start feed", "state feed", "reset feed --to earliest", "pause feed",
        "reset feed --to earliest --dry-run", "reset feed --to pointer:1 --shard 1",
        "reset feed --to latest --shard 1", "reset feed --to latest --shard 1 --allow-skip --json",
        "reset feed --to offset:7 --shard 0", "reset feed --to pointer:x --shard 0",
        "reset feed --to pointer:1", "reset feed --to earliest --shard 7",
        "reset feed --to timestamp:2024-01-01T00:00:00Z --partition 0", "start feed", "resume feed",
        "start feed", "start plain", "pause plain", "state missing", "skip feed",
        "dead-letters list feed --limit 1", "dead-letters list feed --after 0-1",
        "dead-letters get feed 1-1", "dead-letters get feed 1-9", "dead-letters retry feed 0-1",
        "dead-letters purge feed 0-1 1-1", "dead-letters purge feed --all", "state strict",
        "skip strict", "start strict",
    ]

    @Test func `says the same of a directory and of a server`() async throws {
        var directory = Transcript(try await prepared())
        for line in Self.lines { try directory.run("varve ingest \(line)") }
        try directory.expect("ingest-directory")

        let workspace = try await prepared()
        let server = try RunningServer(workspace, feeds: Self.directory)
        var served = Transcript(workspace)
        for line in Self.lines {
            try served.run(
                "varve ingest \(line) --server \(server.address)", shown: "varve ingest \(line) --server URL")
        }
        server.end()
        try served.expect("ingest-server")
    }

    @Test func `follows a server in lines where there is no terminal`() async throws {
        let workspace = try await prepared()
        let server = try RunningServer(workspace, feeds: Self.directory)
        let follower = try workspace.start("varve ingest state feed --follow --server \(server.address)")
        let deadline = Date(timeIntervalSinceNow: 60)
        while try !workspace.read(follower.output).contains("messages/s"), Date.now < deadline {}
        kill(follower.process.processIdentifier, SIGKILL)
        follower.process.waitUntilExit()
        let said = try workspace.read(follower.output)
        #expect(said.contains("feed   2 polling") || said.contains("feed   polling"), "\(said)")
        #expect(!said.contains("\u{1b}"), "\(said)")
        server.end()
        let refused = try workspace.run("varve ingest state feed --follow")
        #expect(refused.status == 2 && refused.errors.contains("--follow needs a --server"), "\(refused)")
    }

    @Test func `tells a server who asks, without a password on the command line`() async throws {
        let workspace = try await prepared()
        let hash = try workspace.run("varve hash-password", input: "secret\n").output.dropLast()
        try workspace.write(
            """
            {"users": {"root": {"hash": "\(hash)", "roles": ["all_access"]},
              "eve": {"hash": "\(hash)", "roles": ["readall"]}}}
            """, to: "users.json")
        try workspace.write("secret\n", to: "password")
        try workspace.write("wrong\n", to: "other")
        let server = try RunningServer(workspace, feeds: Self.directory, "--security users.json")
        func run(_ options: String) throws -> Workspace.Run {
            try workspace.run("varve ingest pause feed --server \(server.address) \(options)")
        }
        #expect(try run("").errors.contains("give --user"))
        #expect(try run("--user root").errors.contains("set VARVE_PASSWORD or give --password-file"))
        #expect(try run("--user root --password-file other").status == 1)
        let refused = try run("--user eve --password-file password")
        #expect(refused.status == 1 && refused.errors.contains("no permissions for"), "\(refused)")
        let paused = try run("--user root --password-file password")
        #expect(paused.status == 0 && paused.errors.isEmpty, "\(paused)")
        #expect(try workspace.run("varve ingest pause feed --server nowhere").status == 2)
        server.end()
        let gone = try run("--user root --password-file password")
        #expect(gone.status == 1 && gone.errors.contains("cannot be asked"), "\(gone)")
        let both = try run("--store data")
        #expect(both.status == 2 && both.errors.contains("give one of them"), "\(both)")
    }

    @Test func `a point in time says how far a stream is in it`() async throws {
        var session = Transcript(try await prepared())
        let id = try session.run("varve pit open feed --keep-alive 5m").output.dropLast()
        try session.run("varve pit show \(id)", shown: "varve pit show <pit>")
        let json = try session.workspace.run("varve pit show \(id) --json").output
        #expect(
            json.contains(#""shard":0,"seq_no":2,"positions":[{"partition":0,"pointer":"3","epoch":0}]}"#),
            "\(json)")
        try session.expect("point-in-time-ingested")
    }
}
#endif
