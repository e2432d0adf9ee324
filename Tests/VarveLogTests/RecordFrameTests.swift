import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

@Suite struct `Record frame` {
    let seed = ChecksumSeed(owner: LogWorld.owner, file: 7, kind: .registry)

    private func frame(_ previous: UInt64 = 5) -> RecordFrame {
        RecordFrame(type: 3, flags: 2, operationCount: 9, first: 77, durableEnd: 64, previous: previous)
    }

    private func encoded(_ payload: [UInt8], at offset: UInt64 = 128) -> [UInt8] {
        var buffer = ByteBuffer()
        _ = frame().encode(payload: payload.rawSpan, at: offset, seed: seed, into: &buffer)
        return buffer.bytes.copyBytes()
    }

    private func decode(_ bytes: [UInt8], at offset: UInt64 = 128) throws(FormatError) -> RecordFrame {
        let frame = try RecordFrame(header: bytes.rawSpan, at: offset, seed: seed)
        try frame.verify(bytes.rawSpan, at: offset, seed: seed)
        return frame
    }

    @Test(arguments: [0, 1, 7, 8, 9, 31, 32, 33, 1000])
    func `what was encoded is decoded`(count: Int) throws {
        let bytes = encoded(pattern(1, count))
        #expect(bytes.count == RecordFrame.byteCount(payload: count) && bytes.count % 8 == 0)
        let read = try decode(bytes)
        #expect(read.type == 3 && read.flags == 2 && read.operationCount == 9 && read.first == 77)
        #expect(read.durableEnd == 64 && read.previous == 5 && read.payloadBytes == count)
        #expect(Array(bytes[48..<(48 + count)]) == pattern(1, count))
    }

    @Test func `no bit can change unnoticed`() {
        let bytes = encoded(pattern(2, 21))
        for bit in 0..<(8 * bytes.count) {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: FormatError.self, "bit \(bit)") { try decode(changed) }
        }
    }

    @Test func `a frame cut anywhere is an error`() {
        let bytes = encoded(pattern(3, 40))
        for cut in 0..<bytes.count {
            #expect(throws: FormatError.self, "cut at \(cut)") { try decode(Array(bytes.prefix(cut))) }
        }
    }

    @Test func `a frame is bound to its place and its file`() {
        let bytes = encoded(pattern(4, 16))
        #expect(throws: FormatError.self) { try decode(bytes, at: 136) }
        let other = ChecksumSeed(owner: LogWorld.owner, file: 8, kind: .registry)
        #expect(throws: FormatError.self) { try RecordFrame(header: bytes.rawSpan, at: 128, seed: other) }
    }

    @Test func `a length over the limit and a durable end in the future are refused`() {
        var bytes = [UInt8](encoded([]).prefix(48))
        func reseal() {
            var stream = seed.stream(at: 128)
            stream.consume(Array(bytes[8..<40]).rawSpan)
            let check = UInt32(truncatingIfNeeded: stream.finish([UInt8]().rawSpan))
            for at in 0..<4 { bytes[4 + at] = UInt8(truncatingIfNeeded: check &>> UInt32(8 * at)) }
        }
        bytes[8...11] = [1, 0, 0, 4]
        reseal()
        #expect(throws: FormatError("a payload of 67108865 bytes is over the limit", offset: 8)) {
            try RecordFrame(header: bytes.rawSpan, at: 128, seed: seed)
        }
        bytes[8...11] = [0, 0, 0, 0]
        bytes[24] = 136
        reseal()
        #expect(throws: FormatError("a durable end of 136, past the record itself", offset: 24)) {
            try RecordFrame(header: bytes.rawSpan, at: 128, seed: seed)
        }
    }
}

@Suite struct `Record scanner` {
    let seed = ChecksumSeed(owner: LogWorld.owner, file: 7, kind: .registry)

