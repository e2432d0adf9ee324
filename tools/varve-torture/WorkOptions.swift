import ArgumentParser
import Foundation

/// The directory that a run works in.
struct WorkOptions: ParsableArguments {
    @Option(help: "The directory to work in; it must be empty or missing.")
    var directory: String

    /// Makes the directory, which only this user may enter.
    ///
    /// - Returns: Its path.
    func make() throws -> String {
        let manager = FileManager.default
        let path = URL(filePath: directory).path
        try manager.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard try manager.contentsOfDirectory(atPath: path).isEmpty else {
            throw ValidationError("\(path) is not empty")
        }
        return path
    }
}
