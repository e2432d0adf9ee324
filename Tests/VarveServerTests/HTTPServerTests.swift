#if Server
import Testing
import VarveServer

@Suite(.timeLimit(.minutes(2))) struct `The server` {
    @Test func `indexes and gets over one connection`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                let made = try await wire.ask("PUT", "/i/_doc/1", #"{"n":1}"#)
                #expect(made.status == 201)
                #expect(made.headers["location"] == "/i/_doc/1")
                let found = try await wire.ask("GET", "/i/_doc/1")
                #expect(found.status == 200)
                #expect(found.headers["content-type"] == "application/json; charset=UTF-8")
                #expect(found.text.hasSuffix(#""_source":{"n":1}}"#))
                #expect(try await wire.ask("GET", "/i/_doc/2").status == 404)
                #expect(try await wire.ask("POST", "/_nothing/at/all/here", "{}").status == 400)
            }
        }
    }

    @Test func `answers HEAD with the type and length of its GET`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                _ = try await wire.ask("PUT", "/i/_doc/1", #"{"n":1}"#)
                for target in ["/", "/i", "/i/_doc/1", "/i/_source/1", "/i/_doc/absent"] {
                    let accepts = ["Accept-Encoding: gzip"]
                    let head = try await wire.ask("HEAD", target, headers: accepts)
                    let get = try await wire.ask("GET", target)
                    #expect(head.status == get.status, "\(target)")
                    #expect(head.headers["content-length"] == "\(get.body.count)", "\(target)")
                    #expect(head.headers["content-type"] == get.headers["content-type"], "\(target)")
                    #expect(head.headers["x-varve-plain"] == nil)
                }
            }
        }
    }

    @Test func `takes a bulk in pieces`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                try await wire.send(
                    "POST /i/_bulk?refresh=true HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n")
                for number in 0..<100 {
                    let lines = "{\"index\":{\"_id\":\"\(number)\"}}\n{\"n\":\(number)}\n"
                    // The cut falls anywhere within the lines.
                    for piece in [lines.prefix(number % 20 + 1), lines.dropFirst(number % 20 + 1)] {
                        try await wire.send("\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n")
                    }
                }
                try await wire.send("0\r\n\r\n")
                let answer = try await wire.answer()
                #expect(answer.status == 200)
                #expect(answer.text.contains(#""errors":false"#))
                let count = try await wire.ask("GET", "/i/_count")
                #expect(count.text.hasPrefix(#"{"count":100,"#))
            }
        }
    }

    /// `{"index":{"_id":"z1"}} {"n":1} {"index":{"_id":"z2"}} {"n":2}`, a line each.
    private static let zipped: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 202, 204, 75, 73, 173, 80, 178, 170, 86, 138, 207, 76, 81,
        178, 82, 170, 50, 84, 170, 173, 229, 170, 86, 202, 83, 178, 50, 4, 209, 232, 210, 70, 112, 105, 163,
        90, 46, 0, 56, 219, 79, 179, 62, 0, 0, 0,
    ]

    @Test func `inflates bodies and deflates answers`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                let encoded = ["Content-Encoding: gzip"]
                let bulk = try await wire.ask("POST", "/i/_bulk?refresh=true", Self.zipped, headers: encoded)
                #expect(bulk.status == 200)
                #expect(try await wire.ask("GET", "/i/_doc/z2").status == 200)
                // The answer to a bulk comes in pieces.
                let lines = String(repeating: "{\"index\":{}}\n{\"n\":3}\n", count: 500)
                let items = try await wire.ask(
                    "POST", "/i/_bulk", Array(lines.utf8), headers: ["Accept-Encoding: gzip, deflate"])
                #expect(items.headers["content-encoding"] != nil)
                #expect(items.headers["content-length"] == nil)
                #expect(items.body.count < 30_000)
                let long = #"{"text":"\#(String(repeating: "varve ", count: 2_000))"}"#
                _ = try await wire.ask("PUT", "/i/_doc/long", long)
                for (accepted, start) in [("gzip", [0x1F, 0x8B] as [UInt8]), ("deflate", [0x78])] {
                    let answer = try await wire.ask(
                        "GET", "/i/_doc/long", headers: ["Accept-Encoding: \(accepted)"])
                    #expect(answer.headers["content-encoding"] == accepted)
                    #expect(answer.body.starts(with: start))
                    #expect(answer.body.count < 500)
                }
                let short = try await wire.ask("GET", "/i/_doc/z1", headers: ["Accept-Encoding: gzip"])
                #expect(short.headers["content-encoding"] == nil)
            }
        }
    }

    @Test func `refuses what is compressed wrongly`() async throws {
        try await RunningServer.run { server in
            for (encoding, body, status) in [
                ("gzip", Array(Self.zipped.dropLast(20)), 400), ("gzip", Array("no gzip\n".utf8), 400),
                ("br", Self.zipped, 415),
            ] {
                try await Wire.connect(server.port) { wire in
                    let answer = try await wire.ask(
                        "POST", "/i/_bulk", body, headers: ["Content-Encoding: \(encoding)"])
                    #expect(answer.status == status)
                    #expect(await wire.isClosed())
                }
            }
        }
    }

    @Test func `refuses a body over the limit`() async throws {
        try await RunningServer.run {
            $0.bodyBytesMax = 1_000
        } _: { server in
            let text = #"{"text":"\#(String(repeating: "x", count: 1_200))"}"#
            let reason = #"{"type":"content_too_long_exception","reason":"a body has at most 1000 bytes"}"#
            try await Wire.connect(server.port) { wire in
                let answer = try await wire.ask("PUT", "/i/_doc/1", text)
                #expect(answer.status == 413)
                #expect(answer.headers["connection"] == "close")
                #expect(answer.text.contains(reason))
            }
            // The same when its length is not said.
            try await Wire.connect(server.port) { wire in
                try await wire.send(
                    "PUT /i/_doc/1 HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
                )
                #expect(try await wire.answer().status == 413)
            }
            // A bulk is no body that is collected.
            try await Wire.connect(server.port) { wire in
                let answer = try await wire.ask("POST", "/i/_bulk", "{\"index\":{}}\n\(text)\n")
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `applies nothing of a document that is cut half-way`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                // What came is a whole document; what was announced is more.
                try await wire.send(
                    "PUT /i/_doc/1 HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 20\r\n\r\n{\"n\":1}")
                wire.finish()
                #expect(await wire.isClosed())
            }
            try await Wire.connect(server.port) { wire in
                let found = try await wire.ask("GET", "/i/_doc/1")
                #expect(found.status == 404)
            }
        }
    }

    @Test func `answers what is no HTTP and goes on`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                try await wire.send("what is this\r\n\r\n")
                #expect(try await wire.answer().status == 400)
                #expect(await wire.isClosed())
            }
            try await Wire.connect(server.port) { wire in
                let long = String(repeating: "y", count: 100_000)
                let answer = try await wire.ask("GET", "/", headers: ["X-Long: \(long)"])
                #expect(answer.status == 431)
            }
            try await Wire.connect(server.port) { wire in
                let answer = try await wire.ask("GET", "/")
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `answers what came before what is no HTTP`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                try await wire.send("GET / HTTP/1.1\r\nHost: t\r\n\r\nwhat is this\r\n\r\n")
                #expect(try await wire.answer().status == 200)
                #expect(await wire.isClosed())
            }
        }
    }

    @Test func `tells who expects it to go on`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                try await wire.send(
                    "PUT /i/_doc/1 HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        + "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n")
                #expect(try await wire.answer(hasBody: false).status == 100)
                try await wire.send(#"{"n":1}"#)
                #expect(try await wire.answer().status == 201)
            }
        }
    }

    @Test func `closes what stays idle`() async throws {
        try await RunningServer.run {
            $0.idleTimeout = .milliseconds(50)
        } _: { server in
            try await Wire.connect(server.port) { wire in #expect(await wire.isClosed()) }
        }
    }

    @Test func `finishes a request that runs when it is told to stop`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                #expect(try await wire.ask("GET", "/").status == 200)
                // The answer to what is expected shows that the request was accepted.
                try await wire.send(
                    "PUT /i/_doc/1 HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        + "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n")
                #expect(try await wire.answer(hasBody: false).status == 100)
                await server.shutDown()
                try await wire.send(#"{"n":1}"#)
                #expect(try await wire.answer().status == 201)
                #expect(await wire.isClosed())
            }
        }
    }

    @Test func `knows which addresses are its own`() throws {
        for text in ["127.0.0.1:9200", "localhost:0", "[::1]:9200", "127.1.2.3:1"] {
            let address = try #require(ListenAddress(text), "\(text)")
            #expect(address.isLoopback)
            #expect(address.description == text)
        }
        for text in ["0.0.0.0:9200", "[::]:9200", "example.org:80", "127.0.0.1.example.org:80"] {
            #expect(try #require(ListenAddress(text), "\(text)").isLoopback == false)
        }
        for text in ["", "9200", ":9200", "::1:9200", "localhost:", "localhost:65536", "localhost:-1"] {
            #expect(ListenAddress(text) == nil, "\(text)")
        }
    }
}
#endif