    /// A file of 64 zeros and records with these payload lengths, and zeros to 4 KiB.
    private func file(_ lengths: [Int]) throws -> (disk: SimulatedDisk, starts: [UInt64]) {
        var buffer = ByteBuffer()
        buffer.append(repeating: 0, count: 64)
        var chain: UInt64 = 0
        var starts: [UInt64] = []
        for (number, length) in lengths.enumerated() {
            starts.append(UInt64(buffer.count))
            let frame = RecordFrame(
                type: 1, first: UInt64(number), durableEnd: UInt64(buffer.count), previous: chain)
            chain = frame.encode(
                payload: pattern(UInt64(number), length).rawSpan, at: UInt64(buffer.count), seed: seed,
                into: &buffer)
        }
        buffer.append(repeating: 0, count: max(0, 4096 - buffer.count))
        let disk = SimulatedDisk()
        let file = try disk.createFile("records")
        try file.write(buffer.bytes, at: 0)
        return (disk, starts)
    }

    @Test(arguments: [48, 64, 100, 4 << 20])
    func `all records of a chain are returned, whatever is read at a time`(chunk: Int) throws {
        let lengths = [0, 10, 500, 3, 48, 777]
        let (disk, _) = try file(lengths)
        var scanner = try RecordScanner(
            disk.openFile("records", writable: false), seed: seed, from: 64, chunkBytes: chunk)
        for (number, length) in lengths.enumerated() {
            let frame = try #require(try scanner.next())
            #expect(frame.first == UInt64(number))
            #expect(scanner.payload.copyBytes() == pattern(UInt64(number), length))
        }
        let end = scanner.offset
        #expect(try scanner.next() == nil)
        #expect(scanner.problem == nil && scanner.offset == end)
        #expect(try scanner.resynchronise() == nil)
        #expect(scanner.writtenEnd == end)
    }

    @Test(arguments: [64, 4 << 20])
    func `behind damage the scan goes on at the next whole record`(chunk: Int) throws {
        let (disk, starts) = try file([40, 40, 40, 40])
        disk.flipBit(0, ofByte: starts[1] + 50, in: "records")
        var scanner = try RecordScanner(
            disk.openFile("records", writable: false), seed: seed, from: 64, chunkBytes: chunk)
        #expect(try scanner.next()?.first == 0)
        #expect(try scanner.next() == nil)
        #expect(scanner.damaged?.first == 1 && scanner.problem?.offset == 40)
        #expect(try scanner.resynchronise()?.first == 2)
        #expect(try scanner.next()?.first == 3)
        #expect(scanner.durableEnd == starts[3])
    }

    @Test func `the last byte that is not zero is found wherever it lies`() throws {
        for at: UInt64 in [200, 201, 207, 208, 4090, 4095] {
            let (disk, _) = try file([40])
            disk.flipBit(3, ofByte: at, in: "records")
            var scanner = try RecordScanner(disk.openFile("records", writable: false), seed: seed, from: 64)
            while try scanner.next() != nil {}
            while try scanner.resynchronise() != nil {}
            #expect(scanner.writtenEnd == at + 1)
        }
        let (disk, _) = try file([40])
        disk.resize("records", to: 4093)
        disk.flipBit(3, ofByte: 4092, in: "records")
        var scanner = try RecordScanner(disk.openFile("records", writable: false), seed: seed, from: 64)
        while try scanner.resynchronise() != nil {}
        #expect(scanner.writtenEnd == 4093)
    }

    @Test func `a read that ends too early is an error, not the end of the file`() throws {
        let (disk, _) = try file([40, 40])
        disk.setFaults(FaultPlan().adding(call: 1, of: [.read], .shortRead(100)))
        var scanner = try RecordScanner(disk.openFile("records", writable: false), seed: seed, from: 64)
        #expect(throws: StorageError.file(FileError("read", "records", .io))) { try scanner.next() }
    }
}

@Suite struct `Tail verdict` {
    @Test func `a chain that ends with the written bytes is clean`() {
        #expect(TailVerdict(validEnd: 100, durableEnd: 80, writtenEnd: 100) == .clean(end: 100))
    }

    @Test func `bytes behind the chain that were never known durable are a torn write`() {
        #expect(
            TailVerdict(validEnd: 100, durableEnd: 100, writtenEnd: 160) == .torn(end: 100, dropped: 60))
    }

    @Test func `a chain that ends below what was durable is damage`() {
        #expect(TailVerdict(validEnd: 100, durableEnd: 101, writtenEnd: 100) == .corrupt(100..<101))
    }
}
