import FoundationEssentials

/// A page of `docs/formats`, read for its worked examples: the fenced blocks that are marked `hex`, whose lines are
/// an offset, bytes, and after two spaces or more a remark.
struct FormatPage {
    let examples: [[UInt8]]

    /// All examples as one.
    var example: [UInt8] { Array(examples.joined()) }

    init(_ name: String) throws {
        let file: String = #filePath
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let path = root.joined(separator: "/") + "/docs/formats/\(name).md"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var blocks: [[UInt8]] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside = line == "```hex"
                if isInside { blocks.append([]) }
            } else if isInside {
                blocks[blocks.count - 1] += Self.bytes(of: line)
            }
        }
        examples = blocks
    }

    private static func bytes(of line: Substring) -> [UInt8] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).dropFirst(2)
        return words.prefix { $0.utf8.count == 2 }.compactMap { UInt8($0, radix: 16) }
    }
}
