import VarveBytes
package import VarveFiles

extension ShardLayout {
    /// Moves a damaged file of the shard to `quarantine/`, with a `.why.json` beside it that says why.
    ///
    /// A service to people: the file is out of use already, and nothing reads it there. So a failure changes
    /// nothing for the store and is not reported; the file then stays where it was.
    package func quarantine(_ name: FileName, because reason: StorageError, in environment: Environment) {
        let files = environment.files
        try? files.createDirectory(quarantine)
        do throws(FileError) {
            try files.rename(path(name), to: quarantine.appending(name.text))
            let why = try files.createFile(quarantine.appending("\(name).why.json"))
            let text = """
                {"file":"\(name)","why":"\(reason.description.escapedForJSON)",\
                "moved_at":\(environment.clock.wallMilliseconds)}\n
                """
            try why.write(Array(text.utf8).rawSpan, at: 0)
            try why.sync()
            try files.syncDirectory(quarantine)
            try files.syncDirectory(directory)
        } catch {}
    }
}

extension String {
    /// The text as it stands inside a JSON string.
    var escapedForJSON: String {
        var escaped = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"", "\\": escaped += "\\\(scalar)"
            case "\u{0}"..<"\u{20}":
                escaped += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
