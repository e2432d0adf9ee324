import Testing
import VarveBytes

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A page of `docs/formats`, so that its examples are held to what the code does.
struct FormatPage {
    private let text: String

    init(_ name: String) throws {
        let file: String = #filePath
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
            separator: "/")
        text = try #require(Self.read("\(root)/docs/formats/\(name)"), "no page \(name)")
    }

    private static func read(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "rb") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        while true {
            let byte = unsafe fgetc(file)
            if byte < 0 { break }
            bytes.append(UInt8(truncatingIfNeeded: byte))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The lines of the code block whose fence says `name`.
    func block(_ name: String) throws -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0 == "```\(name)" }, "no block \(name)")
        return lines[(start + 1)...].prefix { $0 != "```" }.joined(separator: "\n")
    }

    /// The bytes of the page's `number`th example, as hex digits. A line is an offset, bytes, and what they mean, with
    /// two blanks between them.
    func hex(_ number: Int) throws -> String {
        let parts = text.split(separator: "```hex\n").dropFirst()
        let part = try #require(parts.dropFirst(number).first, "no hex example \(number)")
        let lines = part.split(separator: "\n").prefix { $0 != "```" }
        return lines.map { line in
            let columns = line.split(separator: "  ")
            return columns.count > 1 ? columns[1].filter { $0 != " " } : ""
        }.joined()
    }
}
