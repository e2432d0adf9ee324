import Testing
import VarveDocument

@testable import VarveQuery

@Suite struct `Dates of queries` {
    /// 2014-11-18T14:27:32.123Z, a Tuesday.
    private let now: Int64 = 1_416_320_852_123

    private func math(zone: String? = nil, format: String? = nil) throws -> DateMath {
        DateMath(now: now, timeZone: try TimeZoneOffset.milliseconds(zone), format: format)
    }

    @Test(arguments: [
        ("2014", "2014-01-01T00:00:00.000Z", "2014-12-31T23:59:59.999Z"),
        ("2012-02", "2012-02-01T00:00:00.000Z", "2012-02-29T23:59:59.999Z"),
        ("2014-11-18", "2014-11-18T00:00:00.000Z", "2014-11-18T23:59:59.999Z"),
        ("2014-11-18T", "2014-11-18T00:00:00.000Z", "2014-11-18T23:59:59.999Z"),
        ("2014-11-18T14", "2014-11-18T14:00:00.000Z", "2014-11-18T14:59:59.999Z"),
        ("2014-11-18T14:27", "2014-11-18T14:27:00.000Z", "2014-11-18T14:27:59.999Z"),
        ("2014-11-18T14:27:32", "2014-11-18T14:27:32.000Z", "2014-11-18T14:27:32.999Z"),
        ("2014-11-18T14:27:32.1", "2014-11-18T14:27:32.100Z", "2014-11-18T14:27:32.100Z"),
        ("2014-11-18T14+05:30", "2014-11-18T08:30:00.000Z", "2014-11-18T09:29:59.999Z"),
        ("1416320852123", "2014-11-18T14:27:32.123Z", "2014-11-18T14:27:32.123Z"),
        ("now", "2014-11-18T14:27:32.123Z", "2014-11-18T14:27:32.123Z"),
        ("now+1d", "2014-11-19T14:27:32.123Z", "2014-11-19T14:27:32.123Z"),
        ("now-1d/d", "2014-11-17T00:00:00.000Z", "2014-11-17T23:59:59.999Z"),
        ("now/w", "2014-11-17T00:00:00.000Z", "2014-11-23T23:59:59.999Z"),
        ("now/M", "2014-11-01T00:00:00.000Z", "2014-11-30T23:59:59.999Z"),
        ("now/y", "2014-01-01T00:00:00.000Z", "2014-12-31T23:59:59.999Z"),
        ("now/H", "2014-11-18T14:00:00.000Z", "2014-11-18T14:59:59.999Z"),
        ("now/m", "2014-11-18T14:27:00.000Z", "2014-11-18T14:27:59.999Z"),
        ("now/s", "2014-11-18T14:27:32.000Z", "2014-11-18T14:27:32.999Z"),
        ("now-2h+30m-5s", "2014-11-18T12:57:27.123Z", "2014-11-18T12:57:27.123Z"),
        ("now+M", "2014-12-18T14:27:32.123Z", "2014-12-18T14:27:32.123Z"),
        ("now/d+1h", "2014-11-18T01:00:00.000Z", "2014-11-19T00:59:59.999Z"),
        ("2013-01-01||+1M/d", "2013-02-01T00:00:00.000Z", "2013-02-01T23:59:59.999Z"),
        ("2013-01-31||+1M", "2013-02-28T00:00:00.000Z", "2013-02-28T00:00:00.000Z"),
        ("2012-02-29||-1y", "2011-02-28T00:00:00.000Z", "2011-02-28T00:00:00.000Z"),
        ("2013-03||-1d", "2013-02-28T00:00:00.000Z", "2013-02-28T00:00:00.000Z"),
        ("2014||/y", "2014-01-01T00:00:00.000Z", "2014-12-31T23:59:59.999Z"),
        ("2014-11-18||", "2014-11-18T00:00:00.000Z", "2014-11-18T00:00:00.000Z"),
        ("1969-12-31||/w", "1969-12-29T00:00:00.000Z", "1970-01-04T23:59:59.999Z"),
        ("-1||/h", "1969-12-31T23:00:00.000Z", "1969-12-31T23:59:59.999Z"),
    ]) func `what a text leaves open is rounded down or up`(text: String, down: String, up: String) throws {
        let math = try math()
        #expect(DateText.text(try math.milliseconds(text, rounding: .down)) == down)
        #expect(DateText.text(try math.milliseconds(text, rounding: .up)) == up)
    }

