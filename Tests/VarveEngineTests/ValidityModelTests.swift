import Testing

@Suite struct `The rules of visibility` {
    /// 1,200 histories in all, in parts so that they run side by side.
    @Test(arguments: 0..<12)
    func `show every readable snapshot as history has it`(part: Int) throws {
        var tally = ValidityModel.Tally()
        for seed in part * 100..<(part + 1) * 100 {
            var model = ValidityModel(seed: UInt64(seed))
            #expect(throws: Never.self, "seed \(seed)") { try model.run(steps: 400) }
            tally.segmentsRemoved += model.tally.segmentsRemoved
            tally.rebases += model.tally.rebases
            tally.travels += model.tally.travels
            tally.crashes += model.tally.crashes
            tally.merges += model.tally.merges
        }
        // None of the histories' parts may be missing for want of occasion.
        #expect(tally.segmentsRemoved > 2000)
        #expect(tally.rebases > 100)
        #expect(tally.travels > 500)
        #expect(tally.crashes > 1000)
        #expect(tally.merges > 1000)
    }

    @Test(arguments: ValidityModel.Fault.allCases)
    func `are all needed: without any one of them a third of the histories go wrong`(
        fault: ValidityModel.Fault
    ) {
        let histories = 480
        let failed = (0..<histories).count { seed in
            var model = ValidityModel(seed: UInt64(seed), fault: fault)
            do {
                try model.run(steps: 400)
                return false
            } catch {
                return true
            }
        }
        #expect(failed * 100 >= histories * 30, "\(failed) of \(histories)")
    }
}
