/// Terms of which a row must hold some, and what each counts for in the score.
struct WordTest: Equatable {
    /// What one token of the query stands for: itself, or all terms near it.
    struct Group: Equatable {
        var terms: [Term]
        /// Terms near this one, still to be looked up.
        var fuzzy: FuzzyTerm?
    }

    struct Term: Equatable {
        var bytes: [UInt8]
        var boost: Float = 1
    }

    var groups: [Group]
    /// How many groups a row must hold a term of; at least 1.
    var needed: Int

    init(_ term: [UInt8]) {
        groups = [Group(terms: [Term(bytes: term)])]
        needed = 1
    }

    init(groups: [Group], needed: Int) {
        self.groups = groups
        self.needed = needed
    }

    /// Tokens in the order of the text. Where one of them is enough or all are needed, a token that comes twice
    /// counts double.
    init(tokens: [[UInt8]], _ options: MatchOptions) {
        var groups: [Group] = []
        var needed = 1
        var joins = true
        if case .atLeast(let minimum) = options.rule {
            needed = max(minimum.required(of: tokens.count), 1)
            joins = needed == 1
        }
        for token in tokens {
            let group = Self.group(token, options)
            if joins, let known = groups.firstIndex(where: { $0.names(token) }) {
                for place in groups[known].terms.indices { groups[known].terms[place].boost += 1 }
            } else {
                groups.append(group)
            }
        }
        if case .all = options.rule { needed = groups.count }
        self.init(groups: groups, needed: needed)
    }

    private static func group(_ token: [UInt8], _ options: MatchOptions) -> Group {
        if let fuzzy = options.fuzzy { return group(token, near: fuzzy) }
        return Group(terms: [Term(bytes: token)])
    }

    static func group(_ token: [UInt8], near options: FuzzyOptions) -> Group {
        let fuzzy = FuzzyTerm(token, options)
        return fuzzy.edits == 0 ? Group(terms: [Term(bytes: token)]) : Group(terms: [], fuzzy: fuzzy)
    }
}

extension WordTest.Group {
    fileprivate func names(_ token: [UInt8]) -> Bool { terms.count == 1 && terms[0].bytes == token }
}

/// Terms that follow one another.
struct PhraseTest: Hashable {
    var terms: [[UInt8]]
    var slop: Int
}
