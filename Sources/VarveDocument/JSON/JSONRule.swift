/// The rule that bytes break when they are not JSON that we take, and where.
///
/// Small, so that the scanner's inner functions can throw it at no cost; the parser words it.
struct JSONFault: Error {
    let rule: JSONRule
    let offset: Int

    init(_ rule: JSONRule, _ offset: Int) {
        self.rule = rule
        self.offset = offset
    }
}

enum JSONRule: UInt8 {
    case valueExpected, keyExpected, colonExpected, commaOrEndExpected, endExpected
    case cutShort, literal, leadingZero, digitExpected, control, escape, hexDigit, loneSurrogate
    case utf8, duplicateKey
    case depth, keyBytes, stringBytes, numberDigits, documentBytes, fields

    var kind: DocumentError.Kind {
        switch self {
        case .utf8: .invalidUTF8
        case .depth, .keyBytes, .stringBytes, .numberDigits, .documentBytes, .fields: .limit
        default: .malformedJSON
        }
    }

    func text(_ limits: JSONLimits) -> String {
        switch self {
        case .valueExpected: "a value expected"
        case .keyExpected: "a key in quotes expected"
        case .colonExpected: "a colon expected after a key"
        case .commaOrEndExpected: "a comma or the end of the container expected"
        case .endExpected: "the end expected after the value"
        case .cutShort: "the text ends in the middle of a value"
        case .literal: "a literal is true, false or null"
        case .leadingZero: "a number does not start with a superfluous zero"
        case .digitExpected: "a digit expected"
        case .control: "a control character inside a string has to be escaped"
        case .escape: "an unknown escape"
        case .hexDigit: "an escape \\u has four hex digits"
        case .loneSurrogate: "half of a surrogate pair"
        case .utf8: "bytes that are not UTF-8"
        case .duplicateKey: "a key that its object has already"
        case .depth: "containers nest at most \(limits.depth) deep"
        case .keyBytes: "a key has at most \(limits.keyBytes) bytes"
        case .stringBytes: "a string has at most \(limits.stringBytes) bytes"
        case .numberDigits: "a number has at most \(limits.numberDigits) digits"
        case .documentBytes: "a document has at most \(limits.documentBytes) bytes"
        case .fields: "a document has at most \(limits.fields) fields"
        }
    }
}

extension DocumentError {
    init(_ fault: JSONFault, _ limits: JSONLimits) {
        self.init(
            fault.rule.kind, "\(fault.rule.text(limits)) (at byte \(fault.offset))", offset: fault.offset)
    }
}
