import Varve

/// A composite over documents.
struct PlainComposite {
    /// One source's part of a key.
    enum Part: Equatable {
        case term(String)
        case integer(Int64)
        case double(Double)

        var text: String {
            switch self {
            case .term(let text): "\"\(text)\""
            case .integer(let number): String(number)
            case .double(let number): String(number)
            }
        }
    }

    let sources: [PlainAggregation.Source]
    let size: Int
    let after: [Part?]?

    var asked: CompositeAggregation {
        let asked = sources.enumerated().map { place, source in
            var one = CompositeAggregation.Source(
                "s\(place)", source.field, source.interval.map { .histogram(interval: $0) } ?? .terms)
            one.isDescending = source.isDescending
            one.countsMissing = source.countsMissing
            return one
        }
        return CompositeAggregation(
            asked, size: size,
            after: after.map { key in
                key.map { part -> QueryValue? in
                    switch part {
                    case nil: nil
                    case .term(let text): .string(text)
                    case .integer(let number): .integer(number)
                    case .double(let number): .double(number)
                    }
                }
            })
    }

    /// Keys in order, each with its documents.
    func buckets(_ documents: [PlainDocument]) -> [(key: [Part?], documents: [PlainDocument])] {
        var found: [(key: [Part?], documents: [PlainDocument])] = []
        var places: [[UInt8]: Int] = [:]
        for document in documents {
            for key in keys(of: document) {
                let name = Array(key.map { $0?.text ?? "nil" }.joined(separator: "|").utf8)
                if let place = places[name] {
                    found[place].documents.append(document)
                } else {
                    places[name] = found.count
                    found.append((key, [document]))
                }
            }
        }
        found.sort { compare($0.key, $1.key) < 0 }
        if let after { found = found.filter { compare($0.key, after) > 0 } }
        return Array(found.prefix(size))
    }

    private func keys(of document: PlainDocument) -> [[Part?]] {
        var keys: [[Part?]] = [[]]
        for source in sources {
            var parts = values(of: document, source)
            if parts.isEmpty {
                if !source.countsMissing { return [] }
                parts = [nil]
            }
            keys = keys.flatMap { key in parts.map { key + [$0] } }
        }
        return keys
    }

    private func values(of document: PlainDocument, _ source: PlainAggregation.Source) -> [Part?] {
        var parts: [Part] = []
        switch Plain.kinds[source.field] {
        case .term: parts = document.terms(source.field).map { .term($0) }
        case .double: parts = document.doubles(source.field).map { .double($0) }
        default: parts = document.integers(source.field).map { .integer($0) }
        }
        if let interval = source.interval {
            parts = parts.map { part in
                let number: Double
                switch part {
                case .integer(let integer): number = Double(integer)
                case .double(let double): number = double
                case .term: number = 0
                }
                return .double((number / interval).rounded(.down) * interval + 0)
            }
        }
        var distinct: [Part] = []
        for part in parts where !distinct.contains(where: { $0.text.utf8.elementsEqual(part.text.utf8) }) {
            distinct.append(part)
        }
        return distinct
    }

    private func compare(_ left: [Part?], _ right: [Part?]) -> Int {
        for (place, source) in sources.enumerated() {
            let order: Int
            switch (left[place], right[place]) {
            case (nil, nil): order = 0
            case (nil, _): order = -1
            case (_, nil): order = 1
            case (.term(let first)?, .term(let second)?):
                order = Plain.isBefore(first, second) ? -1 : Plain.isBefore(second, first) ? 1 : 0
            case (.integer(let first)?, .integer(let second)?):
                order = first < second ? -1 : first > second ? 1 : 0
            case (.double(let first)?, .double(let second)?):
                order = Plain.isBefore(first, second) ? -1 : Plain.isBefore(second, first) ? 1 : 0
            default: order = 0
            }
            if order != 0 { return source.isDescending ? -order : order }
        }
        return 0
    }
}
