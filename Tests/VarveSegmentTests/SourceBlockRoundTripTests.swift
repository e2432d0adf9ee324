import Testing
import VarveBytes

@testable import VarveSegment

@Suite struct `Source blocks` {
    @Test(arguments: [SourceBlockCodec.rows, .columns], [1, 6])
    func `flights come back byte for byte`(codec: SourceBlockCodec, level: Int) throws {
        let documents = SourceDocuments.flights(3_000)
        #expect(try roundTrip(documents, codec: codec, level: level) == documents)
    }

    @Test(arguments: 0..<40) func `objects of many shapes come back byte for byte`(seed: UInt64) throws {
        let documents = SourceDocuments.mixed(seed % 4 == 0 ? 2_000 : 150, seed: seed)
        #expect(try roundTrip(documents) == documents)
        #expect(try roundTrip(documents, codec: .rows) == documents)
    }

    @Test func `each strange row comes back, alone and among others`() throws {
        let rows = SourceDocuments.strange.map { Array($0.utf8) }
        for row in rows {
            #expect(try roundTrip([row]) == [row])
            #expect(try roundTrip([row], codec: .rows) == [row])
        }
        #expect(try roundTrip(rows) == rows)
        let repeated = (0..<300).flatMap { _ in rows }
        #expect(try roundTrip(repeated) == repeated)
    }

    @Test func `columns of one awkward value after the other come back`() throws {
        for values in [SourceDocuments.awkwardNumbers, SourceDocuments.awkwardStrings.map { "\"\($0)\"" }] {
            for left in values {
                for right in values + ["null", "true", "7"] {
                    let documents = [left, right, left, right, right].map { Array("{\"v\":\($0)}".utf8) }
                    #expect(try roundTrip(documents) == documents, "\(left) \(right)")
                }
            }
        }
    }

    @Test(arguments: 0...18) func `fractions of any number of digits come back`(digits: Int) throws {
        var random = SourceRandom(seed: UInt64(digits))
        var documents: [[UInt8]] = []
        for _ in 0..<200 {
            let fraction = (0..<digits).map { _ in String(random.below(10)) }.joined()
            let sign = random.below(2) == 0 ? "-" : ""
            documents.append(
                Array("{\"v\":\(sign)\(random.below(9) + 1)\(digits > 0 ? "." : "")\(fraction)}".utf8))
        }
        #expect(try roundTrip(documents) == documents)
    }

    @Test func `fractions printed as short as possible are numbers`() throws {
        let documents = (0..<1_000).map { row in
            let (whole, rest) = (row * 37 / 100, row * 37 % 100)
            let text =
                rest == 0
                ? "\(whole)"
                : rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
            return Array("{\"celsius\":\(text)}".utf8)
        }
        #expect(try roundTrip(documents) == documents)
        #expect(try storedCount(documents) < 2_600)
    }

    @Test func `dates of every style come back`() throws {
        var random = SourceRandom(seed: 5)
        for style in [DateStyle.days, .seconds, .milliseconds] {
            var documents: [[UInt8]] = []
            for _ in 0..<2_000 {
                var date = ByteBuffer()
                let day = DateStyle.dayRange.lowerBound + Int64(random.below(3_652_425))
                date.appendDate(
                    day * style.unitsPerDay + Int64(random.below(Int(style.unitsPerDay))), style: style)
                #expect(date.count == style.byteCount)
                documents.append(Array("{\"at\":\"".utf8) + date.bytes.copyBytes() + Array("\"}".utf8))
            }
            #expect(try roundTrip(documents) == documents)
            #expect(try storedCount(documents) < 2_000 * 8)
        }
    }

    @Test func `tombstones have empty rows`() throws {
        let documents = SourceDocuments.flights(2_500).enumerated().map {
            $0.offset % 3 == 0 ? [] : $0.element
        }
        #expect(try roundTrip(documents) == documents)
        #expect(try roundTrip([[]]) == [[]])
        let nothing = [[UInt8]](repeating: [], count: 3_000)
        #expect(try roundTrip(nothing) == nothing)
        #expect(try roundTrip(nothing, codec: .rows) == nothing)
        #expect(try roundTrip([]) == [])
    }

    @Test func `the longest document has a block of its own`() throws {
        var random = SourceRandom(seed: 3)
        var giant = Array("{\"text\":\"".utf8)
        while giant.count < SourceBlockLimits.sourceBytesMax - 2 {
            giant.append(UInt8(0x61 + random.below(26)))
        }
        giant += Array("\"}".utf8)
        #expect(giant.count == SourceBlockLimits.sourceBytesMax)
        let half = Array(giant.prefix(600_000))
        let documents = [Array("{\"a\":1}".utf8), giant, half, Array("{\"a\":2}".utf8), half, half]
        #expect(try roundTrip(documents) == documents)
        #expect(try roundTrip(documents, codec: .rows) == documents)
    }

    @Test func `documents of many fields and of many shapes come back`() throws {
        let wide = (0..<20).map { row in
            Array(("{" + (0..<700).map { "\"k\($0)\":\(row * $0)" }.joined(separator: ",") + "}").utf8)
        }
        #expect(try roundTrip(wide) == wide)
        let narrow = (0..<20).map { row in
            Array(("{" + (0..<500).map { "\"k\($0)\":\(row * $0)" }.joined(separator: ",") + "}").utf8)
        }
        #expect(try roundTrip(narrow) == narrow)
        let unlike = (0..<5_000).map { Array("{\"key\($0)\":\($0),\"other\($0 % 7)\":null}".utf8) }
        #expect(try roundTrip(unlike) == unlike)
        let deep = (0..<100).map { row in
            Array((String(repeating: "{\"d\":", count: row) + "1" + String(repeating: "}", count: row)).utf8)
        }
        #expect(try roundTrip(deep) == deep)
    }

    @Test func `a row is rendered alone, from any place`() throws {
        let documents = SourceDocuments.mixed(700, seed: 11)
        var random = SourceRandom(seed: 1)
        for (block, first) in try decodeAll(documents) {
            var buffer = ByteBuffer()
            for _ in 0..<2_000 {
                let row = random.below(block.rowCount)
                buffer.removeAll()
                block.appendRow(row, to: &buffer)
                #expect(buffer.bytes.copyBytes() == documents[first + row])
            }
        }
    }

    @Test func `columns take much less than rows`() throws {
        let documents = SourceDocuments.flights(4_096)
        let columns = try storedCount(documents)
        let rows = try storedCount(documents, codec: .rows)
        #expect(columns * 2 < rows)
    }

    @Test func `prose takes no more than large blocks of rows`() throws {
        let words = "the a of sea wind ship harbour keeper light stone and under over which was not for with"
            .split(separator: " ")
        var random = SourceRandom(seed: 9)
        let documents = (0..<2_000).map { row in
            let text = (0..<60 + random.below(60)).map { _ in String(random.element(of: words)) }.joined(
                separator: " ")
            return Array("{\"word\":\"entry \(row)\",\"text\":\"\(text)\"}".utf8)
        }
        #expect(try roundTrip(documents) == documents)
        var whole = ByteBuffer()
        var deflated = ByteBuffer()
        var deflater = Deflater(level: 1)
        for document in documents {
            whole.append(document)
            if whole.count >= 64 << 10 {
                deflater.deflate(whole.bytes, into: &deflated)
                whole.removeAll()
            }
        }
        deflater.deflate(whole.bytes, into: &deflated)
        #expect(try storedCount(documents) < deflated.count)
    }
}
