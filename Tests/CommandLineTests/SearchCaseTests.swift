import Testing

@Suite struct `The command varve-torture search` {
    @Test func `searches, orders, pages, slices and aggregations are what a model says`() throws {
        let workspace = try Workspace()
        let run = try workspace.run("varve-torture search --cases 2400 --seed 81 --directory model")
        #expect(run.status == 0, "\(run.output.suffix(4_000)) \(run.errors)")
        #expect(run.output.hasSuffix("cases 2400, differences 0\n"))
    }
}
