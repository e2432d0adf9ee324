import Foundation
import Testing

@Suite struct `The command varve-inspect` {
    /// Made once; each test works on a copy.
    private static let template = Result { try made() }

    private func prepared() throws -> Workspace { try Workspace(copying: Self.template.get()) }

    /// A store with segments, deletes and a point in time.
    private static func made() throws -> Workspace {
        let workspace = try Workspace(name: "template")
        let lines = (0..<50).map {
            "{\"_id\":\"r-\($0)\",\"_source\":{\"station\":\"s\($0 % 3)\",\"n\":\($0)}}\n"
        }
        for line in ["varve init data", "varve index create readings"] {
            #expect(try workspace.run(line).status == 0)
        }
        #expect(try workspace.run("varve put readings --bulk", input: lines.joined()).status == 0)
        #expect(try workspace.run("varve pit open readings --keep-alive 1h --label nightly").status == 0)
        #expect(try workspace.run("varve delete readings r-7").status == 0)
        #expect(try workspace.run("varve put readings r-8 -", input: "{\"n\":800}").status == 0)
        return workspace
    }

    @Test func `shows what a store consists of, and changes nothing`() throws {
        let workspace = try prepared()
        let before = try workspace.image()
        var session = Transcript(workspace)
        try session.run("varve-inspect stats data")
        try session.run("varve-inspect pits data")
        try session.run("varve-inspect verify data --structure")
        let wal = try workspace.run("varve-inspect wal data readings/0")
        #expect(wal.status == 0 && wal.output.contains("link") && wal.output.contains("sequence numbers"))
        let dump = try workspace.run("varve-inspect dump data")
        #expect(dump.status == 0 && dump.errors.isEmpty)
        for part in [
            "index readings", "create ", "label nightly", "r-7   tombstone", "row 0   S 0", "died at",
        ] {
            #expect(dump.output.contains(part), "\(part)")
        }
        try session.run("varve-inspect wal data nothing/0")
        try session.run("varve-inspect stats missing")
        try session.run("varve-inspect nonsense")
        try session.expect("inspect")
        #expect(try workspace.image() == before)
    }

    @Test(arguments: ["seg-", "dels-", "manifest-", "catalog-", "STORE", "pits-"])
    func `verify names the file of a flipped bit and its place`(_ prefix: String) throws {
        let workspace = try prepared()
        let file = try #require(try workspace.files(prefix).last)
        try workspace.flip(file, at: 70 - (prefix == "STORE" ? 40 : 0))
        let run = try workspace.run("varve-inspect verify data")
        #expect(run.status == 3)
        #expect(run.output.contains("\(file.split(separator: "/").last ?? "") at byte"), "\(run.output)")
        #expect(run.output.contains("nothing was changed"))
        for command in ["stats", "pits", "dump"] {
            let other = try workspace.run("varve-inspect \(command) data")
            #expect(other.status == 0 || other.status == 3, "\(command): \(other.errors)")
        }
    }

    @Test func `names a point in time as varve does`() throws {
        let workspace = try prepared()
        let listed = try workspace.run("varve pit list").output
        let id = try #require(listed.split(separator: "\t").first)
        for command in ["pits", "stats", "dump"] {
            let run = try workspace.run("varve-inspect \(command) data")
            #expect(run.output.contains("pit \(id)   "), "\(run.output)")
        }
        #expect(
            try workspace.run("varve-inspect stats data").output.contains("current, pit …\(id.suffix(8))\n"))
        #expect(try workspace.run("varve pit close \(id)").status == 0)
    }

    /// What the README shows is what a run prints, but for what differs from run to run.
    @Test func `looks at a live store, a killed one and a damaged one, as the README shows`() throws {
        let workspace = try prepared()
        try workspace.write(#"{"_id":"a","_source":{"n":1}}"# + "\n", to: "feed.ndjson")
        try workspace.run("varve index create feed")
        let writer = try workspace.start("varve ingest start feed --source file:feed.ndjson --follow").process
        defer { if writer.isRunning { kill(writer.processIdentifier, SIGKILL) } }
        try workspace.waitForWatermark(in: "feed/0")
        var live = Transcript(workspace)
        try live.run("varve-inspect stats data")
        try live.expect("inspect-live", shownIn: "README.md")

        kill(writer.processIdentifier, SIGKILL)
        writer.waitUntilExit()
        let log = try #require(try workspace.files("wal-0000000000000002").first)
        try workspace.tear(log, keeping: 16)
        var killed = Transcript(workspace)
        try killed.run("varve-inspect wal data feed/0 2")
        try killed.run("varve get feed a")
        try killed.expect("inspect-killed", shownIn: "README.md")

        let broken = try prepared()
        try broken.flip(#require(try broken.files("seg-").first), at: 70)
        var damaged = Transcript(broken)
        try damaged.run("varve-inspect verify data")
        try damaged.expect("inspect-damaged", shownIn: "README.md")
    }

    @Test func `works beside a live writer and on what a killed one leaves`() throws {
        let workspace = try Workspace()
        try workspace.write(#"{"_id":"a","_source":{"n":1}}"# + "\n", to: "feed.ndjson")
        try workspace.run("varve init data")
        try workspace.run("varve index create feed")
        let writer = try workspace.start("varve ingest start feed --source file:feed.ndjson --follow").process
        defer { if writer.isRunning { kill(writer.processIdentifier, SIGKILL) } }
        let deadline = Date(timeIntervalSinceNow: 60)
        var stats = try workspace.run("varve-inspect stats data")
        while !stats.output.contains("1 operations"), Date.now < deadline {
            stats = try workspace.run("varve-inspect stats data")
        }
        #expect(stats.output.contains("1 operations"), "\(stats)")
        let refused = try workspace.run("varve get feed a")
        #expect(refused.status == 1 && refused.errors.contains("open in another process"), "\(refused)")
        #expect(try workspace.run("varve-inspect verify data").status == 0)
        kill(writer.processIdentifier, SIGKILL)
        writer.waitUntilExit()
        let verified = try workspace.run("varve-inspect verify data --structure")
        #expect(verified.status == 0, "\(verified)")
        #expect(try workspace.run("varve-inspect wal data feed/0").output.contains("batch"))
        #expect(try workspace.run("varve get feed a").output == "{\"n\":1}\n")
    }

    @Test func `shows nothing that steers a terminal`() throws {
        let workspace = try Workspace()
        try workspace.run("varve init data")
        try workspace.run("varve index create i")
        try workspace.run("varve put i 'a\u{1b}[2Jb' -", input: "{}")
        try workspace.run("varve pit open i --keep-alive 1h --label 'x\u{9b}31m\u{202e}'")
        for line in [
            "varve search i", "varve pit list", "varve-inspect dump data", "varve-inspect pits data",
            "varve-inspect stats data",
        ] {
            let run = try workspace.run(line)
            #expect(run.status == 0, "\(line)")
            for character in ["\u{1b}", "\u{9b}", "\u{202e}"] {
                #expect(!run.output.unicodeScalars.contains(Unicode.Scalar(character)!), "\(line)")
            }
        }
        #expect(try workspace.run("varve search i").output == "a\\u{1b}[2Jb\t{}\n")
    }
}
