package import VarveBytes

/// The deaths of one view's rows: for each row that was superseded or deleted, the sequence number that did it.
///
/// A value: adding makes a new set and leaves the old one as it was, for those who still read it. Rows are kept
/// in chunks of 32,768, and adding copies the chunks that it touches and no other. Deaths are facts about
/// history: a reader at S ignores those above S.
package struct DeathSet: Sendable, Equatable {
    static let chunkRows = 32_768

    /// By number of the chunk; nil where nobody has died.
    private var chunks: [Chunk?] = []
    package private(set) var count = 0

    package init() {}

    package init(_ deaths: [RowDeath]) { self = DeathSet().adding(deaths) }

    package var isEmpty: Bool { count == 0 }

    /// Memory held.
    package var byteCount: Int {
        chunks.reduce(chunks.capacity * 8) { $0 + ($1?.byteCount ?? 0) }
    }

    /// The set with more deaths, in any order. A row dies once: of two deaths the earlier one stays.
    package func adding(_ deaths: [RowDeath]) -> DeathSet {
        var result = self
        var rest = deaths.sorted { ($0.row, $0.death) < ($1.row, $1.death) }[...]
        while let first = rest.first {
            let number = Int(first.row) / Self.chunkRows
            let end = rest.firstIndex { Int($0.row) / Self.chunkRows != number } ?? rest.endIndex
            if number >= result.chunks.count {
                result.chunks.append(contentsOf: repeatElement(nil, count: number + 1 - result.chunks.count))
            }
            let old = result.chunks[number]
            let new = Chunk(old, adding: rest[rest.startIndex..<end])
            result.chunks[number] = new
            result.count += new.deaths.count - (old?.deaths.count ?? 0)
            rest = rest[end...]
        }
        return result
    }

    /// When the row died, or nil while it lives.
    package func death(ofRow row: Int) -> SequenceNumber? {
        let number = row / Self.chunkRows
        guard number < chunks.count, let chunk = chunks[number] else { return nil }
        return chunk.death(of: UInt16(row % Self.chunkRows))
    }

    /// How many rows were dead at S.
    package func count(atOrBelow limit: SequenceNumber) -> Int {
        chunks.reduce(0) { $0 + ($1?.count(atOrBelow: limit.rawValue) ?? 0) }
    }

    /// The highest death, if there is any.
    package var latest: SequenceNumber? {
        chunks.compactMap { $0?.latest }.max().map { SequenceNumber($0) }
    }

    /// Calls `body` with every death, rows ascending.
    package func forEach(_ body: (RowDeath) -> Void) {
        for (number, chunk) in chunks.enumerated() {
            guard let chunk else { continue }
            let firstRow = UInt32(number * Self.chunkRows)
            for at in chunk.rows.indices {
                body(
                    RowDeath(
                        row: firstRow + UInt32(chunk.rows[at]), death: SequenceNumber(chunk.deaths[at])))
            }
        }
    }

    /// Every death, rows ascending.
    package var all: [RowDeath] {
        var deaths: [RowDeath] = []
        deaths.reserveCapacity(count)
        forEach { deaths.append($0) }
        return deaths
    }

    /// The set as it was at S.
    package func restricted(toDeathsAtOrBelow limit: SequenceNumber) -> DeathSet {
        if let latest, latest <= limit { return self }
        return DeathSet(all.filter { $0.death <= limit })
    }

    /// The deaths above S, rows ascending: what came after a file was written that holds the others.
    package func deaths(above limit: SequenceNumber) -> [RowDeath] {
        if let latest, latest <= limit { return [] }
        return all.filter { $0.death > limit }
    }

    /// The set for a view whose rows are numbered anew.
    ///
    /// - Parameter newRow: The new number of an old row, or nil if the row is gone.
    package func remapped(_ newRow: (UInt32) -> UInt32?) -> DeathSet {
        var deaths: [RowDeath] = []
        deaths.reserveCapacity(count)
        forEach { death in
            if let row = newRow(death.row) { deaths.append(RowDeath(row: row, death: death.death)) }
        }
        return DeathSet(deaths)
    }

    /// The set of a view that holds the rows of several, one after the other.
    package static func combined(_ parts: [(deaths: DeathSet, rowCount: Int)]) -> DeathSet {
        var deaths: [RowDeath] = []
        var firstRow: UInt32 = 0
        for part in parts {
            part.deaths.forEach { deaths.append(RowDeath(row: firstRow + $0.row, death: $0.death)) }
            firstRow += UInt32(part.rowCount)
        }
        return DeathSet(deaths)
    }

    /// Clears the bits of rows that were dead at S and returns how many bits were set before.
    func clear(atOrBelow limit: SequenceNumber, in bitmap: inout RowBitmap) -> Int {
        var cleared = 0
        for (number, chunk) in chunks.enumerated() {
            guard let chunk, chunk.earliest <= limit.rawValue else { continue }
            for at in chunk.rows.indices where chunk.deaths[at] <= limit.rawValue {
                let row = number &* Self.chunkRows &+ Int(chunk.rows[at])
                if bitmap[row] { cleared &+= 1 }
                bitmap[row] = false
            }
        }
        return cleared
    }

    package static func == (left: DeathSet, right: DeathSet) -> Bool {
        left.count == right.count && left.all == right.all
    }
}

