import VarveBytes
package import VarveFiles

extension SegmentReader {
    /// Looks for damage in the whole file and reports all that it finds, changing nothing.
    ///
    /// - Parameter full: also opens every block and compares what the parts of the segment say of each other:
    ///   ids with places, the filter and the index, columns with their bounds, terms with postings and columns.
    ///   Without it only checksums and padding are checked.
    /// - Throws: `StorageError.file` alone; damage is in the answer.
    package func verify(full: Bool) throws(StorageError) -> [Damage] {
        var verifier = SegmentVerifier(self)
        try verifier.checkSections()
        if full {
            try verifier.checkRows()
            try verifier.checkIDs()
            for field in fields.indices {
                try verifier.checkColumn(field)
                try verifier.checkTerms(field)
            }
        }
        return verifier.found
    }
}

/// One look through a segment.
struct SegmentVerifier {
    let reader: SegmentReader
    private(set) var found: [Damage] = []
    /// A multiple of 32, since checksums are made in such parts.
    private static let partBytes: UInt64 = 1 << 20

    init(_ reader: SegmentReader) { self.reader = reader }

    /// Notes damage that `body` meets, and goes on.
    mutating func attempt(_ body: (inout Self) throws(StorageError) -> Void) throws(StorageError) {
        do throws(StorageError) {
            try body(&self)
        } catch {
            guard case .damaged(let damage) = error else { throw error }
            found.append(damage)
        }
    }

    mutating func report(at offset: UInt64, _ rule: String) {
        found.append(Damage(reader.file.path, at: offset, rule))
    }

    /// Where a section begins, for findings that have no better place.
    func start(of kind: SectionKind, field: Int = 0) -> UInt64 {
        reader.sections.find(kind, field: field)?.offset ?? 0
    }

    mutating func checkSections() throws(StorageError) {
        for entry in reader.sections.entries {
            try attempt { (verifier) throws(StorageError) in try verifier.checkSection(entry) }
        }
    }

    private func checkSection(_ entry: SectionEntry) throws(StorageError) {
        let file = reader.file
        var sum = file.seed.stream(at: entry.offset)
        var next = entry.offset
        let end = entry.offset + entry.length
        while end - next > Self.partBytes {
            let part = try file.read(next..<(next + Self.partBytes))
            sum.consume(part.bytes)
            next += Self.partBytes
        }
        let rest = try file.read(next..<end)
        let found = sum.finish(rest.bytes)
        guard found == entry.checksum else {
            throw file.damage(
                at: entry.offset,
                "a section of \(entry.length) bytes has checksum \(found.hex16), expected \(entry.checksum.hex16)"
            )
        }
        let padding = try file.read(end..<((end + 7) & ~7))
        for at in 0..<padding.count where padding.bytes.byte(at: at) != 0 {
            throw file.damage(at: end + UInt64(at), "padding is not zero")
        }
    }

    /// Births ascend between the bounds of the table of contents; sources are there, and empty for tombstones.
    mutating func checkRows() throws(StorageError) {
        try attempt { (verifier) throws(StorageError) in
            let reader = verifier.reader
            var births: [UInt64] = []
            var versions: [Int64] = []
            var last: UInt64?
            for first in stride(from: 0, to: reader.rowCount, by: columnBlockRows) {
                let rows = first..<min(first + columnBlockRows, reader.rowCount)
                try reader.readBirths(rows, into: &births)
                try reader.readVersions(rows, into: &versions)
                for birth in births {
                    let isNext = last.map { birth > $0 } ?? (birth == reader.births.lowerBound.rawValue)
                    if !isNext {
                        verifier.report(at: verifier.start(of: .births), "birth \(birth) is out of order")
                    }
                    last = birth
                }
            }
            if last != reader.births.upperBound.rawValue {
                verifier.report(at: verifier.start(of: .births), "the last birth is not the highest")
            }
        }
        var index: SourceIndex?
        try attempt { (verifier) throws(StorageError) in index = try verifier.reader.sources.loadIndex() }
        guard let index else { return }
        for block in 0..<index.blockCount {
            try attempt { (verifier) throws(StorageError) in try verifier.checkSources(index[block]) }
        }
    }

    private mutating func checkSources(_ place: SourceBlockPlace) throws(StorageError) {
        let rows = (place.firstRow..<(place.firstRow + place.rowCount)).map { UInt32($0) }
        var filled: [UInt32] = []
        let tombstones = reader.tombstones
        try reader.readSources(rows) { row, source in
            if source.byteCount > 0 && tombstones?[Int(row)] == true { filled.append(row) }
        }
        if let row = filled.first {
            report(at: reader.sources.range(place).lowerBound, "tombstone \(row) has a source")
        }
    }

    /// Ids ascend, rows of one id descend; places and ids name each other; filter and index find every id.
    mutating func checkIDs() throws(StorageError) {
        try attempt { (verifier) throws(StorageError) in
            let reader = verifier.reader
            var places: [UInt32] = []
            for first in stride(from: 0, to: reader.rowCount, by: columnBlockRows) {
                let rows = first..<min(first + columnBlockRows, reader.rowCount)
                try reader.readPlaces(rows) { places.append(UInt32(clamping: $0)) }
            }
            _ = try reader.ids.loadFilter()
            var last: (id: [UInt8], row: UInt32) = ([], .max)
            for first in stride(from: 0, to: reader.rowCount, by: StringBlock.countMax) {
                let end = min(first + StringBlock.countMax, reader.rowCount)
                try verifier.checkIDs(at: first..<end, places, &last)
            }
        }
    }

    private mutating func checkIDs(
        at wanted: Range<Int>, _ places: [UInt32], _ last: inout (id: [UInt8], row: UInt32)
    ) throws(StorageError) {
        var ids = SortedIDs()
        try reader.readSortedIDs(wanted, into: &ids)
        var found: [UInt32] = []
        for place in wanted {
            let at = place - wanted.lowerBound
            let row = ids.rows[at]
            let start = Int(ids.offsets[at])
            let id = ids.bytes.bytes.slice(start, Int(ids.offsets[at + 1]) - start).copyBytes()
            let order = place == 0 ? 1 : id.rawSpan.compare(last.id.rawSpan)
            if order < 0 || (order == 0 && row >= last.row) {
                report(at: self.start(of: .ids), "the id at place \(place) is out of order")
            }
            if places[Int(row)] != UInt32(place) {
                report(at: self.start(of: .places), "row \(row) is not at place \(place)")
            }
            if !reader.mayHold(idHash: hashOfID(id.rawSpan)) {
                report(at: self.start(of: .idFilter), "the filter lacks the id of row \(row)")
            }
            if place == wanted.lowerBound || place + 1 == wanted.upperBound {
                try reader.findRows(id: id.rawSpan, into: &found)
                if !found.contains(row) {
                    report(at: self.start(of: .idIndex), "the id of row \(row) is not found")
                }
            }
            last = (id, row)
        }
    }
}
