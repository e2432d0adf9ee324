/// Documents for tests of source blocks.
enum SourceDocuments {
    /// Flights as New York's airports record them: nineteen fields, many of them hanging together, nulls for
    /// what did not happen.
    static func flights(_ count: Int, seed: UInt64 = 2013) -> [[UInt8]] {
        var random = SourceRandom(seed: seed)
        let airports = [
            ("IAH", 1400), ("MIA", 1089), ("BQN", 1576), ("ATL", 762), ("ORD", 719), ("LAX", 2475),
        ]
        return (0..<count).map { row in
            let hour = 5 + row * 18 / max(1, count)
            let minute = random.below(12) * 5
            let scheduled = hour * 100 + minute
            let isCancelled = random.below(40) == 0
            let delay = random.below(60) - 15
            let (destination, distance) = random.element(of: airports)
            let airTime = distance / 7 + random.below(20)
            let arrivalDelay = delay + random.below(30) - 12
            let scheduledArrival = clock(hour * 60 + minute + airTime + 40)
            func orNull(_ value: Int) -> String { isCancelled ? "null" : String(value) }
            return Array(
                #"""
                {"year":2013,"month":1,"day":1,"dep_time":\#(orNull(clock(hour * 60 + minute + delay))),\#
                "sched_dep_time":\#(scheduled),"dep_delay":\#(orNull(delay)),\#
                "arr_time":\#(orNull(clock(hour * 60 + minute + airTime + 40 + arrivalDelay))),\#
                "sched_arr_time":\#(scheduledArrival),"arr_delay":\#(orNull(arrivalDelay)),\#
                "carrier":"\#(random.element(of: ["UA", "AA", "B6", "DL", "EV"]))",\#
                "flight":\#(random.below(6_000) + 1),"tailnum":\#(tailNumber(&random)),\#
                "origin":"\#(random.element(of: ["EWR", "LGA", "JFK"]))","dest":"\#(destination)",\#
                "air_time":\#(orNull(airTime)),"distance":\#(distance),"hour":\#(hour),"minute":\#(minute),\#
                "time_hour":"2013-01-01T\#(hour < 10 ? "0" : "")\#(hour):00:00Z"}
                """#.utf8)
        }
    }

    private static func clock(_ minutes: Int) -> Int {
        let inDay = (minutes + 1_440) % 1_440
        return inDay / 60 * 100 + inDay % 60
    }

    private static func tailNumber(_ random: inout SourceRandom) -> String {
        random.below(60) == 0
            ? "null" : #""N\#(random.below(900) + 100)\#(random.element(of: ["AA", "JB", "UA"]))""#
    }

    /// Objects of a few kinds, with fields that come and go, and values of every kind.
    static func mixed(_ count: Int, seed: UInt64) -> [[UInt8]] {
        var random = SourceRandom(seed: seed)
        let keys = [
            "a", "b", "id", "name", "näme", "a\\\"b", "", "x y", "long_key_of_many_bytes_in_a_row", "c",
        ]
        return (0..<count).map { _ in Array(object(&random, keys, depth: 0).utf8) }
    }

    private static func object(_ random: inout SourceRandom, _ keys: [String], depth: Int) -> String {
        let style = random.below(4)
        let (open, colon, comma, close) =
            style == 0 ? ("{ ", ": ", " ,\n\t", " }") : ("{", ":", ",", "}")
        var members: [String] = []
        for key in keys where random.below(3) > 0 {
            members.append("\"\(key)\"\(colon)\(value(&random, keys, depth: depth + 1))")
        }
        return open + members.joined(separator: comma) + close
    }

    private static func value(_ random: inout SourceRandom, _ keys: [String], depth: Int) -> String {
        switch random.below(depth > 3 ? 12 : 14) {
        case 0: return "null"
        case 1: return random.below(2) == 0 ? "true" : "false"
        case 2: return String(random.below(100) - 50)
        case 3: return String(Int64(bitPattern: random.next()))
        case 4: return random.element(of: awkwardNumbers)
        case 5: return "\(random.below(1_000)).\(random.below(100))"
        case 6: return "\"\(random.element(of: awkwardStrings))\""
        case 7: return "\"2013-0\(random.below(9) + 1)-\(random.below(20) + 10)T10:00:00Z\""
        case 8: return "\"\(random.element(of: ["red", "green", "blue"]))\""
        case 9: return String(repeating: "\"word \(random.below(50)) \"", count: 1)
        case 10: return "[\((0..<random.below(5)).map { String($0) }.joined(separator: ","))]"
        case 11: return "[{\"k\":\"]}\",\"l\":[[]]},\"\\\"]\"]"
        case 12: return "{}"
        default: return object(&random, keys, depth: depth)
        }
    }

    static let awkwardNumbers = [
        "-0", "0", "-0.0", "0.0", "1.0", "1.00", "1e5", "1E+5", "-1.5e-7", "0.1", "0.10", "10.01",
        "1234567.125",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775807",
        "123456789012345678901234567890", "0.000000000000000001", "0.0000000000000000001",
        "99999999.99999999",
        "12345678", "1234567", "-1", "1000000000000000000", "18446744073709551615", "0.5", "-0.5",
    ]

    static let awkwardStrings = [
        "", "007", "\\\"", "\\\\", "a\\\\\\\"b", "\\u0000\\ud83d\\ude00", "😀 straight", "null", "12", "-0",
        "}", "{\\\"a\\\":1}",
        "2013-02-29T00:00:00Z", "2012-02-29T23:59:59Z", "2013-01-01T24:00:00Z", "2013-01-01T00:00:60Z",
        "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2013-01-01", "2013-13-01",
        "2013-01-01T00:00:00.123Z",
        "2013-01-01T00:00:00.123X", "2013-01-01t00:00:00Z", "exactly 8", "sixteen bytes ab",
        "seventeen bytes a",
    ]

    /// Bytes that are no documents, or only nearly.
    static let strange: [String] = [
        "", " ", "{", "}", "{}", "{ }", "[]", "null", "12", "\"text\"", "{\"a\"", "{\"a\":", "{\"a\":}",
        "{\"a\":1", "{\"a\":1,}",
        "{\"a\":1}}", "{\"a\":1} ", " {\"a\":1}\n", "{\"a\":[1}", "{\"a\":\"b}", "{\"a\":\"b\\",
        "{\"a\":\"b\\\"", "{\"a\":tru}",
        "{\"a\":truex}", "{\"a\":nul", "{\"a\":-}", "{\"a\":--1}", "{\"a\":1..2}", "{\"a\":.5}", "{\"a\":1.}",
        "{\"a\":+1}",
        "{\"a\":1e}", "{\"a\":1}{\"b\":2}", "{a:1}", "{\"a\":1,\"a\":2,\"a\":3}",
        "{\"a\":{\"a\":{\"a\":[{}]}}}", "{\"a\":\"\u{1}\"}",
        "{\"a\":\0}", "\0", "{\"a\":1\0}", "{\"a\":00}", "{\"a\":01}", "{\"a\":1 }", "{\"a\" :1}", "{,}",
        "{\"a\":1,,\"b\":2}",
    ]
}
