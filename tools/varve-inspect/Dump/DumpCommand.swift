import ArgumentParser
import VarveBytes
import VarveFiles
import VarveManifest

struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump", abstract: "Decode files of any kind, one record at a time.")

    @Argument(help: "Files, or directories with all files of ours below them.") var paths: [String]

    func run() throws {
        var isDamaged = false
        for path in paths {
            for file in try find(path) {
                let dump = FileDump(file.path, in: file.files)
                do { try dump.run() } catch StorageError.damaged(let damage) {
                    try Output.line(
                        "damaged: \(damage.path) at byte \(Wording.grouped(damage.offset)): \(damage.rule)")
                    isDamaged = true
                }
                if dump.metDamage { isDamaged = true }
            }
        }
        if isDamaged { throw InspectFailure(.damage) }
    }

    private func find(_ path: String) throws -> [(files: any FileSystem, path: StorePath)] {
        if let files = try? ReadOnlyFiles(root: path) {
            return try below(.root, files).map { (files, $0) }
        }
        var parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        guard let name = parts.popLast(), name != "..", name != "." else {
            throw InspectFailure(.wrongUsage, "\(path) is no file")
        }
        let start = path.hasPrefix("/") ? "/" : parts.isEmpty ? "." : ""
        let files = try ReadOnlyFiles(root: start + parts.joined(separator: "/"))
        guard FileName(parsing: name) != nil else {
            throw InspectFailure(.wrongUsage, "\(path) has the name of none of our files")
        }
        return [(files, StorePath.root.appending(name))]
    }

    private func below(_ directory: StorePath, _ files: any FileSystem) throws -> [StorePath] {
        var found: [StorePath] = []
        do throws(FileError) {
            for entry in try files.list(directory) {
                let path = directory.appending(entry.name)
                if entry.kind == .file, let name = FileName(parsing: entry.name), name.kind != nil {
                    found.append(path)
                }
                if entry.kind == .directory, let inner = try? below(path, files) { found += inner }
            }
        } catch { throw StorageError.file(error) }
        return found
    }
}
