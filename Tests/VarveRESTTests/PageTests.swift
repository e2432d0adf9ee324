import Testing
import VarveIngest

@testable import VarveREST

@Suite struct `The page of a server` {
    @Test func `is one document whose own style and script alone run`() async throws {
        let server = try await Server()
        let page = await server.send("GET", "/_varve/", type: nil)
        #expect(page.status == 200 && page.contentType == "text/html; charset=UTF-8")
        let policy = try #require(page.headers.first { $0.name == "Content-Security-Policy" }?.value)
        let nonce = try #require(policy.split(separator: "'nonce-").dropFirst().first?.prefix { $0 != "'" })
        #expect(
            policy.hasPrefix("default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)';"))
        for tag in ["script", "style"] {
            #expect(page.text.ranges(of: "<\(tag)").count == 1)
            #expect(page.text.contains("<\(tag) nonce=\"\(nonce)\">"))
        }
        let next = await server.send("GET", "/_varve", type: nil)
        #expect(!next.text.contains(nonce) && next.text.utf8.count == page.text.utf8.count)
        #expect(await server.send("HEAD", "/_varve/", type: nil).contentLength == page.byteCount)
        await server.expect("POST", "/_varve/", 405)
    }

    @Test func `loads nothing from anywhere else`() async throws {
        let page = await (try await Server()).send("GET", "/_varve/", type: nil).text
        let outside = page.matches(of: /(https?:)?\/\/[a-z.]+[^ "']*/).map { String($0.output.0) }
        #expect(Set(outside) == ["http://www.w3.org/2000/svg"], "the name of a namespace is no address")
        for word in ["src=", "@import", "url(", "import("] { #expect(!page.contains(word), "\(word)") }
    }

    /// What came from the store is put in as text: nothing in the script makes markup or code of a string, so an error
    /// with a tag in it is shown as it is written.
    @Test func `makes no markup of what a store says`() async throws {
        let server = try await Server.pulling()
        let hostile = "<script>alert(1)</script>"
        try server.feed(#"{"_id":"1","_source":{"n":"\#(hostile)"}}"#)
        await server.expect(
            "PUT", "/i",
            String(server.settings(#""error_strategy":"block""#).dropLast())
                + #","mappings":{"properties":{"n":{"type":"long"}}}}"#, 200)
        try await server.wait { $0.failure != nil }
        let state = await server.expect("GET", "/_all/ingestion/_state?verbose", 200)
        #expect(state.contains(hostile), "\(state)")
        #expect(!(await server.send("GET", "/_varve/", type: nil).text.contains(hostile)))
        for word in [
            "innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function(", "setHTML",
            "srcdoc", "DOMParser", "createContextualFragment", "javascript:", ".href",
        ] { #expect(!PageScript.text.contains(word), "\(word)") }
        // The only attributes that a script of ours names a value for.
        let attributes = PageScript.text.matches(of: /setAttribute\("([A-Za-z-]+)"/).map(\.output.1)
        #expect(Set(attributes) == ["viewBox", "role", "class", "d", "aria-label"])
    }

    @Test func `takes the right that the root takes`() async throws {
        let server = try await SecuredServer(cluster: ["cluster:monitor/main"], [])
        #expect(await server.send("root", "PUT", "/i").status == 200)
        #expect(await server.send("u", "GET", "/_varve/").status == 200)
        #expect(await server.send("u", "GET", "/_cat/indices").status == 403)
        let other = try await SecuredServer(cluster: ["cluster:monitor/health"], [])
        #expect(await other.send("u", "GET", "/_varve/").status == 403)
        let unknown = await other.server.service.respond(to: RESTRequest("GET", "/_varve/"))
        #expect(unknown.status == 401)
    }

    @Test func `asks requests that there are`() async throws {
        let server = try await Server.pulling()
        await server.expect("PUT", "/i", server.settings(), 200)
        await server.fill("plain")
        _ = await server.openPointInTime("plain")
        let targets = PageScript.text.matches(of: /["`](\/_[a-z_\/]+(\?[a-z_]+(=[a-z0-9]+)?)?)/).map(
            \.output.1)
        #expect(targets.count == 3)
        for target in targets {
            let status = await server.send("GET", String(target), type: nil).status
            #expect(status == 200, "\(target)")
        }
        let points = await server.expect("GET", "/_search/point_in_time/_all?size=200", 200)
        #expect(points.contains(#""indices":["plain"],"size_in_bytes":"#), "\(points)")
    }

    @Test func `of another site changes nothing here`() async throws {
        let server = try await Server()
        func status(_ method: String, _ site: String?) async -> Int {
            await server.service.respond(
                to: RESTRequest(method, "/_refresh", headers: site.map { [("Sec-Fetch-Site", $0)] } ?? [])
            ).status
        }
        for site in [nil, "same-origin", "none"] { #expect(await status("POST", site) == 200) }
        for site in ["cross-site", "same-site"] {
            #expect(await status("POST", site) == 403)
            #expect(await status("GET", site) == 200)
        }
    }
}
