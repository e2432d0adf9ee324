package import VarveBytes

/// A source block, inflated and checked: renders any of its rows without looking at the others.
///
/// Everything that could lead outside its bytes (offsets, widths, ordinals, shapes) was checked by
/// `SourceBlockDecoder`, so rendering neither fails nor traps, whatever the bytes are.
///
/// Both codecs end up in one form. A *shape* is a run of slots: literal bytes from `template`, then a value from
/// a column, and a literal at the end. A row of codec 1 has one shape with one slot, a bytes column.
package final class DecodedSourceBlock: CachedBlock {
    package let rowCount: Int
    let plan: SourceBlockPlan

    init(rowCount: Int, plan: SourceBlockPlan) {
        self.rowCount = rowCount
        self.plan = plan
    }

    /// Memory held.
    package var byteCount: Int { 200 + plan.byteCount }

    /// Appends the source of one row.
    package func appendRow(_ row: Int, to buffer: inout ByteBuffer) {
        precondition(row >= 0 && row < rowCount, "a row outside the block")
        plan.appendRow(row, to: &buffer)
    }

    /// Calls `body` with each of the rows; `scratch` is overwritten.
    package func forEachRow(
        _ rows: Range<Int>, scratch: inout ByteBuffer, _ body: (Int, RawSpan) -> Void
    ) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows outside the block")
        for row in rows {
            scratch.removeAll()
            plan.appendRow(row, to: &scratch)
            body(row, scratch.bytes)
        }
    }

    /// Appends the sources of all rows, back to back.
    package func appendAllRows(to buffer: inout ByteBuffer) {
        for row in 0..<rowCount { plan.appendRow(row, to: &buffer) }
    }
}

/// What renders rows: the inflated bytes and where in them everything lies.
struct SourceBlockPlan: Sendable {
    /// The inflated block.
    let payload: SharedBytes
    /// Literals of all slots, with room after them for wide copies.
    var template: SharedBytes
    var slots: [SourceSlot] = []
    var shapes: [SourceShape] = []
    /// Where in the payload the rows' shapes lie; a byte each; nil if there is one shape.
    var rowShapes: Int?
    /// For columns that not every row has: the place of each row in the column.
    var ranks: [UInt16] = []
    /// Ends of the entries of bytes columns and dictionaries, absolute; the start of the first one before them.
    var ends: [UInt32] = []

    var byteCount: Int {
        payload.capacity + template.capacity + slots.count * MemoryLayout<SourceSlot>.stride
            + shapes.count * MemoryLayout<SourceShape>.stride + ranks.count * 2 + ends.count * 4
    }

    @inline(__always)
    func appendRow(_ row: Int, to buffer: inout ByteBuffer) {
        let payload = payload.bytes
        let template = template.bytes
        let shapeNumber = rowShapes.map { Int(payload.byte(at: $0 &+ row)) } ?? 0
        let shape = shapes[shapeNumber]
        let slots = slots.span
        let ends = ends.span
        for number in shape.firstSlot..<(shape.firstSlot &+ shape.slotCount) {
            let slot = slots[number]
            buffer.appendPiece(of: template, at: Int(slot.literalOffset), count: Int(slot.literalCount))
            let place = slot.ranks < 0 ? row : Int(ranks[Int(slot.ranks) &+ row])
            let code = slot.code(at: place, in: payload)
            switch slot.kind {
            case .integers:
                if code < UInt64(slot.specialCount) {
                    slot.appendSpecial(code, to: &buffer)
                } else {
                    let step = Int64(bitPattern: code &- UInt64(slot.specialCount))
                    buffer.appendDecimal(slot.base &+ step)
                }
            case .dates:
                let step = Int64(bitPattern: code) &* slot.scale
                buffer.appendTimestamp(slot.base &+ step)
            case .dictionary:
                let entry = slot.table &+ Int(code)
                let start = Int(ends[entry])
                buffer.appendPiece(of: payload, at: start, count: Int(ends[entry &+ 1]) &- start)
            case .bytes:
                let entry = slot.table &+ place
                let start = Int(ends[entry])
                buffer.appendPiece(of: payload, at: start, count: Int(ends[entry &+ 1]) &- start)
            }
        }
        buffer.appendPiece(of: template, at: shape.tailOffset, count: shape.tailCount)
    }
}

struct SourceShape: Sendable, BitwiseCopyable {
    var firstSlot: Int
    var slotCount: Int
    /// The literal after the last slot.
    var tailOffset: Int
    var tailCount: Int
}

/// One literal and the column that the value behind it comes from.
struct SourceSlot: Sendable, BitwiseCopyable {
    var literalOffset: UInt32 = 0
    var literalCount: UInt32 = 0
    var kind: SourceColumnKind
    /// Bytes of a code, each in its own plane; 0 for bytes columns.
    var width: UInt8 = 0
    /// Integers: codes below it stand for `null`, `true` and `false`, those of them that `specials` has.
    var specialCount: UInt8 = 0
    var specials: UInt8 = 0
    /// Where the row's place in the column lies in `ranks`; negative if the row's number is its place.
    var ranks: Int32 = -1
    /// First plane in the payload, and the length of a plane.
    var planes = 0
    var planeCount = 0
    /// First entry in `ends`.
    var table = 0
    var base: Int64 = 0
    var scale: Int64 = 1

    @inline(__always)
    func code(at place: Int, in payload: RawSpan) -> UInt64 {
        switch width {
        case 0: return 0
        case 1: return UInt64(payload.byte(at: planes &+ place))
        case 2:
            let low = payload.byte(at: planes &+ place)
            return UInt64(low) | UInt64(payload.byte(at: planes &+ planeCount &+ place)) &<< 8
        default:
            var code: UInt64 = 0
            var at = planes &+ place
            for plane in 0..<UInt64(width) {
                code |= UInt64(payload.byte(at: at)) &<< (plane &* 8)
                at &+= planeCount
            }
            return code
        }
    }

    @inline(never)
    func appendSpecial(_ code: UInt64, to buffer: inout ByteBuffer) {
        var left = code
        for special in SpecialToken.allCases where specials & special.rawValue != 0 {
            if left == 0 {
                buffer.append(utf8: special.text)
                return
            }
            left -= 1
        }
    }
}

/// Raw values are part of the format.
enum SourceColumnKind: UInt8, Sendable, BitwiseCopyable {
    case integers = 1
    case dates = 2
    case dictionary = 3
    case bytes = 4
}

/// Words that an integer column may hold. Raw values are part of the format.
enum SpecialToken: UInt8, CaseIterable {
    case null = 1
    case yes = 2
    case no = 4

    var text: String {
        switch self {
        case .null: "null"
        case .yes: "true"
        case .no: "false"
        }
    }
}
