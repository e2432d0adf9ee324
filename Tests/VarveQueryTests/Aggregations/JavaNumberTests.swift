import Testing

@testable import VarveQuery

@Suite struct `Numbers as Java writes them` {
    @Test(arguments: [
        (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (100.0, "100.0"), (9_999_999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (1e10, "1.0E10"), (1.5e300, "1.5E300"), (-2.25e21, "-2.25E21"), (0.001, "0.001"), (0.00099, "9.9E-4"),
        (1e-5, "1.0E-5"), (123_456_789.125, "1.23456789125E8"), (0.1, "0.1"),
    ]) func `have an exponent below a thousandth and from ten millions on`(number: Double, text: String) {
        #expect(JavaNumber.text(number) == text)
    }

    @Test func `have the digits that a float needs`() {
        #expect(JavaNumber.text(Float(0.1)) == "0.1")
        #expect(JavaNumber.text(Float(16_777_216)) == "1.6777216E7")
    }
}
