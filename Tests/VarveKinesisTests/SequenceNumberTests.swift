#if Kinesis
import Testing
import VarveIngest

@testable import VarveKinesis

@Suite struct `Sequence numbers` {
    private static let long = "49590338271490256608559692538361571095921575989136588898"

    @Test func `are written as they were read`() {
        for text in ["0", "1", "9", "10", "18446744073709551615", "18446744073709551616", Self.long] {
            #expect(SequenceNumber(text)?.text == text)
        }
        let most = "6277101735386680763835789423207666416102355444464034512895"
        #expect(SequenceNumber(most)?.text == most)
    }

    @Test func `order as numbers, not as text`() throws {
        #expect(try #require(SequenceNumber("9")) < #require(SequenceNumber("10")))
        #expect(try #require(SequenceNumber("99")) < #require(SequenceNumber(Self.long)))
        #expect(
            try #require(SequenceNumber("18446744073709551615")) < #require(
                SequenceNumber("18446744073709551616")))
    }

    @Test(arguments: [
        "", "-1", "1a", " 1", "6277101735386680763835789423207666416102355444464034512896",
        String(repeating: "9", count: 400),
    ])
    func `are nothing else`(text: String) { #expect(SequenceNumber(text) == nil) }

    @Test func `stand for places that come back from a pointer and from text`() throws {
        let number = try #require(SequenceNumber(Self.long))
        let places: [ShardPlace] = [
            .horizon, .time(milliseconds: 1_368_779_400_123), .at(number), .after(number),
            .after(SequenceNumber(high: 7, middle: .max, low: .max)),
            .after(SequenceNumber(high: 0, middle: 0, low: .max)),
        ]
        for place in places {
            #expect(ShardPlace(place.pointer) == place)
            #expect(ShardPlace(place.text) == place)
        }
        #expect(ShardPlace.horizon.pointer < ShardPlace.at(number).pointer)
        #expect(ShardPlace.at(number).pointer < ShardPlace.after(number).pointer)
        #expect(ShardPlace("after") == nil)
        #expect(ShardPlace("time x") == nil)
    }
}
#endif
