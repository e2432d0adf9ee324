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
        let server = try await Workspace.aside {
            try workspace.run("varve init data")
            return try RunningServer(workspace, feeds: directory)
        }
        for (name, body) in [
            ("feed", settings(shards: 2, stream: "s", "drop")),
            ("strict", settings(shards: 1, stream: "t", "block")),
            ("plain", "{}"),
        ] {
            let answer = try await server.send("PUT", "/" + name, body)
            #expect(answer.status == 200, "\(answer)")
        }
        let statuses = try await Workspace.aside {
            try ["feed", "strict"].map {
                try workspace.run("varve ingest start \($0) --server \(server.address)").status
            }
        }
        #expect(statuses == [0, 2])
        try await server.end()
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
        try await Self.session(prepared()).expect("ingest-directory")
        let workspace = try await prepared()
        let server = try await served(workspace)
        try await Self.session(workspace, at: server.address).expect("ingest-server")
        try await server.end()
    }

    private func served(_ workspace: Workspace, _ options: String = "") async throws -> RunningServer {
        try await Workspace.aside { try RunningServer(workspace, feeds: Self.directory, options) }
    }

    private static func session(_ workspace: Workspace, at server: String? = nil) async throws -> Transcript {
        try await Workspace.aside {
            var session = Transcript(workspace)
            for line in lines {
                let place = server.map { " --server " + $0 } ?? ""
                let shown = server == nil ? "" : " --server URL"
                try session.run("varve ingest \(line)\(place)", shown: "varve ingest \(line)\(shown)")
            }
            return session
        }
    }

    @Test func `follows a server in lines where there is no terminal`() async throws {
        let workspace = try await prepared()
        let server = try await served(workspace)
        let said = try await Workspace.aside {
            let follower = try workspace.start(
                "varve ingest state feed --follow --server \(server.address)")
            let deadline = Date(timeIntervalSinceNow: 60)
            while try !workspace.read(follower.output).contains("messages/s"), Date.now < deadline {}
            kill(follower.process.processIdentifier, SIGKILL)
            follower.process.waitUntilExit()
            return try workspace.read(follower.output)
        }
        #expect(said.contains("feed   2 polling") || said.contains("feed   polling"), "\(said)")
        #expect(!said.contains("\u{1b}"), "\(said)")
        try await server.end()
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
        let server = try await served(workspace, "--security users.json")
        func run(_ options: String) async throws -> Workspace.Run {
            try await Workspace.aside {
                try workspace.run("varve ingest pause feed --server \(server.address) \(options)")
            }
        }
        #expect(try await run("").errors.contains("give --user"))
        #expect(try await run("--user root").errors.contains("set VARVE_PASSWORD or give --password-file"))
        #expect(try await run("--user root --password-file other").status == 1)
        let refused = try await run("--user eve --password-file password")
        #expect(refused.status == 1 && refused.errors.contains("no permissions for"), "\(refused)")
        let paused = try await run("--user root --password-file password")
        #expect(paused.status == 0 && paused.errors.isEmpty, "\(paused)")
        #expect(try workspace.run("varve ingest pause feed --server nowhere").status == 2)
        try await server.end()
        let gone = try await run("--user root --password-file password")
        #expect(gone.status == 1 && gone.errors.contains("cannot be asked"), "\(gone)")
        let both = try await run("--store data")
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
