import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Lines of a file that `tools/lucene-scores/run` wrote, split at tabs.
enum Golden {
    static func lines(_ name: String) throws -> [[String]] {
        let file: String = #filePath
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        let text = try #require(read(folder.joined(separator: "/") + "/Golden/" + name), "no file \(name)")
        return text.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
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
}
