import VarveDocument

/// Leaves that are about terms.
extension FieldTestReader {
    func match(
        _ text: QueryValue, _ options: MatchOptions, of field: FieldDefinition
    ) throws(QueryError) -> FieldTest {
        guard field.type == .text else { return try value(text, options, of: field) }
        let tokens = (options.analyzer ?? field.queryAnalyzer).tokens(of: text.description)
        if tokens.isEmpty { return options.matchesAllWithoutTokens ? .everything : .nothing }
        return .words(WordTest(tokens: tokens, options))
    }

    /// A match on a field whose values are not cut.
    private func value(
        _ text: QueryValue, _ options: MatchOptions, of field: FieldDefinition
    ) throws(QueryError) -> FieldTest {
        if field.type == .keyword {
            guard let fuzzy = options.fuzzy else { return .words(WordTest(field.term(text.description))) }
            return .words(
                WordTest(groups: [WordTest.group(field.term(text.description), near: fuzzy)], needed: 1))
        }
        do throws(QueryError) { return try test(.term(field.path, text), of: field) } catch {
            if options.isLenient { return .nothing }
            throw error
        }
    }

    func phrase(
        _ text: QueryValue, _ options: PhraseOptions, of field: FieldDefinition
    ) throws(QueryError) -> FieldTest {
        guard field.type == .text else { return try test(.term(field.path, text), of: field) }
        let tokens = (options.analyzer ?? field.queryAnalyzer).tokens(of: text.description)
        switch tokens.count {
        case 0: return options.matchesAllWithoutTokens ? .everything : .nothing
        case 1: return .words(WordTest(tokens[0]))
        default: return .phrase(PhraseTest(terms: tokens, slop: options.slop))
        }
    }

    func pattern(_ pattern: TermPattern, of field: FieldDefinition) throws(QueryError) -> FieldTest {
        switch pattern {
        case .regexp(let text, let ignoresCase):
            try Self.expectTerms(field, for: "regexp")
            let source = field.normalized(text)
            let tree = try RegularExpressionParser.parse(source, ignoringCase: ignoresCase)
            return .automaton(try Automaton(tree, source))
        case .term(let text, let ignoresCase):
            try Self.expectTerms(field, for: "term")
            let source = field.normalized(text)
            return .automaton(try Automaton(.literal(source, ignoringCase: ignoresCase), source))
        case .prefix(let text, let ignoresCase):
            try Self.expectTerms(field, for: "prefix")
            let source = field.normalized(text)
            let tree = RegularExpression.literal(source, ignoringCase: ignoresCase)
            return .automaton(try Automaton(.sequence([tree, .anything]), source))
        case .wildcard(let text, let ignoresCase):
            try Self.expectTerms(field, for: "wildcard")
            let source = field.normalized(text)
            return .automaton(try Automaton(.wildcard(source, ignoringCase: ignoresCase), source))
        }
    }

    func fuzzy(
        _ value: QueryValue, _ options: FuzzyOptions, of field: FieldDefinition
    ) throws(QueryError) -> FieldTest {
        try Self.expectTerms(field, for: "fuzzy")
        return .words(
            WordTest(groups: [WordTest.group(field.term(value.description), near: options)], needed: 1))
    }

    static func expectTerms(_ field: FieldDefinition, for query: String) throws(QueryError) {
        if field.hasTerms { return }
        let types =
            query == "prefix" || query == "wildcard" ? "keyword, text and wildcard" : "keyword and text"
        throw QueryError(
            .invalidRequest,
            "Can only use \(query) queries on \(types) fields - not on [\(field.path)] which is of type "
                + "[\(field.typeName)]", field: field.path)
    }
}
