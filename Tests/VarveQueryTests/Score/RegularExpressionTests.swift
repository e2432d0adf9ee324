import Testing
import VarveBytes

@testable import VarveQuery

@Suite struct `Regular expressions` {
    private func accepts(_ pattern: String, _ text: String, ignoringCase: Bool = false) throws -> Bool {
        let tree = try RegularExpressionParser.parse(pattern, ignoringCase: ignoringCase)
        return try Automaton(tree, pattern).accepts(Array(text.utf8).rawSpan)
    }

    @Test(
        arguments: [
            ("abc", "abc", "ab abcd"), ("a|bc", "a bc", "ab b"), ("a.c", "abc aéc a🚲c", "ac abbc"),
            ("ab*", "a ab abbb", "b aab"), ("ab+", "ab abb", "a"), ("ab?", "a ab", "abb"),
            ("a{2}", "aa", "a aaa"), ("a{2,}", "aa aaaa", "a"), ("a{1,2}b", "ab aab", "b aaab"),
            ("(ab){2}", "abab", "ab ababab"), ("[a-c]", "a b c", "d ab"), ("[^a-c]x", "dx éx", "ax x"),
            ("[a-]", "a -", "b"), ("[\\]]", "]", "\\"), ("\\.", ".", "a"), ("\"a.b\"", "a.b", "aab"),
            ("~ab", "b abb xb", "ab a"), ("~(ab)", "a b abc", "ab"), ("~(ab|cd)e", "e abce", "abe cde"),
            ("@&~(a@)", "b cd", "a ab"),
            ("<1-20>", "1 9 10 20 007", "0 21 x"), ("<01-20>", "01 20 09", "1 21 020"), ("a#", "x", "a"),
            ("\\d+", "1 42", "a4"), ("\\w\\s\\D", "a\u{20}b", "a1b"), ("日.", "日本", "本日"),
            ("()a", "a", "b"), ("a&b|c", "c", "a b"), ("(a*)*b", "b aab", "a"),
        ])
    func `accept what Lucene's accept`(pattern: String, good: String, bad: String) throws {
        let texts = good == "a\u{20}b" ? [good] : good.split(separator: " ").map(String.init)
        for text in texts where pattern != "a#" {
            #expect(try accepts(pattern, text), "\(pattern) takes \(text)")
        }
        for text in bad.split(separator: " ").map(String.init) {
            #expect(try !accepts(pattern, text), "\(pattern) leaves \(text)")
        }
    }

    @Test func `case is told apart unless asked not to`() throws {
        #expect(try !accepts("aB[c]É", "AbCé"))
        #expect(try accepts("aB[c]É", "AbCé", ignoringCase: true))
    }

    @Test(arguments: [
        "(", "a)", "[a", "[b-a]", "a{", "a{2,1}", "a{x}", "\"a", "<1-", "<1>", "\\", "a|", "[]",
        String(repeating: "(", count: 500), String(repeating: "a", count: 1_001),
    ])
    func `malformed ones are refused`(pattern: String) {
        #expect(throws: QueryError.self) { try accepts(pattern, "a") }
    }

    @Test(arguments: [
        "(a|b)*a(a|b){20}", "a{1000000}", "(((a{100}){100}){100}){100}", "~((a|b)*a(a|b){16})",
        "((a|b)*a(a|b){12})&((a|b)*b(a|b){13})", "(.*a){30}b{1,900}(x|y)*x(x|y){14}",
        "[a-z]{900}[^x]{900}{900}",
    ])
    func `what would take too much is refused at once`(pattern: String) {
        let clock = ContinuousClock()
        let time = clock.measure {
            #expect(throws: QueryError.self) { try accepts(pattern, "a") }
        }
        #expect(time < .seconds(5), "\(pattern)")
    }

    @Test func `a prefix that all matches have is known`() throws {
        for (pattern, prefix) in [
            ("abc.*", "abc"), ("ab?c", "a"), ("(x|y)z", ""), ("日本+", "日本"), ("abc", "abc"),
        ] {
            let tree = try RegularExpressionParser.parse(pattern, ignoringCase: false)
            #expect(try Automaton(tree, pattern).literalPrefix == Array(prefix.utf8))
        }
    }
}

@Suite struct `Fuzzy terms` {
    private func boost(_ wanted: String, _ term: String, _ change: (inout FuzzyOptions) -> Void = { _ in })
        -> Float?
    {
        var options = FuzzyOptions()
        change(&options)
        var rows = EditRows()
        return FuzzyTerm(Array(wanted.utf8), options).boost(of: term.unicodeScalars.map(\.value), &rows)
    }

    @Test func `edits are counted up to what the length allows`() {
        #expect(boost("ab", "ab") == 1)
        #expect(boost("ab", "ac") == nil)
        #expect(boost("abc", "abd") == 1 - Float(1) / 3)
        #expect(boost("abc", "xbd") == nil)
        #expect(boost("abcdef", "abdcxef") == 1 - Float(2) / 6)
        #expect(boost("abcdef", "abcdefgh") == 1 - Float(2) / 6)
        #expect(boost("abcdef", "bcde") == 0.5)
        #expect(boost("éa🚲b", "éa🚲x") == 0.75)
    }

    @Test func `neighbours that changed places are one edit or two`() {
        #expect(boost("abcd", "bacd") == 0.75)
        #expect(boost("abcd", "bacd") { $0.transpositions = false } == nil)
        #expect(boost("abcd", "bacd") { ($0.fuzziness, $0.transpositions) = (.edits(2), false) } == 0.5)
    }

    @Test func `a prefix may be fixed`() {
        #expect(boost("abcd", "xbcd") == 0.75)
        #expect(boost("abcd", "xbcd") { $0.prefixLength = 1 } == nil)
        #expect(boost("abcd", "abcx") { $0.prefixLength = 3 } == 0.75)
        #expect(boost("ab", "abc") { ($0.prefixLength, $0.fuzziness) = (5, .edits(1)) } == 0.5)
    }
}
