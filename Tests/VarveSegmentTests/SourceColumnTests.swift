import Testing
import VarveBytes

@testable import VarveSegment

@Suite struct `Source columns` {
    @Test(arguments: 0..<20) func `strings of common beginnings, digits and ends come back`(seed: UInt64)
        throws
    {
        var random = SourceRandom(seed: seed)
        let prefix = random.element(of: ["", "user-", "N", "1", "00", "é", "\\\"", "2013-"])
        let suffix = random.element(of: ["", ".jpg", "0", "x9", "\\\\", "Z"])
        let isPadded = random.below(2) == 0
        let limit = random.element(of: [1, 9, 10, 1_000, 99_999_999, Int.max])
        var documents: [[UInt8]] = []
        for _ in 0..<random.element(of: [3, 40, 1_500]) {
            let digits = String(random.below(limit))
            let padding = isPadded ? String(repeating: "0", count: max(0, 19 - digits.count)) : ""
            let text = random.below(30) == 0 ? "null" : "\"\(prefix)\(padding)\(digits)\(suffix)\""
            documents.append(Array("{\"id\":\(text),\"n\":1}".utf8))
        }
        #expect(try roundTrip(documents) == documents)
    }

    @Test func `numbered strings are kept as numbers`() throws {
        let documents = (0..<1_024).map { Array("{\"id\":\"order-\(1_000_000 + $0 * 7 % 1_024)\"}".utf8) }
        #expect(try roundTrip(documents) == documents)
        #expect(try storedCount(documents) < 1_024 * 2)
    }

    @Test(arguments: 0..<20) func `sums and what hangs on dictionaries come back`(seed: UInt64) throws {
        var random = SourceRandom(seed: seed)
        let products = (0..<20).map { ("item \($0)", $0 * 7_919 % 1_000) }
        let shops = (0..<5).map { ("shop \($0)", $0 * 10_007) }
        let documents = (0..<2_500).map { row in
            let (product, price) = random.element(of: products)
            let (shop, number) = random.element(of: shops)
            let count = random.below(50) + 1
            let tax = random.below(9_000)
            let noise = random.below(3)
            let freight: Int? = random.below(20) == 0 ? nil : random.below(4_000)
            let total = price * 100 + tax + (freight ?? 0) + (random.below(100) == 0 ? 123_456 : 0)
            let extra = random.below(4) == 0 ? "\"note\":\"n\(row)\"," : ""
            return Array(
                """
                {"product":"\(product)","shop":"\(shop)",\(extra)"price":\(price),"tax":\(tax),\
                "freight":\(freight.map(String.init) ?? "null"),"total":\(total),"count":\(count),\
                "twice":\(count * 2 + noise),"seat":\(number * 3 + price),"at":"2013-01-\(random.below(18) + 10)"}
                """.utf8)
        }
        #expect(try roundTrip(documents) == documents)
        // Without terms, total, twice and seat alone take more than this.
        #expect(try storedCount(documents) < documents.count * 12)
    }

    @Test func `a column that others tell wholly takes next to nothing`() throws {
        var random = SourceRandom(seed: 1)
        func documents(with third: (Int, Int) -> String) -> [[UInt8]] {
            (0..<1_024).map { _ in
                let (left, right) = (random.below(100_000), random.below(100_000))
                return Array("{\"a\":\(left),\"b\":\(right)\(third(left, right))}".utf8)
            }
        }
        let two = try storedCount(documents { _, _ in "" })
        let three = try storedCount(documents { ",\"sum\":\($0 + 60 * $1)" })
        #expect(three < two + 200)
    }

    @Test func `extreme numbers do not overflow what tells them`() throws {
        var random = SourceRandom(seed: 8)
        let documents = (0..<1_500).map { row in
            let left = Int64(bitPattern: random.next())
            let right = row % 7 == 0 ? Int64.max : row % 11 == 0 ? Int64.min : left &+ Int64(random.below(9))
            let text = "{\"a\":\(left),\"b\":\(right),\"c\":\(left &+ right),\"d\":\(right &- left)}"
            return Array(text.utf8)
        }
        #expect(try roundTrip(documents) == documents)
    }

    @Test func `words stand among numbers, dates and strings`() throws {
        var random = SourceRandom(seed: 2)
        let documents = (0..<3_000).map { row in
            func orWord(_ text: String) -> String {
                random.below(3) > 0 ? text : random.element(of: ["null", "true", "false"])
            }
            return Array(
                """
                {"n":\(orWord(String(row))),"f":\(orWord("\(row).5")),"d":\(orWord("\"2013-01-01T00:00:\(row % 50 + 10)Z\"")),\
                "s":\(orWord("\"text of \(row * row)\"")),"k":\(orWord("\"k\(row % 5)\"")),"w":\(orWord("null"))}
                """.utf8)
        }
        #expect(try roundTrip(documents) == documents)
    }
}
