import VarveBytes
import VarveManifest

extension Manifest {
    /// The manifest of the page's example.
    static var example: Manifest {
        var manifest = Manifest(writerEpoch: 7, schema: Array("{}".utf8), committedAt: 1_773_480_413_000)
        manifest.generation = 0x2A
        manifest.previousGeneration = 0x29
        manifest.flushed = 500
        manifest.lowestWAL = 0x13
        manifest.nextFileID = 2048
        manifest.historyFloor = 300
        manifest.segments = [
            SegmentEntry(
                id: 0x1F, byteCount: 70_000, rootChecksum: 0x0102_0304_0506_0708, rows: 300, tombstones: 2,
                dead: 3, births: 0...299, from: 300,
                deaths: [
                    DeathsPiece(
                        file: 0x20, offset: 64, byteCount: 56, count: 3, highestDeath: 500,
                        checksum: 0x6056_17D0_30E2_77AC)
                ],
                level: 1),
            SegmentEntry(
                id: 0x21, byteCount: 9_000, rootChecksum: 0x1112_1314_1516_1718, rows: 100, births: 301...500,
                from: 500),
        ]
        manifest.retired = [
            SegmentEntry(
                id: 0x1B, byteCount: 30_000, rootChecksum: 0x2122_2324_2526_2728, rows: 120, births: 0...119,
                from: 119, to: 300)
        ]
        manifest.advance(
            to: SourceCheckpoint(
                source: .example, partition: 0, epoch: 1, pointer: Array("41200".utf8),
                timestamp: 1_773_480_412_000))
        manifest.timeMap.record(299, at: 1_773_480_400_000)
        manifest.timeMap.record(500, at: 1_773_480_413_000)
        return manifest
    }

    /// A shard with this many segments, each with four deaths pieces.
    static func large(segments: Int) -> Manifest {
        var manifest = Manifest(writerEpoch: 3, committedAt: 1_773_480_413_000)
        manifest.flushed = SequenceNumber(UInt64(segments) * 1_000_000)
        manifest.nextFileID = UInt64(segments) * 5 + 10
        for number in 0..<UInt64(segments) {
            let first = number * 1_000_000
            let pieces = (0..<4).map { piece in
                DeathsPiece(
                    file: UInt64(segments) + number * 4 + piece + 1, offset: 300_000, byteCount: 40_000,
                    count: 20_000,
                    highestDeath: SequenceNumber(UInt64(segments) * 1_000_000 - piece), checksum: ~number)
            }
            manifest.segments.append(
                SegmentEntry(
                    id: number + 1, byteCount: 80_000_000, rootChecksum: number &* 0x9E37_79B9_7F4A_7C15,
                    rows: 900_000, tombstones: 5_000, dead: 80_000,
                    births: SequenceNumber(first)...SequenceNumber(first + 999_999),
                    from: SequenceNumber(first + 999_999), deaths: pieces, level: 2))
        }
        return manifest
    }
}
