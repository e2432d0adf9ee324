import Testing
import VarveBytes

@Suite struct `Varints` {
    private func encoded(_ value: UInt64) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.appendVarint(value)
        return buffer.bytes.copyBytes()
    }

    private func decoded(_ bytes: [UInt8]) throws(FormatError) -> UInt64 {
        var reader = ByteReader(bytes.rawSpan)
        let value = try reader.readVarint()
        try reader.expectEnd(of: "a varint")
        return value
    }

    @Test func `are the shortest form, and come back`() throws {
        for shift in 0..<64 {
            for value in [1 &<< UInt64(shift), (1 &<< UInt64(shift)) &- 1, .max &>> UInt64(shift)] as [UInt64]
            {
                let bytes = encoded(value)
                #expect(bytes.count == max(1, (64 - value.leadingZeroBitCount + 6) / 7))
                #expect(try decoded(bytes) == value)
            }
        }
        #expect(encoded(300) == [0xAC, 0x02])
        #expect(encoded(.max).count == 10)
    }

    @Test func `that are overlong, too large or cut short are refused`() {
        #expect(throws: FormatError("an overlong varint", offset: 1)) { try decoded([0x80, 0x00]) }
        #expect(throws: FormatError("an overlong varint", offset: 2)) { try decoded([0xFF, 0x80, 0x00]) }
        #expect(throws: FormatError("a varint has more than 64 bits", offset: 9)) {
            try decoded([UInt8](repeating: 0xFF, count: 9) + [0x02])
        }
        #expect(throws: FormatError("a varint has more than 64 bits", offset: 9)) {
            try decoded([UInt8](repeating: 0x80, count: 11))
        }
        #expect(throws: FormatError("1 bytes expected, 0 left", offset: 0)) { try decoded([]) }
        #expect(throws: FormatError("1 bytes expected, 0 left", offset: 2)) { try decoded([0x80, 0x80]) }
    }

    @Test func `every two bytes are refused or the shortest form of a number`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                guard let value = try? decoded([first, second]) else { continue }
                #expect(encoded(value) == [first, second])
            }
        }
    }

    @Test func `zigzag keeps small numbers short and all numbers whole`() throws {
        for value in [0, -1, 1, -2, 63, -64, .min, .max] as [Int64] {
            var buffer = ByteBuffer()
            buffer.appendZigzag(value)
            if (-64...63).contains(value) { #expect(buffer.count == 1) }
            var reader = ByteReader(buffer.bytes)
            #expect(try reader.readZigzag() == value)
        }
    }
}

@Suite struct `A byte reader` {
    @Test func `reads what a buffer wrote`() throws {
        var buffer = ByteBuffer()
        buffer.append(UInt8(1))
        buffer.append(UInt32(0xDEAD_BEEF))
        buffer.append(Int64(-5))
        buffer.appendSized("Tromsø")
        buffer.appendSized([9, 8].rawSpan)
        buffer.pad(to: 8)
        var reader = ByteReader(buffer.bytes)
        #expect(try reader.read(UInt8.self) == 1)
        #expect(try reader.read(UInt32.self) == 0xDEAD_BEEF)
        #expect(try reader.read(Int64.self) == -5)
        #expect(try reader.readString(limit: 100, of: "a name") == "Tromsø")
        let sized = try reader.readSized(limit: 2, of: "data").copyBytes()
        #expect(sized == [9, 8])
        try reader.skipPadding(to: 8)
        let isAtEnd = reader.isAtEnd
        #expect(isAtEnd)
    }

    @Test func `refuses what is cut short, over a limit, left over or no text`() {
        #expect(throws: FormatError("8 bytes expected, 3 left", offset: 0)) {
            var reader = ByteReader([1, 2, 3].rawSpan)
            _ = try reader.read(UInt64.self)
        }
        #expect(throws: FormatError("a name of 3 is over the limit of 2", offset: 0)) {
            var reader = ByteReader([3, 65, 66, 67].rawSpan)
            _ = try reader.readString(limit: 2, of: "a name")
        }
        #expect(throws: FormatError("5 bytes expected, 1 left", offset: 1)) {
            var reader = ByteReader([5, 65].rawSpan)
            _ = try reader.readSized(limit: 10, of: "a name").copyBytes()
        }
        #expect(throws: FormatError("a name is not valid UTF-8", offset: 0)) {
            var reader = ByteReader([2, 0xC0, 0x80].rawSpan)
            _ = try reader.readString(limit: 10, of: "a name")
        }
        #expect(throws: FormatError("a record has 2 bytes too many", offset: 1)) {
            var reader = ByteReader([1, 2, 3].rawSpan)
            _ = try reader.read(UInt8.self)
            try reader.expectEnd(of: "a record")
        }
        #expect(throws: FormatError("padding is not zero", offset: 2)) {
            var reader = ByteReader([1, 0, 7, 0].rawSpan)
            _ = try reader.read(UInt8.self)
            try reader.skipPadding(to: 4)
        }
        #expect(throws: FormatError("-1 bytes expected, 1 left", offset: 0)) {
            var reader = ByteReader([1].rawSpan)
            _ = try reader.readBytes(-1).copyBytes()
        }
    }

    @Test func `orders bytes with a prefix first`() {
        let texts = ["", "a", "aa", "ab", "abcdefgh", "abcdefghi", "abcdefgi", "b", "\u{7F}", "é"]
        for (left, one) in texts.enumerated() {
            for (right, other) in texts.enumerated() {
                let order = Array(one.utf8).rawSpan.compare(Array(other.utf8).rawSpan)
                #expect(order.signum() == (left - right).signum(), "\(one) and \(other)")
                #expect(Array(one.utf8).rawSpan.equals(Array(other.utf8).rawSpan) == (left == right))
            }
        }
    }

    @Test func `a load outside the span traps`() async {
        await #expect(processExitsWith: .failure) {
            _ = [UInt8](repeating: 0, count: 7).rawSpan.load(UInt64.self, at: 0)
        }
        await #expect(processExitsWith: .failure) {
            _ = [UInt8](repeating: 0, count: 9).rawSpan.load(UInt64.self, at: -1)
        }
        await #expect(processExitsWith: .failure) {
            _ = [UInt8](repeating: 0, count: 9).rawSpan.slice(5, 5).byteCount
        }
    }
}
