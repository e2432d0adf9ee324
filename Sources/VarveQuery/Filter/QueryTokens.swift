extension FieldTestReader {
    /// The tokens of a text: lower-case runs of letters and digits.
    static func tokens(of text: String) -> [[UInt8]] {
        var tokens: [[UInt8]] = []
        var token: [UInt8] = []
        for character in text.lowercased() {
            if character.isLetter || character.isNumber {
                token.append(contentsOf: character.utf8)
            } else if !token.isEmpty {
                tokens.append(token)
                token = []
            }
        }
        if !token.isEmpty { tokens.append(token) }
        return tokens
    }
}
