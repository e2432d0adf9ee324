import Foundation
import Testing

@Suite struct `The command varve` {
    private static let mapping = """
        {"properties": {"station": {"type": "keyword"}, "celsius": {"type": "double"}, "taken": {"type": "date"}}}
        """

    private func prepared() throws -> Transcript {
        let workspace = try Workspace()
        try workspace.write(Self.mapping, to: "mapping.json")
        try workspace.write(#"{"station":"oslo","celsius":-3.5,"taken":"2013-01-01"}"#, to: "r.json")
        return Transcript(workspace)
    }

    @Test func `stores, finds and deletes documents`() throws {
        var session = try prepared()
        try session.run("varve init data")
        try session.run("varve index create readings --mapping mapping.json")
        try session.run("varve put readings r-1 r.json")
        try session.run("varve put readings r-1 r.json --json")
        try session.run("varve put readings r-1 r.json --create")
        let lines = """
            {"_id":"r-2","_source":{"station":"bergen","celsius":4.5,"taken":"2013-01-02"}}
            {"_id":"r-3","_source":{"station":"oslo","celsius":1,"taken":"2013-01-03"}}

            """
        try session.run("varve put readings --bulk", input: lines)
        try session.run("varve get readings r-2")
        try session.run("varve get readings r-2 --json")
        try session.run("varve search readings station:oslo --sort taken:desc")
        try session.run("varve search readings 'celsius:<0' --json")
        try session.run("varve search readings 'taken:2013-01-02..2013-01-03' '!station:oslo'")
        try session.run("varve search readings --sort taken --limit 1")
        try session.run("varve count readings 'station:*'")
        try session.run("varve delete readings r-2")
        try session.run("varve delete readings r-2")
        try session.run("varve get readings r-2")
        try session.run("varve refresh readings")
        try session.run("varve flush readings")
        try session.run("varve merge readings")
        try session.run("varve index list")
        try session.run("varve index list --json")
        try session.run("varve index delete readings")
        try session.run("varve index list")
        try session.expect("documents")
    }

    @Test func `keeps a point in time by its name`() throws {
        var session = try prepared()
        try session.run("varve init data")
        try session.run("varve index create readings")
        try session.run("varve put readings r-1 r.json")
        let pit = try session.run("varve pit open readings --keep-alive 5m --label nightly")
            .output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(pit.utf8.count == 40)
        try session.run("varve delete readings r-1")
        try session.run("varve search readings")
        try session.run("varve search readings --pit \(pit)", shown: "varve search readings --pit <pit>")
        try session.run("varve pit list")
        try session.run("varve pit show \(pit)", shown: "varve pit show <pit>")
        try session.run(
            "varve pit extend \(pit) --keep-alive 2h", shown: "varve pit extend <pit> --keep-alive 2h")
        try session.run("varve pit close \(pit)", shown: "varve pit close <pit>")
        try session.run("varve pit close \(pit)", shown: "varve pit close <pit>")
        try session.run(
            "varve search readings --pit \(pit)", shown: "varve search readings --pit <pit>")
        try session.run("varve pit show nonsense")
        try session.expect("points-in-time")
    }

    @Test func `pulls a file in and goes on where it was left`() throws {
        var session = try prepared()
        let first = #"{"_id":"a","_source":{"n":1}}"# + "\n" + #"{"_id":"b","_source":{"n":2}}"# + "\n"
        try session.workspace.write(first, to: "feed.ndjson")
        try session.run("varve init data")
        try session.run("varve index create feed")
        try session.run("varve ingest state feed")
        try session.run("varve ingest start feed --source file:feed.ndjson")
        try session.run("varve ingest start feed --source file:feed.ndjson")
        try session.run("varve ingest state feed")
        try session.run("varve count feed")
        try session.run("varve ingest reset feed --to earliest")
        try session.run("varve ingest state feed --json")
        try session.workspace.write(
            first + "no json\n" + #"{"_id":"c","_source":{"n":3}}"# + "\n", to: "feed.ndjson")
        try session.run("varve ingest start feed --source file:feed.ndjson")
        try session.run("varve ingest start feed --source file:feed.ndjson --on-error drop")
        try session.run("varve count feed")
        try session.run("varve ingest reset feed --to pointer:7 --source file:feed.ndjson")
        try session.run("varve ingest start feed --source file:missing.ndjson")
        try session.expect("ingestion")
    }

    @Test func `says in one line what is wrong with its input`() throws {
        var session = try prepared()
        try session.run("varve index list")
        try session.run("varve init data")
        try session.run("varve init data")
        try session.run("varve index create readings --mapping mapping.json")
        try session.run("varve index create readings")
        try session.run("varve index create No")
        try session.run("varve index create other --mapping missing.json")
        try session.workspace.write("{\"properties\": {\"x\": {\"type\": \"shape\"}}}", to: "odd.json")
        try session.run("varve index create other --mapping odd.json")
        try session.run("varve put missing r-1 r.json")
        try session.run("varve put readings r-1 missing.json")
        try session.run("varve put readings r-1 -", input: "{\"station\": ")
        try session.run("varve put readings r-1 -", input: "{\"celsius\": \"warm\"}")
        try session.run("varve put readings --bulk", input: "{\"station\":\"oslo\"}\n{\"station\":\n")
        try session.run("varve count readings")
        try session.run("varve search readings oslo")
        try session.run("varve search readings --sort missing")
        try session.run("varve search readings --after 1")
        try session.expect("bad-input")
    }

    @Test func `answers wrong usage with status 2 and help with 0`() throws {
        let workspace = try Workspace()
        for line in [
            "varve nonsense", "varve put", "varve put i a", "varve pit open i",
            "varve pit open i --keep-alive 5",
        ] {
            let run = try workspace.run(line)
            #expect(run.status == 2, "\(line)")
            #expect(run.output.isEmpty && run.errors.contains("Usage:"), "\(line)")
        }
        let help = try workspace.run("varve --help")
        #expect(help.status == 0 && help.errors.isEmpty)
        #expect(help.output.contains("SUBCOMMANDS"))
    }

    @Test func `does not mind that nobody reads its output`() throws {
        let workspace = try Workspace()
        try workspace.run("varve init data")
        try workspace.run("varve index create i")
        let lines = (0..<2_000).map { "{\"n\":\($0),\"text\":\"\(String(repeating: "x", count: 100))\"}\n" }
        try workspace.run("varve put i --bulk", input: lines.joined())
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        let tool = Workspace.products + "/varve"
        shell.arguments = [
            "-c",
            "\(tool) search i --store \(workspace.path)/data --limit 2000 2>/dev/null | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}",
        ]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
    }
}
