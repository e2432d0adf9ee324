#if Kafka
import Testing
import VarveIngest

@testable import VarveKafka

@Suite struct `The hand-over of a partition` {
    private func messages(_ range: Range<UInt64>) -> [Message] {
        range.map {
            Message(pointer: .init($0), next: .init($0 + 1), payload: [UInt8(truncatingIfNeeded: $0)])
        }
    }

    private func taken(_ answer: HandOver.Answer) -> [UInt64]? {
        if case .messages(let messages, _) = answer { messages.map(\.pointer.low) } else { nil }
    }

    private func isElsewhere(_ answer: HandOver.Answer) -> Bool {
        if case .elsewhere = answer { true } else { false }
    }

    private func failure(_ answer: HandOver.Answer) -> StreamSourceError? {
        if case .failed(let error) = answer { error } else { nil }
    }

    @Test func `answers nothing before it is told where it stands`() {
        var hand = HandOver(bytesMax: 10)
        #expect(isElsewhere(hand.take(from: 0, limit: 1)))
        hand.add(messages(0..<3), bytes: 3)
        #expect(!hand.hasRoom && isElsewhere(hand.take(from: 0, limit: 1)))
        hand.restart(at: 5)
        #expect(hand.hasRoom && isElsewhere(hand.take(from: 4, limit: 1)))
    }

    @Test func `hands out what came, in parts and in one`() {
        var hand = HandOver(bytesMax: 1_000)
        hand.restart(at: 0)
        for start in stride(from: 0, to: 40, by: 4) as StrideTo<UInt64> {
            hand.add(messages(start..<start + 4), bytes: 4)
        }
        #expect(taken(hand.take(from: 0, limit: 3)) == [0, 1, 2])
        #expect(taken(hand.take(from: 3, limit: 10)) == Array(3..<13))
        #expect(taken(hand.take(from: 13, limit: 1_000)) == Array(13..<40))
        #expect(taken(hand.take(from: 40, limit: 1)) == nil)
        #expect(hand.bytes == 0)
    }

    @Test func `gives again what was handed out last, from any of its messages`() {
        for first in 0...9 as ClosedRange<UInt64> {
            var hand = HandOver(bytesMax: 1_000)
            hand.restart(at: 0)
            hand.add(messages(0..<10), bytes: 10)
            hand.add(messages(20..<25), bytes: 5)
            #expect(taken(hand.take(from: 0, limit: 10)) == Array(0..<10))
            #expect(
                taken(hand.take(from: StreamPointer(first), limit: 100)) == Array(first..<10) + Array(20..<25)
            )
            #expect(isElsewhere(hand.take(from: 0, limit: 1)) == (first > 0))
        }
    }

    @Test func `goes back to the pointer that was asked for, though no message stands there`() {
        var hand = HandOver(bytesMax: 1_000)
        hand.restart(at: 3)
        hand.add(messages(7..<9), bytes: 2)
        #expect(taken(hand.take(from: 3, limit: 10)) == [7, 8])
        #expect(taken(hand.take(from: 3, limit: 10)) == [7, 8])
        #expect(isElsewhere(hand.take(from: 5, limit: 10)))
    }

    @Test func `has no room while it holds as much as it may`() {
        var hand = HandOver(bytesMax: 10)
        hand.restart(at: 0)
        hand.add(messages(0..<300), bytes: 9)
        #expect(hand.hasRoom)
        hand.add(messages(300..<600), bytes: 9)
        #expect(!hand.hasRoom)
        guard case .messages(_, let early) = hand.take(from: 0, limit: 299) else {
            return #expect(Bool(false))
        }
        #expect(!early && !hand.hasRoom)
        guard case .messages(_, let late) = hand.take(from: 299, limit: 1) else {
            return #expect(Bool(false))
        }
        #expect(late && hand.hasRoom)
    }

    @Test func `gives no more bytes than asked for, but for one message`() {
        var hand = HandOver(bytesMax: 1_000)
        hand.restart(at: 0)
        let sizes = [3, 4, 5, 100, 1, 1, 1, 200]
        for (number, size) in sizes.enumerated() {
            let place = UInt64(number)
            let payload = [UInt8](repeating: 7, count: size - 1)
            hand.add(
                [Message(pointer: .init(place), next: .init(place + 1), payload: payload[...], key: [1])],
                bytes: size)
        }
        #expect(hand.room == 1_000 - 315)
        #expect(taken(hand.take(from: 0, limit: 10, bytes: 11)) == [0, 1])
        #expect(taken(hand.take(from: 1, limit: 10, bytes: 12)) == [1, 2])
        #expect(taken(hand.take(from: 3, limit: 10, bytes: 50)) == [3])
        #expect(taken(hand.take(from: 4, limit: 2, bytes: 50)) == [4, 5])
        #expect(taken(hand.take(from: 6, limit: 10, bytes: 201)) == [6, 7])
        #expect(hand.bytes == 0)
    }

    @Test func `tells a failure once, behind what came before it`() {
        let error = StreamSourceError("gone", isTransient: true)
        var hand = HandOver(bytesMax: 10)
        hand.restart(at: 0)
        hand.add(messages(0..<2), bytes: 2)
        hand.fail(error, closes: true)
        #expect(!hand.hasRoom)
        #expect(taken(hand.take(from: 0, limit: 10)) == [0, 1])
        #expect(failure(hand.take(from: 2, limit: 10)) == error)
        #expect(isElsewhere(hand.take(from: 2, limit: 10)))
    }

    @Test func `goes on behind a failure that does not end it`() {
        var hand = HandOver(bytesMax: 10)
        hand.restart(at: 0)
        hand.fail(StreamSourceError("0 to 4 are lost"), closes: false)
        #expect(failure(hand.take(from: 0, limit: 10)) != nil)
        hand.add(messages(5..<6), bytes: 1)
        #expect(taken(hand.take(from: 0, limit: 10)) == [5])
    }

    @Test func `that has ended answers nothing else any more`() {
        let error = StreamSourceError("closed")
        var hand = HandOver(bytesMax: 10)
        hand.restart(at: 0)
        hand.add(messages(0..<2), bytes: 2)
        hand.end(error)
        hand.end(StreamSourceError("again"))
        #expect(failure(hand.take(from: 0, limit: 10)) == error)
        #expect(failure(hand.take(from: 7, limit: 10)) == error)
        #expect(hand.hasAnswer && !hand.hasRoom)
    }

    @Test func `knows the end as heard, or as reached`() {
        var hand = HandOver(bytesMax: 10)
        #expect(hand.lastEnd == nil)
        hand.hear(end: 7, at: 100)
        #expect(hand.lastEnd == 7)
        hand.restart(at: 2)
        #expect(hand.end(at: 104, age: 5) == 7)
        #expect(hand.end(at: 105, age: 5) == nil && hand.lastEnd == 7)
        hand.add(messages(2..<4), bytes: 2)
        // Behind 4 there are only marks of transactions.
        hand.reachEnd()
        #expect(hand.end(at: 1_000, age: 5) == 4)
        hand.add(messages(9..<12), bytes: 3)
        #expect(hand.end(at: 1_000, age: 5) == nil && hand.lastEnd == 12)
    }
}
#endif
