package import VarveBytes

/// A row of a view and the sequence number that superseded or deleted it.
package struct RowDeath: Hashable, Sendable {
    package var row: UInt32
    package var death: SequenceNumber

    package init(row: UInt32, death: SequenceNumber) {
        self.row = row
        self.death = death
    }
}
