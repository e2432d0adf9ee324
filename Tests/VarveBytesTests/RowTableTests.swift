import Testing
import VarveBytes

private struct Row: Identifiable, Equatable {
    let id: UUID128
    var value: Int
}

/// A fixed sequence of numbers.
private struct Steps {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 17
    }
}

@Suite struct `A table of rows by id` {
    @Test func `finds, changes and removes what a dictionary does`() {
        var random = Steps(state: 11)
        var table = RowTable<Row>()
        var model: [UUID128: Int] = [:]
        var ids: [UUID128] = []
        for step in 0..<20_000 {
            let known = ids.isEmpty ? nil : ids[Int(random.next() % UInt64(ids.count))]
            switch random.next() % 5 {
            case 0, 1:
                // Few different low words, so that places collide.
                let id = UUID128(high: random.next(), low: random.next() % 7)
                table.insert(Row(id: id, value: step))
                model[id] = step
                ids.append(id)
            case 2:
                guard let known, let at = table.position(of: known) else { continue }
                table.update(at: at) { $0.value = step }
                model[known] = step
            default:
                guard let known else { continue }
                #expect(table.remove(known)?.value == model.removeValue(forKey: known))
            }
            #expect(table.count == model.count)
        }
        for id in ids { #expect(table.find(id)?.value == model[id]) }
        #expect(table.rows.count == model.count)
        #expect(model.count > 100)
    }

    @Test func `a copy stays as it was`() {
        var table = RowTable<Row>()
        for number in 0..<2_000 {
            table.insert(Row(id: UUID128(high: 1, low: UInt64(number)), value: number))
        }
        let copy = table
        for number in 0..<1_500 { _ = table.remove(UUID128(high: 1, low: UInt64(number))) }
        #expect(table.count == 500)
        #expect(copy.count == 2_000)
        for number in 0..<2_000 {
            #expect(copy.find(UUID128(high: 1, low: UInt64(number)))?.value == number)
        }
    }
}

@Suite struct `A few bytes` {
    @Test func `come back as they were, inline or not`() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
            let small = SmallBytes(bytes.rawSpan)
            #expect(small.bytes == bytes)
            #expect(small.count == count)
            #expect(small == SmallBytes(bytes.rawSpan))
            if case .inline = small { #expect(count <= 15) } else { #expect(count > 15) }
        }
    }
}
