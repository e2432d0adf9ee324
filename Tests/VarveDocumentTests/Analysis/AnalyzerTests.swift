import Testing
import VarveBytes
import VarveDocument

/// Analyzers beside Lucene's: `tools/lucene-scores/Tokens.java` says which texts.
@Suite struct `Analyzers` {
    /// Sequences that newer versions of Unicode class differently from the one that Lucene 8 has.
    private static let differing: Set<String> = []

    @Test func `texts are cut as Lucene cuts them`() throws {
        for line in try Golden.lines("tokens.tsv") where !Self.differing.contains(line[1]) {
            let analyzer = try #require(Analyzer(analyzer: line[0]))
            let text = Self.unescape(line[1])
            #expect(Self.tokens(of: text, analyzer) == Array(line[2...]), "\(line[0]) \(line[1])")
        }
    }

    @Test func `a whole text is one token of the keyword analyzer`() {
        #expect(Analyzer.keyword.tokens(of: "One Two") == [Array("One Two".utf8)])
        #expect(Analyzer.lowercase.tokens(of: "One TWO \u{c9}") == [Array("one two \u{e9}".utf8)])
        #expect(Analyzer.keyword.tokens(of: "").isEmpty)
    }

    /// Token, place in UTF-16 and kind, one after the other.
    private static func tokens(of text: String, _ analyzer: Analyzer) -> [String] {
        let bytes = Array(text.utf8)
        var scanner = TokenScanner(analyzer)
        var found: [String] = []
        while let token = scanner.next(in: bytes.rawSpan) {
            var buffer = ByteBuffer()
            analyzer.append(bytes.rawSpan.slice(token.start, token.end - token.start), to: &buffer)
            found.append(escape(String(decoding: buffer.bytes.copyBytes(), as: UTF8.self)))
            let start = String(decoding: bytes[..<token.start], as: UTF8.self).utf16.count
            let end = String(decoding: bytes[..<token.end], as: UTF8.self).utf16.count
            found.append("\(start)-\(end):\(analyzer == .standard ? token.kind.name : "word")")
        }
        return found
    }

    private static func escape(_ text: String) -> String {
        text.utf16.map { unit in
            if unit == 0x5C { return "\\\\" }
            if unit > 0x20 && unit < 0x7F { return String(UnicodeScalar(UInt8(unit))) }
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    private static func unescape(_ text: String) -> String {
        var units: [UInt16] = []
        let source = Array(text.utf16)
        var at = 0
        while at < source.count {
            guard source[at] == 0x5C else {
                units.append(source[at])
                at += 1
                continue
            }
            if source[at + 1] == 0x5C {
                units.append(0x5C)
                at += 2
            } else {
                units.append(
                    UInt16(String(decoding: source[(at + 2)..<(at + 6)], as: UTF16.self), radix: 16)!)
                at += 6
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}
