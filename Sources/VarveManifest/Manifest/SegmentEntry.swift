package import VarveBytes

/// What the manifest knows of one segment: enough to open and to choose it without reading it.
///
/// Invariants, checked whenever one is decoded or published: at least one row, `tombstones` and `dead` within the
/// rows, births and validity in order, at most four deaths pieces. The bytes are in `docs/formats/manifest.md`.
package struct SegmentEntry: Equatable, Sendable {
    package static let rowsMax = Int(Int32.max)
    package static let deathsPiecesMax = 4

    package var id: UInt64
    package var byteCount: UInt64
    /// The footer's root checksum: a stale or swapped file does not have it.
    package var rootChecksum: UInt64
    package var rows: Int
    /// Rows that are tombstones.
    package var tombstones: Int
    /// Rows with a death in one of the deaths pieces.
    package var dead: Int
    package var lowestBirth: SequenceNumber
    package var highestBirth: SequenceNumber
    /// The snapshots it answers for: `from <= S < to`, with `to` infinite while the segment is current.
    package var from: SequenceNumber
    package var to: SequenceNumber
    package var deaths: [DeathsPiece]
    /// How many merges lie behind it: 0 for a flushed segment.
    package var level: UInt8
    /// Opaque to this module; carried as they are.
    package var flags: UInt32

    package init(
        id: UInt64, byteCount: UInt64, rootChecksum: UInt64, rows: Int, tombstones: Int = 0, dead: Int = 0,
        births: ClosedRange<SequenceNumber>, from: SequenceNumber, to: SequenceNumber = .infinity,
        deaths: [DeathsPiece] = [], level: UInt8 = 0, flags: UInt32 = 0
    ) {
        self.id = id
        self.byteCount = byteCount
        self.rootChecksum = rootChecksum
        self.rows = rows
        self.tombstones = tombstones
        self.dead = dead
        lowestBirth = births.lowerBound
        highestBirth = births.upperBound
        self.from = from
        self.to = to
        self.deaths = deaths
        self.level = level
        self.flags = flags
    }

    package var isRetired: Bool { to != .infinity }

    /// Whether a snapshot at `number` reads this segment.
    package func answers(_ number: SequenceNumber) -> Bool { from <= number && number < to }
}

/// One immutable list of (row, death) of one segment: where it lies and what it holds at most.
package struct DeathsPiece: Equatable, Sendable {
    /// The `dels-` file, and the piece's place in it.
    package var file: UInt64
    package var offset: UInt64
    package var byteCount: UInt64
    /// How many rows died.
    package var count: Int
    package var highestDeath: SequenceNumber
    package var checksum: UInt64

    package init(
        file: UInt64, offset: UInt64, byteCount: UInt64, count: Int, highestDeath: SequenceNumber,
        checksum: UInt64
    ) {
        self.file = file
        self.offset = offset
        self.byteCount = byteCount
        self.count = count
        self.highestDeath = highestDeath
        self.checksum = checksum
    }
}
