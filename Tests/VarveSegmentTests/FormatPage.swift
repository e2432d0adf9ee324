import FoundationEssentials

/// A page of `docs/formats`, read for its worked example: the fenced block that is marked `hex`, whose lines are
/// an offset, bytes, and after two spaces or more a remark.
struct FormatPage {
    let example: [UInt8]

    init(_ name: String) throws {
        let file: String = #filePath
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let path = root.joined(separator: "/") + "/docs/formats/\(name).md"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var bytes: [UInt8] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside = line == "```hex"
            } else if isInside {
                bytes += Self.bytes(of: line)
            }
        }
        example = bytes
    }

    private static func bytes(of line: Substring) -> [UInt8] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).dropFirst(2)
        return words.prefix { $0.utf8.count == 2 }.compactMap { UInt8($0, radix: 16) }
    }
}
