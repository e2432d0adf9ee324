/// Programs that show how the library is used. The README quotes `Readings.swift`, and `tools/quickstart` runs
/// the flights.
@main
enum Examples {
    static func main() async throws {
        var arguments = CommandLine.arguments.dropFirst()
        switch arguments.popFirst() {
        case "readings" where arguments.count == 1:
            try await readings(at: arguments.removeFirst())
        case "flights-load" where arguments.count == 2:
            try await FlightsExample(directory: arguments.removeFirst(), sample: arguments.removeFirst())
                .load()
        case "flights-check" where arguments.count == 3:
            let example = FlightsExample(directory: arguments.removeFirst(), sample: arguments.removeFirst())
            try await example.check(pointInTime: arguments.removeFirst())
        default:
            print("usage: Examples readings DIR | flights-load DIR SAMPLE | flights-check DIR SAMPLE PIT")
        }
    }
}
