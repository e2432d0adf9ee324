extension String {
    /// The text as a terminal may show it: what would steer the terminal, or turn the direction of what follows,
    /// is spelt as `\u{1b}`. Ids and labels come from anyone.
    package var printable: String {
        if !unicodeScalars.contains(where: \.steersTerminals) { return self }
        var shown = ""
        for scalar in unicodeScalars {
            if scalar.steersTerminals {
                shown += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}

extension Unicode.Scalar {
    fileprivate var steersTerminals: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0x061C: true
        default: false
        }
    }
}
