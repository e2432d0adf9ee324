#if Server
import VarveBytes
import VarveDocument
import VarveFiles
import VarveREST

/// The settings that somebody gave, each with where it came from: a flag before the environment before a file.
struct SettingValues {
    struct Given {
        let text: String
        /// How an error names the place: `--listen`, `VARVE_LISTEN`, `listen in varve.json`.
        let origin: String
    }

    private var given: [ServerSetting: Given] = [:]

    init(
        flags: [ServerSetting: String], environment: (String) -> String?, file: String?
    ) throws {
        if let file { try read(file) }
        for setting in ServerSetting.allCases {
            if let text = environment(setting.variable), !text.isEmpty {
                given[setting] = Given(text: text, origin: setting.variable)
            }
            if let text = flags[setting] { given[setting] = Given(text: text, origin: setting.flag) }
        }
    }

    /// One flat JSON object.
    private mutating func read(_ path: String) throws {
        let bytes = try SetupFile.read(path, as: "the configuration file", bytesMax: 1 << 20)
        let json: JSONValue
        do { json = try JSONValue(parsing: bytes.rawSpan) } catch {
            throw ServerSetupError("the configuration file \(path): \(error)")
        }
        guard case .object(let members) = json else {
            throw ServerSetupError("the configuration file \(path) is no JSON object")
        }
        for member in members {
            guard let setting = ServerSetting(rawValue: member.key) else {
                let names = ServerSetting.allCases.map(\.rawValue)
                throw ServerSetupError(
                    "the configuration file \(path) has the unknown key [\(member.key)]"
                        + Suggestion.text(for: member.key, among: names, arrow: ","))
            }
            let origin = "\(member.key) in \(path)"
            guard let text = Self.text(member.value) else {
                throw ServerSetupError("\(origin) is neither a string nor a number nor true or false")
            }
            given[setting] = Given(text: text, origin: origin)
        }
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .boolean(let flag): flag ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    // MARK: Reading

    subscript(setting: ServerSetting) -> String? { given[setting]?.text }

    /// - Parameters:
    ///   - rule: What a value is, as the error says it.
    ///   - read: Nil for what breaks the rule.
    func value<Value>(
        _ setting: ServerSetting, _ rule: String, _ read: (String) -> Value?
    ) throws -> Value? {
        guard let found = given[setting] else { return nil }
        if let value = read(found.text) { return value }
        throw ServerSetupError("\(found.origin) is \(rule), not \(found.text)")
    }

    func number(_ setting: ServerSetting, in range: ClosedRange<Int>) throws -> Int? {
        try value(setting, "\(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ setting: ServerSetting, _ type: Choice.Type
    ) throws -> Choice? where Choice.RawValue == String {
        let names = type.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(setting, "one of \(names)") { Choice(rawValue: $0) }
    }
}
#endif
