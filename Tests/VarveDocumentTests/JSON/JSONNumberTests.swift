import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `JSON numbers` {
    private func check(_ text: String) {
        guard case .success(let found) = parse(text) else {
            Issue.record("\(text) was refused")
            return
        }
        let value: Double
        switch found {
        case .integer(let integer):
            #expect(Int64(text) == integer)
            return
        case .real(let real): value = real
        default:
            Issue.record("\(text) is no number")
            return
        }
        #expect(value.bitPattern == Double(text)?.bitPattern, "\(text)")
    }

    @Test(arguments: 0..<20)
    func `doubles are read as the standard library reads them`(seed: UInt64) {
        var chance = Chance(seed: seed)
        for _ in 0..<500 {
            let value = Double(bitPattern: chance.next())
            if value.isFinite { check("\(value)") }
            check("\(Double(Int64(bitPattern: chance.next()) &>> Int64(chance.below(60))) / 100)")
            let digits = String(chance.next()) + String(chance.next())
            let whole = digits.prefix(1 + chance.below(20)).drop { $0 == "0" }
            let fraction = digits.suffix(1 + chance.below(19))
            let exponent = chance.below(2) == 0 ? "" : "e\(chance.below(60) - 30)"
            check("\(whole.isEmpty ? "0" : whole).\(fraction)\(exponent)")
        }
    }

    @Test(arguments: [
        "9007199254740993.0", "9007199254740992.0", "9007199254740991e0", "0.1", "0.3", "1e22", "1e23",
        "1e-22",
        "1e-23", "123456789012345.678", "1.7976931348623157e308", "2.2250738585072014e-308", "5e-324",
        "3e-324",
        "2e-324", "0e999999999", "0.0e-999999999", "-0.0", "-0", "1e-999999999", "8.5", "4503599627370497.5",
        "9223372036854775808", "-9223372036854775809", "18446744073709551616", "100000000000000000000",
        "999999999999999999", "1000000000000000000", "9999999999999999999", "0.00000000000000000001",
        "10000000000000000000.5", "12345678901234567.8",
    ])
    func `hard cases are exact`(text: String) { check(text) }

    @Test func `integers of every length are read at every distance from the end`() {
        var chance = Chance(seed: 1)
        for digits in 1...20 {
            for sign in ["", "-"] {
                for end in ["", " ", "  ", "        ", "            "] {
                    var text = (0..<digits).map { _ in String(chance.below(10)) }.joined()
                    if chance.below(4) == 0 { text = "0" + text.dropFirst() }
                    for follower in ["", ".5", "e1", "E2", "x", ":", "/", "\u{0}", "-", "é"] {
                        let array = bytes("[\(sign)\(text)\(follower)\(end)]")
                        let expected = ReferenceJSON.parse(array)
                        let found = parse(array)
                        #expect(found == expected.map { .success($0) } ?? .failure(found.error ?? nothing))
                    }
                }
            }
        }
    }

    private let nothing = DocumentError(.limit, "no error")

    @Test func `a number beyond all doubles is JSON but has no value`() {
        #expect(parse("1e400").error?.kind == .limit)
    }
}