extension DeathSet {
    /// The deaths among 32,768 rows, immutable and shared by the sets that have it.
    private final class Chunk: Sendable {
        /// Rows within the chunk, ascending, and their deaths.
        let rows: [UInt16]
        let deaths: [UInt64]
        let earliest: UInt64
        let latest: UInt64

        /// The old chunk with more deaths. What lies between two of the added rows is copied in one piece, so that
        /// a refresh with few deaths costs little more than the copy.
        ///
        /// - Parameter added: Deaths of rows of this chunk, rows ascending, of one row the earliest first.
        init(_ old: Chunk?, adding added: ArraySlice<RowDeath>) {
            let oldRows = old?.rows ?? []
            let oldDeaths = old?.deaths ?? []
            var rows: [UInt16] = []
            var deaths: [UInt64] = []
            rows.reserveCapacity(oldRows.count + added.count)
            deaths.reserveCapacity(oldRows.count + added.count)
            var copied = 0
            for new in added {
                let row = UInt16(Int(new.row) % DeathSet.chunkRows)
                let next = Self.firstPlace(of: row, in: oldRows, from: copied)
                rows.append(contentsOf: oldRows[copied..<next])
                deaths.append(contentsOf: oldDeaths[copied..<next])
                copied = next
                var death = new.death.rawValue
                if next < oldRows.count && oldRows[next] == row {
                    death = min(death, oldDeaths[next])
                    copied += 1
                }
                if rows.last == row {
                    deaths[deaths.count - 1] = min(deaths[deaths.count - 1], death)
                } else {
                    rows.append(row)
                    deaths.append(death)
                }
            }
            rows.append(contentsOf: oldRows[copied...])
            deaths.append(contentsOf: oldDeaths[copied...])
            self.rows = rows
            self.deaths = deaths
            earliest = deaths.min() ?? .max
            latest = deaths.max() ?? 0
        }

        /// Where the row stands, or would stand, among rows that ascend; not before `start`.
        private static func firstPlace(of row: UInt16, in rows: [UInt16], from start: Int) -> Int {
            var low = start
            var high = rows.count
            while low < high {
                let middle = (low &+ high) &>> 1
                if rows[middle] < row { low = middle &+ 1 } else { high = middle }
            }
            return low
        }

        var byteCount: Int { rows.capacity * 2 + deaths.capacity * 8 + 64 }

        func death(of row: UInt16) -> SequenceNumber? {
            let place = Self.firstPlace(of: row, in: rows, from: 0)
            return place < rows.count && rows[place] == row ? SequenceNumber(deaths[place]) : nil
        }

        func count(atOrBelow limit: UInt64) -> Int {
            if latest <= limit { return deaths.count }
            if earliest > limit { return 0 }
            return deaths.reduce(0) { $0 + ($1 <= limit ? 1 : 0) }
        }
    }
}
