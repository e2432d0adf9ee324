import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

/// Holds `docs/formats/wal.md` to what the code writes, byte by byte.
@Suite struct `WAL format page` {
    /// The log of the page: every type of record that there is, in two files.
    private func exampleLog() throws -> SimulatedDisk {
        let world = try LogWorld()
        let log = try world.create()
        let records: [(RecordType, UInt64, Int, String)] = [
            (.schema, 0, 0, "mapping"), (.batch, 0, 2, "two operations"), (.checkpoint, 2, 0, "pointer"),
            (.sourceReset, 2, 0, "epoch 2"),
        ]
        for (type, first, operations, text) in records {
            var payload = ByteBuffer()
            payload.append(utf8: text)
            try log.append(
                LogRecord(
                    type: type, operationCount: operations, first: SequenceNumber(rawValue: first),
                    payload: SharedBytes(payload)))
        }
        world.scheduler.advance(byMilliseconds: 200)
        try log.rotate()
        let disk = world.disk.afterKill()
        _ = try LogWorld(disk).recover(epoch: 2)
        return disk
    }

    @Test(arguments: zip([UInt64(1), 3], [0, 1]))
    func `its example is what a log writes`(file: UInt64, place: Int) throws {
        let disk = try exampleLog()
        let bytes = try #require(disk.bytes(of: LogWorld.path(file)))
        let page = try FormatPage(named: "wal.md").examples
        #expect(page.count == 2)
        let example = page[place]
        #expect(Array(bytes.prefix(example.count)) == example)
        #expect(bytes.dropFirst(example.count).allSatisfy { $0 == 0 }, "nothing but zeros behind the example")
    }

    @Test func `its example holds every type of record`() throws {
        let disk = try exampleLog()
        var types: Set<RecordType> = []
        for file in [UInt64(1), 3] {
            _ = try LogFileReader.read(LogWorld.path(file), in: disk) { entry in
                if case .record(let record) = entry, let type = record.type { types.insert(type) }
            }
        }
        #expect(types == Set(RecordType.allCases))
    }
}

/// The hex blocks of a page in `docs/formats`: offset, bytes and words, two spaces apart.
struct FormatPage {
    private(set) var examples: [[UInt8]] = []

    init(named name: String) throws {
        let root = String(describing: #filePath).split(separator: "/").dropLast(3).joined(separator: "/")
        let files = try POSIXFileSystem(root: "/" + root + "/docs/formats", create: false)
        let file = try files.openFile(StorePath.root.appending(name), writable: false)
        var buffer = ByteBuffer()
        let size = Int(try file.size())
        try buffer.append(upTo: size) { room in try file.read(at: 0, into: &room) }
        var isExample = false
        let text = String(validating: buffer.bytes) ?? ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isExample = line == "```hex"
                if isExample { examples.append([]) }
            } else if isExample {
                let words: [Substring] = line.split(separator: " ")
                examples[examples.count - 1] += words.dropFirst().prefix(8).compactMap {
                    UInt8($0, radix: 16)
                }
            }
        }
    }
}
