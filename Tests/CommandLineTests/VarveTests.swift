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

    @Test func `moves a pointer without the source, and says what it waits for`() throws {
        var session = try prepared()
        let first = #"{"_id":"a","_source":{"n":1}}"# + "\n"
        try session.workspace.write(first + first + #"{"_id":"b","#, to: "feed.ndjson")
        try session.run("varve init data")
        try session.run("varve index create feed")
        try session.run("varve ingest start feed --source file:feed.ndjson")
        try session.run("varve ingest state feed --source file:feed.ndjson")
        try session.run("varve ingest reset feed --to pointer:30")
        try session.run("varve ingest state feed --source file:feed.ndjson --json")
        try session.run("varve ingest start feed --source file:feed.ndjson")
        try session.run("varve ingest reset feed --to latest")
        try session.run("varve ingest reset feed --to latest --source file:feed.ndjson")
        try session.run("varve ingest reset feed --to pointer:7")
        try session.run("varve ingest start feed --source file:feed.ndjson")
        try session.expect("ingestion-reset")
    }

    @Test func `names a refused document by its line, not by an id that was made up`() throws {
        var session = try prepared()
        try session.workspace.write("{\"_source\":{\"celsius\":\"warm\"}}\n", to: "feed.ndjson")
        try session.run("varve init data")
        try session.run("varve index create readings --mapping mapping.json")
        let lines = "{\"celsius\":1}\n{\"celsius\":\"warm\"}\n"
        try session.run("varve put readings --bulk", input: lines)
        try session.run(
            "varve put readings --bulk", input: "{\"_id\":\"w\",\"_source\":{\"celsius\":\"warm\"}}\n")
        try session.run("varve ingest start readings --source file:feed.ndjson")
        try session.expect("refused-lines")
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

    #if Server
    @Test func `serves others only when told so`() throws {
        let session = try prepared()
        for (line, said) in [
            ("varve serve --store data --listen 0.0.0.0:9200", "listen on 127.0.0.1, or give --insecure"),
            ("varve serve --store data --listen 127.0.0.1", "--listen is a host and a port"),
            ("varve serve --store data --log-level loud", "--log-level is one of trace, debug"),
            ("varve serve --store data --body-mebibytes-max 0", "is 1 to 2047, not 0"),
        ] {
            let run = try session.workspace.run(line)
            #expect(run.status == 2, "\(line)")
            #expect(run.errors.contains(said), "\(line): \(run.errors)")
        }
    }
    #endif

    @Test func `says in one line why a directory or a request does not do`() throws {
        var session = try prepared()
        for line in [
            "varve index list --store missing", "varve index list --store r.json", "varve init r.json",
            "varve init missing/data", "varve-inspect stats missing", "varve-inspect stats r.json",
        ] { try session.run(line) }
        for directory in ["empty", "full"] {
            try session.workspace.makeDirectory(directory)
            if directory == "full" { try session.workspace.write("", to: "full/letter.txt") }
            for line in ["varve index list --store \(directory)", "varve-inspect stats \(directory)"] {
                try session.run(line)
            }
            try #expect(session.workspace.names(in: directory) == (directory == "full" ? ["letter.txt"] : []))
        }
        try session.run("varve init full")
        try #expect(session.workspace.names(in: "full") == ["letter.txt"])
        try session.run("varve init data")
        try session.run("varve index create i")
        for line in [
            "varve index create a/b", "varve index create ..", "varve index create i2 --shards 0",
            "varve search a/b", "varve get i a/b", "varve search i n:>=", "varve search i :n",
            "varve search i --after []", "varve pit open i --keep-alive 99d",
        ] { try session.run(line) }
        try session.expect("first-use")
    }

    @Test func `writes nothing into a store whose streams are closed`() throws {
        let workspace = try Workspace()
        try workspace.run("varve init data")
        try workspace.run("varve index create i")
        try workspace.run("varve put i a -", input: "{}")
        for closed in ["<&-", ">&-", "<&- >&- 2>&-"] {
            for line in ["count i", "put i --bulk", "nonsense"] {
                let status = try workspace.shell("varve \(line) \(closed)")
                #expect([0, 2].contains(status), "\(line) \(closed): \(status)")
            }
        }
        #expect(try workspace.run("varve-inspect verify data").status == 0)
        #expect(try workspace.run("varve count i").output == "1\n")
        #expect(try workspace.shell("varve count i > /dev/full 2> full.txt") == 1)
        #expect(
            try workspace.read("full.txt")
                == "varve: write of standard output failed: no space left on the device\n")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `keeps everything committed when it is interrupted, and a second process out`(signal: Int32) throws {
        let workspace = try Workspace()
        try workspace.write("{\"_id\":\"a\",\"_source\":{\"n\":1}}\n", to: "feed.ndjson")
        try workspace.run("varve init data")
        try workspace.run("varve index create feed")
        let writer = try workspace.start("varve ingest start feed --source file:feed.ndjson --follow").process
        defer { if writer.isRunning { kill(writer.processIdentifier, SIGKILL) } }
        try workspace.waitForWatermark(in: "feed/0")
        let second = try workspace.run("varve count feed")
        #expect(second.status == 1 && second.output.isEmpty)
        #expect(
            second.errors
                == "varve: the store at data cannot be opened: it is open in another process or handle\n")
        kill(writer.processIdentifier, signal)
        writer.waitUntilExit()
        #expect(writer.terminationReason == .uncaughtSignal && writer.terminationStatus == signal)
        #expect(try workspace.run("varve get feed a").output == "{\"n\":1}\n")
        let state = try workspace.run("varve ingest state feed --json").output
        #expect(state.contains(#""phase":"idle","epoch":0,"durable":"30""#), "\(state)")
    }

    @Test func `answers wrong usage with status 2 and help with 0`() throws {
        let workspace = try Workspace()
        for line in [
            "varve nonsense", "varve put", "varve put i a", "varve pit open i",
            "varve pit open i --keep-alive 5", "varve pit open i --keep-alive 0s",
            "varve search i --limit=-1",
            "varve search i --limit 10001", "varve ingest start i --source feed.ndjson",
            "varve ingest reset i --to nonsense", "varve index create i --shards few", "varve --nonsense",
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
        for line in [
            "varve search i --limit 2000", "varve search i --limit 2000 --json", "varve-inspect dump data",
        ] {
            let status = try workspace.shell(
                "\(line) 2>/dev/null | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}")
            #expect(status == 0, "\(line)")
        }
    }
}
