/// Which of the states after a power loss a test looks at.
enum CrashChoices {
    /// All combinations are listed up to this many: 12 items that are each kept or lost.
    static let combinationsMax = 1 << 12
    /// How many of one canonical kind there are at most, evenly spaced.
    private static let perKindMax = 64
    private static let randomCount = 64

    static func of(_ items: CrashItems, limit: Int, seed: UInt64) -> [CrashChoice] {
        var random = SplitMix64(seed: seed)
        let versions = self.versions(of: items)
        let combinations = count(of: versions)
        var choices: [CrashChoice]
        if let combinations {
            choices = all(versions, combinations, itemCount: items.items.count)
            // The last combination keeps everything; a limit always leaves it, and nothing.
            if combinations > 2 { choices.swapAt(1, combinations - 1) }
        } else {
            choices = canonical(itemCount: items.items.count)
            for _ in 0..<randomCount { choices.append(self.random(items.items.count, &random)) }
        }
        choices += damaged(items)
        if choices.count > limit { choices = sample(choices, limit, &random) }
        return choices
    }

    /// The items of each group, which are versions of one thing.
    private static func versions(of items: CrashItems) -> [[Int]] {
        var versions = [[Int]](repeating: [], count: items.groupCount)
        for (number, item) in items.items.enumerated() { versions[item.group].append(number) }
        return versions.filter { !$0.isEmpty }
    }

    /// How many combinations there are, one version or none of each; nil if too many.
    private static func count(of versions: [[Int]]) -> Int? {
        var count = 1
        for group in versions {
            count *= group.count + 1
            if count > combinationsMax { return nil }
        }
        return count
    }

    private static func all(_ versions: [[Int]], _ count: Int, itemCount: Int) -> [CrashChoice] {
        (0..<count).map { number in
            var rest = number
            var kept = [Bool](repeating: false, count: itemCount)
            for group in versions {
                let version = rest % (group.count + 1)
                rest /= group.count + 1
                if version > 0 { kept[group[version - 1]] = true }
            }
            return CrashChoice(kept: kept, isOneOfAll: true)
        }
    }

    /// Nothing, everything, prefixes in the order of the calls, all but one, and one alone.
    private static func canonical(itemCount: Int) -> [CrashChoice] {
        let none = CrashChoice(kept: [Bool](repeating: false, count: itemCount))
        let every = CrashChoice(kept: [Bool](repeating: true, count: itemCount))
        var choices = [none, every]
        for item in spaced(1..<itemCount) {
            choices.append(
                CrashChoice(
                    kept: [Bool](repeating: true, count: item)
                        + [Bool](repeating: false, count: itemCount - item)))
        }
        for item in spaced(0..<itemCount) {
            var allButOne = every
            allButOne.kept[item] = false
            var oneAlone = none
            oneAlone.kept[item] = true
            choices += [allButOne, oneAlone]
        }
        return choices
    }

    /// Every item kept with a chance that differs from state to state.
    private static func random(_ itemCount: Int, _ random: inout SplitMix64) -> CrashChoice {
        let share = 1 + random.next(below: 15)
        return CrashChoice(kept: (0..<itemCount).map { _ in random.chance(share, in: 16) })
    }

    /// Everything up to a sector kept, and the sector damaged; the same with all the rest kept as well.
    private static func damaged(_ items: CrashItems) -> [CrashChoice] {
        if items.state.options.sectorDamage == .never { return [] }
        let count = items.items.count
        let sectors = items.items.indices.filter { items.sector(of: $0) != nil }
        return spaced(0..<sectors.count).flatMap { at in
            CrashChoice.Damage.allCases.flatMap { damage in
                let item = sectors[at]
                var kept = [Bool](repeating: false, count: count)
                for number in 0...item { kept[number] = true }
                let upTo = CrashChoice(kept: kept, damaged: (item, damage))
                let every = CrashChoice(kept: [Bool](repeating: true, count: count), damaged: (item, damage))
                return item + 1 == count ? [every] : [upTo, every]
            }
        }
    }

    /// At most `perKindMax` numbers of the range, evenly spaced, the first and the last among them.
    private static func spaced(_ range: Range<Int>) -> [Int] {
        if range.count <= perKindMax { return Array(range) }
        return (0..<perKindMax).map {
            range.lowerBound + $0 * (range.count - 1) / (perKindMax - 1)
        }
    }

    /// The first two (nothing and everything) and others that the seed chooses, in order.
    private static func sample(
        _ choices: [CrashChoice], _ limit: Int, _ random: inout SplitMix64
    ) -> [CrashChoice] {
        var numbers = Array(choices.indices)
        let fixed = min(2, limit)
        if limit > fixed {
            for at in fixed..<limit { numbers.swapAt(at, at + random.next(below: numbers.count - at)) }
        }
        return numbers.prefix(max(limit, 0)).sorted().map { choices[$0] }
    }
}
