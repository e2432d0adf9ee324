import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `Dates` {
    private func parse(_ text: String, _ format: DateFormat = .standard) -> ParsedDate? {
        let source = bytes(text)
        return format.parse(source.rawSpan)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0, ParsedDate.Precision.second, true),
        ("2013-01-01T10:00:00Z", 1_357_034_400_000, .second, true),
        ("2013-01-01T10:00:00", 1_357_034_400_000, .second, false),
        ("2013-01-01T10:00:00.123Z", 1_357_034_400_123, .millisecond, true),
        ("2013-01-01T10:00:00,5Z", 1_357_034_400_500, .millisecond, true),
        ("2013-01-01T10:00:00.123456789Z", 1_357_034_400_123, .millisecond, true),
        ("2013-01-01T10:00:00+01:00", 1_357_030_800_000, .second, true),
        ("2013-01-01T10:00:00-0130", 1_357_039_800_000, .second, true),
        ("2013-01-01T10:00+02", 1_357_027_200_000, .minute, true),
        ("2013-01-01T10", 1_357_034_400_000, .hour, false), ("2013-01-01T", 1_356_998_400_000, .day, false),
        ("2013-01-01", 1_356_998_400_000, .day, false), ("2013-01", 1_356_998_400_000, .month, false),
        ("2013", 1_356_998_400_000, .year, false), ("0000-01-01", -62_167_219_200_000, .day, false),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999, .millisecond, true),
        ("2000-02-29", 951_782_400_000, .day, false), ("1900-03-01", -2_203_891_200_000, .day, false),
        ("0", 0, .millisecond, true), ("12345", 12_345, .millisecond, true), ("-1", -1, .millisecond, true),
        ("1356998400000", 1_356_998_400_000, .millisecond, true), ("12345.9", 12_345, .millisecond, true),
    ])
    func `a date of the default format`(
        text: String, milliseconds: Int64, precision: ParsedDate.Precision, hasOffset: Bool
    ) {
        #expect(
            parse(text) == ParsedDate(milliseconds: milliseconds, precision: precision, hasOffset: hasOffset))
    }

    @Test(arguments: [
        "", "x", "2013-", "2013-1-1", "2013-01-", "2013-00", "2013-13", "2013-01-00", "2013-01-32",
        "2013-02-29",
        "1900-02-29", "2013-04-31", "2013-01-01t10", "2013-01-01 10:00:00", "2013-01-01T1",
        "2013-01-01T24:00:00Z",
        "2013-01-01T10:60", "2013-01-01T10:00:60", "2013-01-01T10:00:00.", "2013-01-01T10:00:00.1234567890Z",
        "2013-01-01T10:00:00z", "2013-01-01T10:00:00+1", "2013-01-01T10:00:00+19:00",
        "2013-01-01T10:00:00+01:0",
        "2013-01-01T10:00:00+01:60", "2013-01-01T10:00:00ZZ", "+2013-01-01", "20130101T", "2013/01/01", "-",
        "1.",
        "99999999999999999999", " 2013", "2013 ",
    ])
    func `what is no date of the default format`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test(arguments: [
        ("epoch_second", "86400", "1970-01-02T00:00:00.000Z"),
        ("yyyy-MM-dd", "2013-05-17", "2013-05-17T00:00:00.000Z"),
        ("yyyy/MM/dd HH:mm:ss||yyyy/MM/dd", "2013/05/17", "2013-05-17T00:00:00.000Z"),
        ("yyyy/MM/dd HH:mm:ss||yyyy/MM/dd", "2013/05/17 08:30:01", "2013-05-17T08:30:01.000Z"),
        ("yyyy-MM-dd HH:mm:ss", "2013-05-17 08:30:01", "2013-05-17T08:30:01.000Z"),
        ("strict_date_time_no_millis", "2013-05-17T08:30:01+02:00", "2013-05-17T06:30:01.000Z"),
        ("basic_date", "20130517", "2013-05-17T00:00:00.000Z"),
    ])
    func `other formats`(names: String, text: String, expected: String) throws {
        let format = try #require(DateFormat(names))
        #expect(parse(text, format).map { DateText.text($0.milliseconds) } == expected)
    }

    @Test(arguments: ["", "||", "epoch_millis||", "dd.MM.yyyy", "EPOCH_MILLIS", "epoch_millis|epoch_second"])
    func `an unknown format`(names: String) {
        #expect(DateFormat(names) == nil)
    }

    @Test(arguments: [
        ("yyyy/MM/dd", "2013-05-17"), ("yyyy/MM/dd", "2013/05/17 08:30:01"),
        ("yyyy-MM-dd HH:mm:ss", "2013-05-17"),
        ("yyyy-MM-dd HH:mm:ss", "2013-05-17 08:30"), ("yyyy-MM-dd HH:mm:ss", "2013-05-17 08:30:01.5"),
        ("strict_date_time_no_millis", "2013-05-17T08:30:01"),
        ("strict_date_time_no_millis", "2013-05-17T08:30:01.5Z"),
        ("epoch_second", "9223372036854775807"), ("basic_date", "2013051"),
    ])
    func `a format takes nothing else`(names: String, text: String) throws {
        let format = try #require(DateFormat(names))
        #expect(parse(text, format) == nil)
    }

    @Test(arguments: 0..<10)
    func `a date that is written reads the same`(seed: UInt64) {
        var chance = Chance(seed: seed)
        for _ in 0..<500 {
            let milliseconds = Int64(chance.next() % 315_569_519_999_999) - 62_167_219_200_000
            #expect(parse(DateText.text(milliseconds))?.milliseconds == milliseconds)
        }
    }

    @Test func `days and dates are the same for 800 years, one after the other`() {
        var date = CivilDate(year: 1600, month: 1, day: 1)
        for number in date.dayNumber..<(date.dayNumber + 292_194) {
            #expect(CivilDate(dayNumber: number) == date && date.dayNumber == number)
            date.day += 1
            if date.day > CivilDate.daysInMonth(date.month, of: date.year) {
                date.day = 1
                date.month += 1
            }
            if date.month > 12 {
                date.month = 1
                date.year += 1
            }
        }
        #expect(date == CivilDate(year: 2400, month: 1, day: 1))
    }

    @Test func `years beyond four digits have a sign`() {
        #expect(DateText.text(253_402_300_800_000) == "+10000-01-01T00:00:00.000Z")
        #expect(DateText.text(-62_167_219_200_001) == "-0001-12-31T23:59:59.999Z")
        #expect(DateText.text(.max) == "+292278994-08-17T07:12:55.807Z")
        #expect(DateText.text(.min) == "-292275055-05-16T16:47:04.192Z")
    }
}