    @Test(arguments: [
        ("2014-11-18", "+01:00", "2014-11-17T23:00:00.000Z", "2014-11-18T22:59:59.999Z"),
        ("2014", "-0330", "2014-01-01T03:30:00.000Z", "2015-01-01T03:29:59.999Z"),
        ("2014-11-18T14:00Z", "+02", "2014-11-18T14:00:00.000Z", "2014-11-18T14:00:59.999Z"),
        ("now/d", "+10:00", "2014-11-18T14:00:00.000Z", "2014-11-19T13:59:59.999Z"),
        ("now", "+10:00", "2014-11-18T14:27:32.123Z", "2014-11-18T14:27:32.123Z"),
        ("2014-11-18||/M", "UTC", "2014-11-01T00:00:00.000Z", "2014-11-30T23:59:59.999Z"),
    ]) func `a time zone moves dates without an offset, and rounding`(
        text: String, zone: String, down: String, up: String
    ) throws {
        let math = try math(zone: zone)
        #expect(DateText.text(try math.milliseconds(text, rounding: .down)) == down)
        #expect(DateText.text(try math.milliseconds(text, rounding: .up)) == up)
    }

    @Test func `a field's own format is the one that is read`() throws {
        let seconds = try math(format: "epoch_second")
        #expect(try seconds.milliseconds("1416320852", rounding: .down) == 1_416_320_852_000)
        let slashed = try math(format: "yyyy/MM/dd")
        #expect(try slashed.milliseconds("2014/11/18||/d", rounding: .up) == 1_416_355_199_999)
    }

    @Test(arguments: [
        ("", "cannot parse empty date"),
        ("x", "failed to parse date field [x] with format [strict_date_optional_time||epoch_millis]"),
        (
            "2014-02-30",
            "failed to parse date field [2014-02-30] with format [strict_date_optional_time||epoch_millis]"
        ),
        ("||+1d", "cannot parse empty date"),
        ("now*1d", "operator not supported for date math [*1d]"),
        ("now+", "truncated date math [+]"),
        ("now+12", "truncated date math [+12]"),
        ("now/", "truncated date math [/]"),
        ("now+1q", "unit [q] not supported for date math [+1q]"),
        ("now/2d", "rounding `/` can only be used on single unit types [/2d]"),
        ("now+9999999999d", "date math [+9999999999d] leaves the range of dates"),
        ("now+999999y", "date math [+999999y] leaves the range of dates"),
        ("now+2147483647w", "date math [+2147483647w] leaves the range of dates"),
        ("now-2147483647y", "date math [-2147483647y] leaves the range of dates"),
        ("999999999999999999||+1d", "date math [+1d] leaves the range of dates"),
    ]) func `a date that cannot be read is refused with its reason`(text: String, message: String) throws {
        let math = try math()
        #expect(throws: QueryError(.invalidDate, message)) {
            _ = try math.milliseconds(text, rounding: .down)
        }
    }

    @Test(arguments: ["Europe/Berlin", "+1", "+01:60", "+19:00", "1:00", "", "+01:00x"])
    func `an unknown time zone is refused`(zone: String) {
        #expect(throws: QueryError.self) { _ = try TimeZoneOffset.milliseconds(zone) }
    }

    @Test func `bounds of a range round as OpenSearch says`() throws {
        let reader = FieldTestReader(now: now)
        let field = FieldDefinition("at", .date)
        func bounds(_ range: QueryBounds) throws -> [String] {
            guard case .numbers(let ranges) = try reader.test(.range("at", range), of: field) else {
                return []
            }
            return ranges.flatMap { [DateText.text($0.lowerBound), DateText.text($0.upperBound)] }
        }
        #expect(
            try bounds(QueryBounds(from: .including("2022"), to: .including("2022-12")))
                == ["2022-01-01T00:00:00.000Z", "2022-12-31T23:59:59.999Z"])
        #expect(
            try bounds(QueryBounds(from: .excluding("2022"), to: .excluding("2024")))
                == ["2023-01-01T00:00:00.000Z", "2023-12-31T23:59:59.999Z"])
        #expect(try bounds(QueryBounds(from: .excluding("2022"), to: .excluding("2022"))) == [])
        #expect(try bounds("now/d"..<"now+1d/d") == ["2014-11-18T00:00:00.000Z", "2014-11-18T23:59:59.999Z"])
    }

    @Test func `an integer of four digits is a year, any other is milliseconds`() throws {
        let reader = FieldTestReader(now: now)
        let field = FieldDefinition("at", .date)
        #expect(
            try reader.test(.term("at", 2014), of: field)
                == .numbers([1_388_534_400_000...1_420_070_399_999]))
        #expect(try reader.test(.term("at", 20145), of: field) == .numbers([20_145...20_145]))
        #expect(try reader.test(.term("at", 20145.7), of: field) == .numbers([20_145...20_145]))
    }
}
