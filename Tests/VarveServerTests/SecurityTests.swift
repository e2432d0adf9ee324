#if Server
import Testing
import VarveREST

@testable import VarveServer

@Suite(.timeLimit(.minutes(2))) struct `A server that asks who its callers are` {
    /// `password` at the least cost.
    private static let file = #"""
        {"users":{"root":{"hash":"$2y$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm","roles":["all_access"]}}}
        """#
    private static let right = "Authorization: Basic cm9vdDpwYXNzd29yZA=="
    private static let wrong = "Authorization: Basic cm9vdDpwYXNzd29yZQ=="

    @Test func `answers whoever proves it, over one connection`() async throws {
        try await RunningServer.run(users: Self.file) { server in
            try await Wire.connect(server.port) { wire in
                for headers in [[], [Self.wrong]] {
                    let refused = try await wire.ask(
                        "PUT", "/i/_doc/1", Array(#"{"n":1}"#.utf8), headers: headers)
                    #expect(refused.status == 401)
                    #expect(refused.text == "Unauthorized")
                    #expect(refused.headers["www-authenticate"] == #"Basic realm="OpenSearch Security""#)
                }
                let bulk = Array("{\"index\":{}}\n{\"n\":1}\n".utf8)
                #expect(try await wire.ask("POST", "/i/_bulk", bulk).status == 401)
                #expect(try await wire.ask("GET", "/i/_count", headers: [Self.right]).status == 404)
                #expect(try await wire.ask("POST", "/i/_bulk", bulk, headers: [Self.right]).status == 200)
                let head = try await wire.ask("HEAD", "/")
                #expect(head.status == 401)
                #expect(try await wire.ask("GET", "/", headers: [Self.right]).status == 200)
            }
        }
    }

    @Test func `hashes a password once`() async throws {
        let check = CryptPasswordCheck()
        let hash = try #require(SecuritySource.hash(of: Array("pw".utf8)))
        #expect(await check.proves(Array("px".utf8), hash) == .wrong)
        #expect(check.hashings == 1)
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask { #expect(await check.proves(Array("pw".utf8), hash) == .right) }
            }
        }
        #expect(check.hashings == 2)
        #expect(await check.proves(Array("px".utf8), hash) == .wrong)
        #expect(check.hashings == 3)
    }

    @Test func `forgets what was proven long ago, and keeps a bounded number`() {
        var cache = CredentialCache()
        let start = ContinuousClock.now
        let keys = (0..<(CredentialCache.countMax + 10)).map {
            cache.key([UInt8($0 & 255), UInt8($0 >> 8)], "h")
        }
        for (at, key) in keys.enumerated() { cache.insert(key, at: start + .milliseconds(at)) }
        #expect(cache.count == CredentialCache.countMax)
        let soon = start + .seconds(1)
        let found = [
            cache.contains(keys[0], at: soon), cache.contains(keys[keys.count - 1], at: soon),
            cache.contains(keys[keys.count - 1], at: soon + CredentialCache.lifetime + .seconds(5)),
        ]
        #expect(found == [false, true, false])
        #expect(cache.key([1], "a") != cache.key([1], "b"))
    }

    @Test func `does not start with a file that is wrong`() throws {
        #expect(throws: ServerSetupError.self) { try SecuritySource(path: "/does/not/exist.json") }
        #expect(throws: ServerSetupError.self) { try SecuritySource(path: "/") }
    }
}
#endif
