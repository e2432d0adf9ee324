/// One view as a snapshot sees it: the rows, and which of them are live.
package struct SearchableSegment: Sendable {
    package let view: any SegmentView
    /// The rows that the snapshot sees; tombstones are never among them. Nil when it sees every row.
    package let live: RowBitmap?
    /// How many rows the snapshot sees.
    package let liveCount: Int

    package init(view: any SegmentView, live: RowBitmap?, liveCount: Int) {
        self.view = view
        self.live = live
        self.liveCount = liveCount
    }
}
