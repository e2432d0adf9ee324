import Foundation
import Testing

@Suite struct `The script tools/test` {
    /// A `swift` that does nothing but what the test wants of it, in front of the real one.
    private func prepared(build: String) throws -> Workspace {
        let workspace = try Workspace()
        try workspace.makeDirectory("bin")
        let swift = """
            #!/bin/bash
            case "$1" in
                --version) echo "Swift version 6.3.1" ;;
                build) \(build) ;;
                test) echo "$@" >> tested ;;
            esac
            """
        try workspace.write(swift, to: "bin/swift")
        try workspace.write("#!/bin/bash\necho 'install ok installed'\n", to: "bin/dpkg-query")
        try workspace.makeDirectory("tools")
        try workspace.write("#!/bin/bash\ntouch documented\n", to: "tools/documentation")
        try workspace.write("#!/bin/bash\ntouch served\n", to: "tools/clients")
        try workspace.write("#!/bin/bash\necho export VARVE_KAFKA_SERVER=k\n", to: "tools/brokers")
        _ = try workspace.shell(
            "cp \(Workspace.repository)/tools/{test,environment} tools; chmod +x bin/* tools/*")
        return workspace
    }

    private func run(_ workspace: Workspace) throws -> (status: Int32, output: String) {
        let status = try workspace.shell(
            "tools/test > out.txt 2>&1", path: workspace.path + "/bin")
        return (status, try workspace.read("out.txt"))
    }

    @Test func `ends with a build that fails, and shows what the build said`() throws {
        let workspace = try prepared(build: "echo '[1/2] Compiling'; echo 'error: no such module'; exit 1")
        let (status, output) = try run(workspace)
        #expect(status == 1)
        #expect(output.hasSuffix("error: no such module\n"), "\(output)")
        #expect(!output.contains("[1/2]"))
        #expect(try !workspace.names(in: "").contains("tested"))
    }

    @Test func `goes on to the tests after a build that has nothing to say`() throws {
        let workspace = try prepared(build: "echo '[1/2] Compiling'")
        let (status, output) = try run(workspace)
        #expect(status == 0, "\(output)")
        #expect(try workspace.names(in: "").contains("documented"))
        #expect(try workspace.names(in: "").contains("served"))
        // What starts servers runs behind all else, with the traits that everything was built with.
        let runs = try workspace.read("tested").split(separator: "\n").map { $0.split(separator: " ") }
        #expect(runs.count == 2)
        #expect(
            runs.allSatisfy {
                $0.starts(with: ["test", "--traits", "default,Kafka,Kinesis", "--skip-build"])
            })
        #expect(runs.map { $0.dropLast().last } == ["--skip", "--filter"])
        #expect(runs[0].last == runs[1].last)
    }
}
