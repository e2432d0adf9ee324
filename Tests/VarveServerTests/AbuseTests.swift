#if Server
import NIOCore
import NIOPosix
import Testing

@testable import VarveServer

/// What clients do that mean no good, or whose network is bad, over real sockets.
@Suite(.timeLimit(.minutes(2))) struct `A server under abuse` {
    /// A request that was begun and is not finished.
    private static let begun =
        "PUT /i/_doc/1 HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"

    /// Connections that say something and nothing more.
    private func connect(_ count: Int, to port: Int, saying text: String) async throws -> [any Channel] {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        var channels: [any Channel] = []
        for _ in 0..<count {
            let channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
            channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
            channels.append(channel)
        }
        return channels
    }

    /// Closes what the server has not closed yet.
    private func close(_ channels: [any Channel]) async throws {
        for channel in channels {
            do { try await channel.close() } catch ChannelError.alreadyClosed {}
        }
    }

    @Test func `serves others while a thousand say nothing to the end`() async throws {
        try await RunningServer.run { server in
            let slow =
                try await connect(500, to: server.port, saying: Self.begun)
                + connect(500, to: server.port, saying: "GET / HTT")
            try await Wire.connect(server.port) { wire in
                for number in 0..<100 {
                    let made = try await wire.ask("PUT", "/i/_doc/\(number)", #"{"n":1}"#)
                    #expect(made.status == 201)
                }
                // Each thread of the server counts its own connections, in its own time.
                var text = ""
                while !text.contains("\nvarve_http_connections 1001\n") {
                    text = try await wire.ask("GET", "/_prometheus/metrics").text
                }
            }
            try await close(slow)
        }
    }

    @Test func `gives up on a body that does not come`() async throws {
        try await RunningServer.run {
            $0.bodyTimeout = .milliseconds(50)
        } _: { server in
            try await Wire.connect(server.port) { wire in
                try await wire.send(Self.begun)
                let answer = try await wire.answer()
                #expect(answer.status == 408)
                #expect(answer.headers["connection"] == "close")
                #expect(await wire.isClosed())
            }
            try await Wire.connect(server.port) { wire in
                let answer = try await wire.ask("GET", "/i/_doc/1")
                #expect(answer.status == 404)
            }
        }
    }

    @Test func `gives up on a body byte by byte, whatever it is`() async throws {
        let bulk =
            "POST /i/_bulk HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
            + "Content-Length: 1000000000\r\n\r\n"
        try await RunningServer.run {
            $0.bodyTimeout = .milliseconds(100)
            $0.bodyBytesPerTimeout = 1 << 30
        } _: { server in
            // A loop that is handed one byte after the other would not come to what the server waits for.
            let restless = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            try await Wire.connect(server.port, on: restless) { wire in
                try await wire.send(bulk)
                // The server closes; until then every byte is one more sign of life that does not count.
                while true {
                    do { try await wire.send(" ") } catch { break }
                    await Task.yield()
                }
                #expect(await wire.isClosed())
            }
            try await restless.shutdownGracefully()
        }
    }

    @Test func `waits for a body only while it wants one`() {
        var options = ServerOptions()
        options.bodyTimeout = .seconds(10)
        options.bodyBytesPerTimeout = 1_000
        var patience = BodyPatience(options)
        let start = ContinuousClock.now
        patience.begin()
        #expect(patience.left(at: start + .seconds(100)) == .seconds(10))
        patience.want(at: start)
        patience.want(at: start + .seconds(3))
        #expect(patience.left(at: start + .seconds(4)) == .seconds(6))
        patience.receive(1, at: start + .seconds(4))
        #expect(patience.left(at: start + .seconds(50)) == .seconds(6))
        patience.want(at: start + .seconds(50))
        #expect(patience.left(at: start + .seconds(57)) == .seconds(-1))
        // What came fast buys time for what follows.
        patience.receive(2_000, at: start + .seconds(50))
        #expect(patience.left(at: start + .seconds(90)) == .seconds(26))
    }

    @Test func `answers one connection too many with 503`() async throws {
        try await RunningServer.run {
            $0.connectionsMax = 3
        } _: { server in
            let held = try await connect(3, to: server.port, saying: "GET")
            // Until the server's threads have counted all three, a fourth is served.
            var status = 200
            while status == 200 {
                try await Wire.connect(server.port) { wire in
                    let answer = try await wire.ask("GET", "/")
                    status = answer.status
                    guard status != 200 else { return }
                    #expect(answer.headers["connection"] == "close")
                    #expect(await wire.isClosed())
                }
            }
            #expect(status == 503)
            try await close(held)
            // Their ends are seen one after the other.
            while status == 503 {
                try await Wire.connect(server.port) { wire in status = try await wire.ask("GET", "/").status }
            }
            #expect(status == 200)
        }
    }

    @Test func `closes what it cannot even refuse`() async throws {
        try await RunningServer.run {
            $0.connectionsMax = 1
            $0.idleTimeout = .seconds(3_600)
        } _: { server in
            // One is served and 256 wait for a request to be refused. Which one is too many, only the server's
            // threads know.
            let held = try await connect(258, to: server.port, saying: "GET")
            try await withThrowingTaskGroup { group in
                for channel in held { group.addTask { try await channel.closeFuture.get() } }
                try await group.next()
                #expect(held.count { !$0.isActive } == 1)
                try await close(held)
            }
        }
    }

    @Test func `closes who does not take an answer`() async throws {
        try await RunningServer.run {
            $0.answerTimeout = .milliseconds(200)
        } _: { server in
            try await Wire.connect(server.port) { wire in
                let long = #"{"text":"\#(String(repeating: "varve ", count: 200_000))"}"#
                let made = try await wire.ask("PUT", "/i/_doc/1", long)
                #expect(made.status == 201)
            }
            let asked = String(repeating: "GET /i/_source/1 HTTP/1.1\r\nHost: t\r\n\r\n", count: 50)
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(ChannelOptions.autoRead, value: false)
            let channel = try await bootstrap.connect(host: "127.0.0.1", port: server.port).get()
            try await channel.writeAndFlush(ByteBuffer(string: asked))
            // Only whoever looks can see a close without reading.
            var open = 2
            while open > 1 {
                try await Wire.connect(server.port) { wire in
                    let text = try await wire.ask("GET", "/_prometheus/metrics").text
                    let line = text.split(separator: "\n").first { $0.hasPrefix("varve_http_connections ") }
                    open = Int(line?.split(separator: " ").last ?? "") ?? 2
                }
            }
            try? await channel.close()
        }
    }

    @Test func `refuses megabytes of headers`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                try await wire.send("GET / HTTP/1.1\r\nHost: t\r\n")
                let line = "X-Filler: \(String(repeating: "y", count: 1_000))\r\n"
                let piece = String(repeating: line, count: 100)
                for _ in 0..<100 { do { try await wire.send(piece) } catch { break } }
                let answer = try? await wire.answer()
                #expect(answer == nil || answer?.status == 431)
                #expect(await wire.isClosed())
            }
            try await Wire.connect(server.port) { wire in
                let answer = try await wire.ask("GET", "/")
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `answers pipelined requests in their order`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                var text = ""
                for number in 0..<200 {
                    let body = #"{"n":\#(number)}"#
                    text +=
                        "PUT /i/_doc/\(number) HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                }
                try await wire.send(text)
                for number in 0..<200 {
                    let answer = try await wire.answer()
                    #expect(answer.headers["location"] == "/i/_doc/\(number)")
                }
            }
        }
    }

    @Test func `speaks HTTP 1.0`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                try await wire.send("GET / HTTP/1.0\r\n\r\n")
                let answer = try await wire.answer()
                #expect(answer.status == 200)
                #expect(answer.headers["transfer-encoding"] == nil)
                #expect(answer.text.contains(#""distribution":"opensearch""#))
                #expect(await wire.isClosed())
            }
        }
    }

    @Test func `refuses what grows beyond reason`() async throws {
        try await RunningServer.run { server in
            for target in ["/i/_doc/1", "/i/_bulk"] {
                try await Wire.connect(server.port) { wire in
                    let answer = try await wire.ask(
                        "POST", target, Bomb.gzip, headers: ["Content-Encoding: gzip"])
                    #expect(answer.status == 413)
                    #expect(await wire.isClosed())
                }
            }
        }
    }

    @Test func `blames whoever sends it`() async throws {
        let deep = String(repeating: #"{"a":"#, count: 10_000) + "1" + String(repeating: "}", count: 10_000)
        let arrays =
            #"{"a":"# + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}"
        let should =
            String(repeating: #"{"bool":{"must":"#, count: 5_000) + "{}"
            + String(repeating: "}}", count: 5_000)
        try await RunningServer.run { server in
            for (method, target, body) in [
                ("PUT", "/i/_doc/1", deep), ("PUT", "/i/_doc/1", arrays), ("POST", "/i/_search", deep),
                ("POST", "/_search", #"{"query":\#(should)}"#), ("PUT", "/..%2f..", "{}"),
                ("PUT", "/%2e%2e", "{}"), ("PUT", "/a%00b", "{}"), ("PUT", "/%ff%fe", "{}"),
                ("PUT", "/..%2f../_doc/1", "{}"), ("GET", "/%", ""), ("GET", "/_search?size=1e99", ""),
                ("POST", "/_search", #"{"size":-1}"#), ("POST", "/_search", "null"),
                ("POST", "/_search", "[1]"),
                ("POST", "/_bulk", "{}\n{}\n"),
                ("DELETE", "/_search/point_in_time", #"{"pit_id":["\#(arrays)"]}"#),
                ("POST", "/_search/scroll", #"{"scroll_id":"x"}"#), ("PATCH", "/i", "{}"),
                ("POST", "/_aliases", #"{"actions":[{}]}"#),
            ] {
                try await Wire.connect(server.port) { wire in
                    let answer = try await wire.ask(method, target, body)
                    #expect(
                        400..<500 ~= answer.status,
                        "\(method) \(target): \(answer.status) \(answer.text.prefix(200))")
                }
            }
            try await Wire.connect(server.port) { wire in
                // A document that is refused has made its index, as in OpenSearch; no name has made another.
                let names = try await wire.ask("GET", "/_cat/indices?h=index")
                #expect(names.text == "i\n")
            }
        }
    }

    @Test func `stores what is right of a bulk with one wrong line`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                let mapping = #"{"mappings":{"properties":{"n":{"type":"long"}}}}"#
                _ = try await wire.ask("PUT", "/i", mapping)
                var lines = ""
                for number in 0..<10_000 {
                    lines +=
                        "{\"index\":{\"_id\":\"\(number)\"}}\n{\"n\":\(number == 7_000 ? "\"many\"" : "1")}\n"
                }
                let answer = try await wire.ask("POST", "/i/_bulk?refresh=true", lines)
                #expect(answer.status == 200)
                #expect(answer.text.contains(#""errors":true"#))
                #expect(answer.text.matches(of: #/"status":400/#).count == 1)
                let count = try await wire.ask("GET", "/i/_count")
                #expect(count.text.hasPrefix(#"{"count":9999,"#))
            }
        }
    }

    @Test func `tells a second server that the address is taken`() async throws {
        try await RunningServer.run { first in
            var options = ServerOptions()
            options.address = ListenAddress("127.0.0.1:\(first.port)") ?? options.address
            options.logLevel = .critical
            let second = HTTPServer(store: first.store, options: options)
            var reason = ""
            do { try await second.run() } catch { reason = "\(error)" }
            #expect(reason == "cannot listen on 127.0.0.1:\(first.port): another program does")
        }
    }

    @Test func `counts what it does`() async throws {
        try await RunningServer.run { server in
            try await Wire.connect(server.port) { wire in
                _ = try await wire.ask("PUT", "/i/_doc/1?refresh=true", #"{"n":1}"#)
                _ = try await wire.ask("GET", "/i/_doc/2")
                _ = try await wire.ask("POST", "/i/_bulk?refresh=true", "{\"index\":{}}\n{\"n\":1}\n")
                _ = try await wire.ask("POST", "/i/_search/point_in_time?keep_alive=1m")
                _ = try await wire.ask("GET", "/no/such/path/at/all")
                let answer = try await wire.ask("GET", "/_prometheus/metrics")
                #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
                let lines = Set(answer.text.split(separator: "\n").map(String.init))
                for line in [
                    #"varve_http_requests_total{method="PUT",route="/{index}/_doc/{id}",status="201"} 1"#,
                    #"varve_http_requests_total{method="GET",route="/{index}/_doc/{id}",status="404"} 1"#,
                    #"varve_http_requests_total{method="POST",route="/{index}/_bulk",status="200"} 1"#,
                    #"varve_http_requests_total{method="",route="",status="400"} 1"#,
                    #"varve_http_request_duration_seconds_count{method="PUT",route="/{index}/_doc/{id}"} 1"#,
                    #"varve_http_request_bytes_total{method="PUT",route="/{index}/_doc/{id}"} 7"#,
                    "varve_http_connections 1", "varve_points_in_time 1",
                    "varve_points_in_time_created_total 1",
                    "varve_points_in_time_expired_total 0", #"varve_documents{index="i"} 2"#,
                ] {
                    let isThere = lines.contains(line)
                    #expect(isThere, "\(line)")
                }
                #expect(answer.text.contains("\nprocess_resident_memory_bytes "))
                #expect(answer.text.contains(#"varve_log_bytes{index="i"} "#))
            }
        }
    }
}
#endif
