import Testing
import VarveBytes
import VarveFiles
import VarveSimulation

@testable import VarveIngest

/// A directory with a file of lines that is written to, cut, renamed and replaced.
private struct Feed {
    let root: TemporaryRoot
    let place = StorePath.root.appending("0.ndjson")

    init() throws { root = try TemporaryRoot() }

    var path: String { root.path + "/0.ndjson" }

    func append(_ text: String) throws {
        let file =
            try root.files.exists(place)
            ? root.files.openFile(place, writable: true) : root.files.createFile(place)
        try file.write(Array(text.utf8).rawSpan, at: file.size())
    }

    func rename(to name: String) throws { try root.files.rename(place, to: StorePath.root.appending(name)) }

    func source(_ rotation: JSONLinesSource.Rotation = .stop) -> JSONLinesSource {
        JSONLinesSource(path, numbering: .lines, rotation: rotation)
    }
}

@Suite struct `A file that is read as it grows` {
    private func texts(_ messages: [Message]) -> [String] {
        messages.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    /// All that can be read from a pointer on, and where it ends.
    private func drain(
        _ source: JSONLinesSource, from start: StreamPointer, limit: Int = 2
    ) async throws -> (texts: [String], end: StreamPointer) {
        var (found, end) = ([String](), start)
        while true {
            let messages = try await source.poll(from: end, limit: limit, timeout: .zero)
            guard let last = messages.last else { return (found, end) }
            #expect(messages[0].pointer == end)
            found += texts(messages)
            end = last.next
        }
    }

    private func error(_ body: () async throws -> Void) async -> String {
        do { try await body() } catch let error as StreamSourceError {
            #expect(!error.isTransient)
            return error.message
        } catch { Issue.record("a foreign error: \(error)") }
        return ""
    }

    @Test func `a line is there once its end is`() async throws {
        let feed = try Feed()
        let source = feed.source()
        #expect(try await source.end() == 0)
        #expect(try await drain(source, from: 0).texts == [])
        for (text, expected) in [("a", [String]()), ("b", []), ("\n", ["ab"]), ("c\nd", ["ab", "c"])] {
            try feed.append(text)
            #expect(try await drain(source, from: 0).texts == expected)
        }
        #expect(try await source.end() == 2)
        #expect(try await source.incompleteBytes() == 1)
    }

    @Test func `another file of the same name stops it with a clear error`() async throws {
        let feed = try Feed()
        let source = feed.source()
        try feed.append("a\nb\n")
        let end = try await drain(source, from: 0).end
        try feed.rename(to: "0.ndjson.1")
        #expect(try await drain(source, from: end).texts == [], "a writer may still have it open")
        try feed.append("c\n")
        let told = await error { _ = try await drain(source, from: end) }
        #expect(
            told == "another file has taken the name of file:\(feed.path), which was read up to byte 4: "
                + "reset to earliest reads the new one")
        let again = await error { _ = try await drain(source, from: end) }
        #expect(again.hasPrefix("file:\(feed.path) was cut"), "\(again)")
        #expect(try await drain(source, from: source.resolve(.earliest)).texts == ["c"])
    }

    @Test func `a file that was cut or written anew stops it`() async throws {
        let feed = try Feed()
        try feed.append("first\nsecond\n")
        for (name, change) in [("cut", 6), ("written anew", 0)] {
            let source = feed.source(.follow)
            let end = try await drain(source, from: 0).end
            let file = try feed.root.files.openFile(feed.place, writable: true)
            try file.truncate(to: UInt64(change))
            if change == 0 { try file.write(Array("third\nfourth\nfifth\n".utf8).rawSpan, at: 0) }
            let told = await error { _ = try await drain(source, from: end) }
            #expect(told.contains(change == 0 ? "was replaced" : "was cut"), "\(name): \(told)")
            try file.truncate(to: 0)
            try file.write(Array("first\nsecond\n".utf8).rawSpan, at: 0)
        }
    }

    @Test(arguments: [false, true])
    func `files that follow one another are read as one`(isReopened: Bool) async throws {
        let feed = try Feed()
        var source = feed.source(.follow)
        var (found, end) = ([String](), StreamPointer(0))
        func read() async throws {
            if isReopened { source = feed.source(.follow) }
            let more = try await drain(source, from: end)
            found += more.texts
            end = more.end
        }
        var written: [String] = []
        func write(_ lines: String...) throws {
            try feed.append(lines.map { $0 + "\n" }.joined())
            written += lines
        }
        try write("a1", "a2", "a3")
        try await read()
        try write("a4")
        try feed.rename(to: "0.ndjson.1")
        try await read()
        try write("b1")
        try await read()
        #expect(found == written)
        // Twice while nobody looks.
        try write("b2", "b3")
        try feed.root.files.rename(
            StorePath.root.appending("0.ndjson.1"), to: StorePath.root.appending("0.ndjson.2"))
        try feed.rename(to: "0.ndjson.1")
        try write("c1")
        try feed.root.files.rename(
            StorePath.root.appending("0.ndjson.2"), to: StorePath.root.appending("0.ndjson.3"))
        try feed.root.files.rename(
            StorePath.root.appending("0.ndjson.1"), to: StorePath.root.appending("0.ndjson.2"))
        try feed.rename(to: "0.ndjson.1")
        try write("d1", "d2")
        try await read()
        #expect(found == written)
        #expect(end == StreamPointer(UInt64(written.count)))
        #expect(try await source.end() == end)
    }

    @Test func `a name that changes hands in the middle of a line is an error`() async throws {
        let feed = try Feed()
        let source = feed.source(.follow)
        try feed.append("a\nhalf")
        let end = try await drain(source, from: 0).end
        try feed.rename(to: "0.ndjson.1")
        try feed.append("b\n")
        let told = await error { _ = try await drain(source, from: end) }
        #expect(
            told
                == "file:\(feed.path) gave its name to another file in the middle of a line: 4 bytes from byte 2 on "
                + "are no message")
    }

    @Test func `a number of a line is looked up`() async throws {
        let feed = try Feed()
        try feed.append((0..<500).map { "line \($0)\n" }.joined())
        let source = feed.source()
        let middle = try await source.resolve(.pointer(300))
        #expect(try await source.poll(from: middle, limit: 1, timeout: .zero).map(\.pointer) == [300])
        #expect(
            try await texts(source.poll(from: 300, limit: 2, timeout: .zero)) == ["line 300", "line 301"])
        #expect(source.describe(middle) == "line 301, at byte \(middle.details.0)")
        let told = await error { _ = try await source.resolve(.pointer(501)) }
        #expect(told == "file:\(feed.path) has no line 501: it ends before line 500")
    }
}
