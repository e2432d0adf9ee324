import VarveBytes
package import VarveDocument

/// Reads dropped messages once more.
package struct LetterRetry {
    private let settings: IngestionSettings

    package init(_ settings: IngestionSettings) { self.settings = settings }

    /// Appends what a letter's message says. A message that says nothing is settled by that.
    package func append(
        _ letter: DeadLetter, to builder: inout BatchBuilder
    ) throws(MessageError) {
        if letter.isCut {
            throw MessageError(
                letter.stage,
                DocumentError(.limit, "the message is longer than what is kept of one, and was cut"))
        }
        if letter.isTombstone {
            guard settings.tombstones == .delete else {
                throw MessageError(.mapping, DocumentError(.malformedJSON, "a message without payload"))
            }
            if let key = letter.key { _ = try builder.appendTombstone(key: key.rawSpan) }
            return
        }
        let placeID = Array(letter.placeID.utf8)
        _ = try builder.appendMessage(
            letter.payload.rawSpan, format: settings.format, placeID: placeID.rawSpan)
    }
}
