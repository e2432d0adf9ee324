import VarveBytes
import VarveDocument
import VarveFiles

@testable import VarveSegment

/// Makes the checksums of a changed segment right again, from the blocks up: the forger that checksums do not
/// claim to stop, and that must find nothing to break behind them.
struct SegmentForger {
    let toc: SegmentTOC
    private let footer: SegmentFooter
    private let seed: ChecksumSeed

    init(_ bytes: [UInt8]) throws {
        let header = try FileHeader(decoding: bytes.rawSpan.slice(0, 64), kind: .segment)
        seed = header.seed
        footer = try SegmentFooter(decoding: bytes.rawSpan.slice(bytes.count - 64, 64), features: 0)
        let table = bytes.rawSpan.slice(Int(footer.tocOffset), Int(footer.tocLength))
        toc = try SegmentTOC(decoding: table, at: footer.tocOffset, headerLength: 64)
    }

    var sections: [SectionEntry] { toc.sections }

    func mend(_ bytes: inout [UInt8]) {
        for section in sections {
            guard let kind = SectionKind(rawValue: section.kind) else { continue }
            switch kind {
            case .idIndex: mendIndex(section, of: .ids, 24, 8, ~StringIndex.runsOn, &bytes)
            case .termIndex: mendIndex(section, of: .terms, 24, 8, ~StringIndex.runsOn, &bytes)
            case .sourceIndex: mendIndex(section, of: .sources, 32, 8, .max, &bytes)
            case .postingsIndex: mendPages(section, &bytes)
            case .columnIndex: mendColumns(section, &bytes)
            default: break
            }
        }
        var root = bytes
        for (number, section) in sections.enumerated() {
            let sum = checksum(section.offset..<(section.offset + section.length), bytes)
            store(sum, at: Int(footer.tocOffset) + 40 + number * 40 + 32, &root)
        }
        bytes = root
        let sum = checksum(footer.tocOffset..<(footer.tocOffset + footer.tocLength), bytes)
        store(sum, at: bytes.count - 64 + 16, &bytes)
    }

    private func mendIndex(
        _ index: SectionEntry, of kind: SectionKind, _ entryCount: Int, _ offsetAt: Int, _ mask: UInt64,
        _ bytes: inout [UInt8]
    ) {
        let blocks = sections.first { $0.kind == kind.rawValue && $0.field == index.field }!
        for block in 0..<min(Int(index.items), Int(index.length) / entryCount) {
            let at = Int(index.offset) + block * entryCount
            let start = load(at + offsetAt, bytes) & mask
            let isLast = block + 1 == Int(index.items)
            let end = isLast ? blocks.length : load(at + entryCount + offsetAt, bytes) & mask
            guard start < end && end <= blocks.length else { continue }
            store(checksum((blocks.offset + start)..<(blocks.offset + end), bytes), at: at, &bytes)
        }
    }

    private func mendPages(_ index: SectionEntry, _ bytes: inout [UInt8]) {
        let lists = sections.first { $0.kind == SectionKind.postings.rawValue && $0.field == index.field }!
        for page in 0..<Int(index.items) {
            let start = UInt64(page * 4096)
            let end = min(start + 4096, lists.length)
            let sum = checksum((lists.offset + start)..<(lists.offset + end), bytes)
            store(sum, at: Int(index.offset) + page * 8, &bytes)
        }
    }

    /// Columns lie in the file in the order in which they stand in the index.
    private func mendColumns(_ index: SectionEntry, _ bytes: inout [UInt8]) {
        let kinds: [SectionKind] = [.births, .versions, .places, .column, .lengths]
        let columns = sections.filter { section in kinds.contains { $0.rawValue == section.kind } }
        let blockCount = (toc.rowCount + columnBlockRows - 1) / columnBlockRows
        for (number, column) in columns.enumerated() {
            for block in 0..<blockCount {
                let at = Int(index.offset) + (number * blockCount + block) * 32
                let start = (load(at + 24, bytes) & 0xFFFF_FFFF) * 8
                let end = block + 1 == blockCount ? column.length : (load(at + 56, bytes) & 0xFFFF_FFFF) * 8
                guard start <= end && end <= column.length else { continue }
                store(checksum((column.offset + start)..<(column.offset + end), bytes), at: at + 16, &bytes)
            }
        }
    }

    private func checksum(_ range: Range<UInt64>, _ bytes: [UInt8]) -> UInt64 {
        seed.checksum(bytes.rawSpan.slice(Int(range.lowerBound), range.count), at: range.lowerBound)
    }

    private func load(_ at: Int, _ bytes: [UInt8]) -> UInt64 { bytes.rawSpan.load(at: at) }

    private func store(_ value: UInt64, at: Int, _ bytes: inout [UInt8]) {
        for byte in 0..<8 { bytes[at + byte] = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8)) }
    }
}
