import Foundation
import Testing

/// Commands with what they print, as in a terminal, compared with a file under `Golden/`.
///
/// Standard error stands behind `!`, an exit status other than 0 behind `?`. What differs from run to run (ids,
/// times, checksums) is masked. With `VARVE_UPDATE_GOLDEN` set the file is written instead.
struct Transcript {
    let workspace: Workspace
    private(set) var text = ""

    init(_ workspace: Workspace) { self.workspace = workspace }

    @discardableResult
    mutating func run(_ line: String, shown: String? = nil, input: String = "") throws -> Workspace.Run {
        let run = try workspace.run(line, input: input)
        text += "$ \(shown ?? line)\n" + run.output
        for error in run.errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            text += "! \(error)\n"
        }
        if run.status != 0 { text += "? \(run.status)\n" }
        return run
    }

    /// - Parameter document: A document of the repository that shows the same as a block of code.
    func expect(
        _ name: String, shownIn document: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let path = Workspace.repository + "/Tests/CommandLineTests/Golden/\(name).txt"
        let masked = Self.mask(text)
        if ProcessInfo.processInfo.environment["VARVE_UPDATE_GOLDEN"] != nil {
            return try Data(masked.utf8).write(to: URL(fileURLWithPath: path))
        }
        let golden = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        #expect(masked == golden, sourceLocation: sourceLocation)
        guard let document else { return }
        let page = try Data(contentsOf: URL(fileURLWithPath: Workspace.repository + "/" + document))
        #expect(
            Self.mask(String(decoding: page, as: UTF8.self)).contains("```\n\(golden)```\n"),
            "\(document) shows something else than \(name).txt", sourceLocation: sourceLocation)
    }

    static func mask(_ text: String) -> String {
        let rules = [
            (#"(?<![\w-])[\w-]{40}(?![\w-])"#, "<pit>"),
            (#"pit …[\w-]{8}(?![\w-])"#, "pit …<end>"),
            (#"\[[A-Za-z0-9_-]{20}\]"#, "[<id>]"),
            (#"\b[0-9a-f]{32}\b"#, "<uuid>"),
            (#"(wal|seg|dels|manifest|catalog|pits)-0{8}([0-9a-f]{8})"#, "$1-$2"),
            (#"\b[0-9a-f]{16}\b"#, "<checksum>"),
            (#"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"#, "<time>"),
            (#"expires in +(\d+h )?(\d+m ?)?(\d+s)?"#, "expires in <time>"),
            (
                #"  wal [0-9a-f]+   ([^ ]+ operations[^ ]* ?[^ ]*)   [0-9.]+ K?i?B"#,
                "  wal <file>   $1   <size>"
            ),
            // How small a segment gets depends on seeds, and how many records share a sync on the threads.
            (#" +[0-9.]+ (B|KiB|MiB)\b"#, " <size>"),
            (#"(?m)^( *\d+ +\d+ +[\d-]+ +[a-z]+) +\d+ +ok$"#, "$1   <offset>   ok"),
        ]
        var masked = text.replacing(Workspace.repository, with: "<repository>")
        for (pattern, replacement) in rules {
            masked = masked.replacingOccurrences(
                of: pattern, with: replacement, options: .regularExpression)
        }
        return masked
    }
}
