import VarveDocument

/// How a field's values read in an answer, besides their numbers: dates in a format, booleans by name.
struct ValueText {
    private enum Kind {
        case none
        case boolean
        case date(DateTextFormat, zone: Int64)
    }

    private let kind: Kind
    /// For messages and for reading.
    private let format: DateTextFormat

    init(_ field: AggregatedField.Kind, format: String?, zone: Int64) throws(QueryError) {
        switch field {
        case .boolean: kind = .boolean
        case .date: kind = .date(try DateTextFormat(format), zone: zone)
        case .term, .integer, .double, .unmapped:
            guard format == nil || field == .unmapped else {
                throw QueryError(
                    .invalidRequest, "[format] is only supported for dates, got [\(format ?? "")]")
            }
            kind = .none
        }
        if case .date(let dates, _) = kind {
            self.format = dates
        } else {
            self.format = try DateTextFormat(nil)
        }
    }

    /// The zone's clock is read from a text without an offset.
    func date(_ text: String, now: Int64, zone: Int64) throws(QueryError) -> Int64 {
        try DateMath(now: now, timeZone: zone, own: format).milliseconds(text, rounding: .down)
    }

    func text(_ value: Int64) -> String? {
        switch kind {
        case .none: nil
        case .boolean: value != 0 ? "true" : "false"
        case .date(let format, let zone): format.text(value, zone: zone)
        }
    }

    /// Of a figure: a date is cut to milliseconds.
    func text(_ value: Double) -> String? {
        switch kind {
        case .none: return nil
        case .boolean: return value != 0 ? "true" : "false"
        case .date:
            let most = Double(DateUnit.range.upperBound)
            guard value.isFinite else { return nil }
            return text(Int64(min(max(value, -most), most)))
        }
    }

    func figure(_ value: Double) -> AggregationFigure { AggregationFigure(value, text(value)) }
}
