import FoundationEssentials
import VarveBytes

/// A page of `docs/formats` and the worked examples on it.
///
/// An example is a fenced block with the language `hex`. Each of its lines is an offset, two spaces, bytes in
/// hex, and after two more spaces a comment.
struct FormatPage {
    let text: String

    init(_ name: String, file: StaticString = #filePath) throws {
        let root = file.description.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let path = (root + ["docs", "formats", Substring(name)]).joined(separator: "/")
        text = try String(contentsOfFile: path, encoding: .utf8)
    }

    /// The bytes of the page's examples, in order.
    var examples: [[UInt8]] {
        var found: [[UInt8]] = []
        var current: [UInt8]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let bytes = current { found.append(bytes) }
                current = line == "```hex" ? [] : nil
            } else if current != nil {
                let columns = line.split(separator: "  ", maxSplits: 2)
                guard columns.count >= 2 else { continue }
                for digits in columns[1].split(separator: " ") {
                    current?.append(UInt8(digits, radix: 16) ?? 0)
                }
            }
        }
        return found
    }
}

/// Bytes as a page shows them, 8 a line: for the message of a test that finds a page out of date.
func hexDump(_ bytes: [UInt8]) -> String {
    var lines: [String] = []
    for start in stride(from: 0, to: bytes.count, by: 8) {
        let row = bytes[start..<min(start + 8, bytes.count)].map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        lines.append(UInt64(start).hex16.suffix(4) + "  " + row.joined(separator: " "))
    }
    return lines.joined(separator: "\n")
}
