import Testing
import VarveBytes

@Suite struct `Item buffer` {
    @Test func `items come back in order however often it grew`() {
        var buffer = ItemBuffer<UInt32>()
        for value in 0..<10_000 as Range<UInt32> { buffer.append(value) }
        #expect(buffer.copyItems() == Array(0..<10_000))
        buffer[77] &+= 1
        #expect(buffer[77] == 78)
        #expect(buffer.removeLast() == 9_999)
        buffer.truncate(to: 3)
        buffer.append(9, 9)
        #expect(buffer.copyItems() == [0, 1, 2, 9, 9])
        buffer.removeAll()
        #expect(buffer.copyItems() == [])
    }

    @Test func `an index past the end traps`() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ItemBuffer<UInt64>(capacity: 100)
            buffer.append(1)
            _ = buffer[1]
        }
    }
}

@Suite struct `UTF-8` {
    @Test func `short sequences are judged as the standard library judges them`() {
        let seconds: [UInt8] = [
            0, 0x41, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x91, 0x9F, 0xA0, 0xA1, 0xBF, 0xC0, 0xC2, 0xED, 0xFF,
        ]
        var wrong = 0
        for first in 0...255 as ClosedRange<UInt8> {
            for second in seconds {
                for tail: [UInt8] in [
                    [], [0x41], [0x80], [0xBF], [0x80, 0x80], [0xBF, 0xC0], [0xBF, 0xBF, 0xBF],
                ] {
                    let bytes = [first, second] + tail
                    let verdict = bytes.rawSpan.isValidUTF8
                    if verdict != (String(validating: bytes, as: UTF8.self) != nil) {
                        wrong += 1
                    }
                }
            }
        }
        #expect(wrong == 0)
    }

    @Test func `all scalars are valid and their cuts are not`() {
        for value in stride(from: 0x80 as UInt32, through: 0x10FFFF, by: 37) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = [UInt8](String(scalar).utf8)
            let long = [UInt8]("plain text ".utf8) + bytes
            let cut = [UInt8](long.dropLast())
            let verdicts = (long.rawSpan.isValidUTF8, cut.rawSpan.isValidUTF8)
            #expect(verdicts == (true, false))
        }
    }
}

@Suite struct `Lower case` {
    @Test func `letters become small and all else stays, at every length`() {
        let text = [UInt8]("AZaz09QwEr@[`{_TyUi^~OpAsDfGhJkL.1234567890".utf8)
        for start in 0..<text.count {
            for end in start...text.count {
                let part = [UInt8](text[start..<end])
                var buffer = ByteBuffer()
                buffer.append(UInt8(7))
                buffer.appendLowercased(part.rawSpan)
                let expected = [7] + [UInt8](String(decoding: part, as: UTF8.self).lowercased().utf8)
                #expect(buffer.bytes.copyBytes() == expected)
            }
        }
    }

    @Test func `a peek past the ends is a zero`() {
        let bytes: [UInt8] = [5, 6]
        let span = bytes.rawSpan
        #expect((-1...2).map { span.peek(at: $0) } == [0, 5, 6, 0])
    }
}
