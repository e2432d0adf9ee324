import Varve

/// What became of a write, as a line.
enum ReceiptLine {
    static func print(_ receipt: Receipt, json: Bool) throws {
        if json {
            var line = JSONLine()
            line.add("_id", receipt.id)
            line.add("result", word(receipt.outcome))
            line.add("_seq_no", receipt.sequenceNumber.rawValue)
            line.add("_version", receipt.version)
            try Output.line(line.text)
        } else {
            try Output.line("\(word(receipt.outcome)), version \(receipt.version)")
        }
    }

    private static func word(_ outcome: Receipt.Outcome) -> String {
        switch outcome {
        case .created: "created"
        case .updated: "updated"
        case .deleted: "deleted"
        case .notFound: "not found"
        }
    }
}
