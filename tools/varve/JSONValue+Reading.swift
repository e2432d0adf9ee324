import VarveDocument

/// What is read out of a server's answers.
extension JSONValue {
    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var members: [Member] { if case .object(let members) = self { members } else { [] } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var integer: Int? { if case .integer(let number) = self { Int(number) } else { nil } }
    var isTrue: Bool { self == .boolean(true) }

    /// Text that is not empty.
    var given: String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}
