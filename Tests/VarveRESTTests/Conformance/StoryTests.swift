import Testing

@testable import VarveREST

@Suite struct `Conformance 20: stories of aliases` {
    @Test func `an alias is made, shown, searched through and removed`() async throws {
        let server = try await Server()
        await server.fill("i", 5)
        await server.expect(
            "PUT", "/i/_alias/a",
            #"{"filter":{"range":{"n":{"lte":2}}},"index_routing":"x","search_routing":"x,y","is_write_index":true}"#,
            200, #"{"acknowledged":true}"#)
        let shown =
            #"{"i":{"aliases":{"a":{"filter":{"range":{"n":{"lte":2}}},"index_routing":"x","search_routing":"x,y","is_write_index":true}}}}"#
        for path in ["/_alias", "/_alias/a", "/i/_alias", "/i/_alias/a*", "/_alias/_all"] {
            await server.expect("GET", path, 200, shown)
        }
        await server.expect("GET", "/a/_count?filter_path=count", 200, #"{"count":2}"#)
        await server.expect("GET", "/i,a/_count?filter_path=count", 200, #"{"count":5}"#)
        await server.expect("GET", "/i*/_count?filter_path=count", 200, #"{"count":5}"#)
        #expect(await server.send("HEAD", "/_alias/a").status == 200)
        #expect(await server.send("HEAD", "/i/_alias/b").status == 404)
        await server.expect("GET", "/_alias/b", 404, #"{"error":"alias [b] missing","status":404}"#)
        await server.expect(
            "GET", "/_cat/aliases?v", 200,
            "alias index filter routing.index routing.search is_write_index\na     i     *      x             x,y            true\n"
        )
        let again = try await server.reopened()
        await again.expect("GET", "/_alias/a", 200, shown)
        await again.expect("DELETE", "/i/_alias/a", 200, #"{"acknowledged":true}"#)
        await again.expect("GET", "/_alias", 200, #"{"i":{"aliases":{}}}"#)
        await again.refuses(
            "DELETE", "/i/_alias/a", "", 404, "aliases_not_found_exception", "aliases [a] missing",
            extra: #","resource.type":"aliases","resource.id":"a""#)
    }

    @Test func `many changes are one, or none`() async throws {
        let server = try await Server()
        await server.fill("a", 1)
        await server.fill("b", 2)
        await server.expect("PUT", "/a/_alias/now", 200)
        await server.expect(
            "POST", "/_aliases",
            #"{"actions":[{"remove":{"index":"a","alias":"now"}},{"add":{"index":"b","alias":"now"}},{"remove":{"index":"b","alias":"none"}}]}"#,
            404)
        await server.expect("GET", "/_alias/now", 200, #"{"a":{"aliases":{"now":{}}}}"#)
        await server.expect(
            "POST", "/_aliases",
            #"{"actions":[{"remove":{"index":"a","alias":"now"}},{"add":{"indices":["b"],"aliases":["now","later"]}},{"remove_index":{"index":"a"}}]}"#,
            200, #"{"acknowledged":true}"#)
        await server.expect("GET", "/_alias", 200, #"{"b":{"aliases":{"later":{},"now":{}}}}"#)
        #expect(await server.send("HEAD", "/a").status == 404)
        await server.refuses(
            "POST", "/_aliases", #"{"actions":[]}"#, 400, "action_request_validation_exception",
            "Validation Failed: 1: Must specify at least one alias action;")
        await server.refuses(
            "POST", "/_aliases", #"{"actions":[{"add":{"index":"b","alias":"b"}}]}"#, 400,
            "invalid_alias_name_exception",
            "Invalid alias name [b], an index or data stream exists with the same name as the alias")
        await server.refuses(
            "DELETE", "/now", 400, "illegal_argument_exception",
            "The provided expression [now] matches an alias, specify the corresponding concrete indices instead."
        )
    }

    @Test func `writes go to the write index, reads to the only one`() async throws {
        let server = try await Server()
        await server.fill("a", 1)
        await server.fill("b", 1)
        await server.expect(
            "POST", "/_aliases",
            #"{"actions":[{"add":{"index":"a","alias":"w"}},{"add":{"index":"b","alias":"w","is_write_index":true}}]}"#,
            200)
        await server.expect("PUT", "/w/_doc/7?filter_path=_index", #"{"n":7}"#, 201, #"{"_index":"b"}"#)
        await server.refuses(
            "GET", "/w/_doc/7", 400, "illegal_argument_exception",
            "alias [w] has more than one index associated with it [a, b], can't execute a single index op")
        await server.refuses(
            "POST", "/_aliases", #"{"actions":[{"add":{"index":"a","alias":"w","is_write_index":true}}]}"#,
            400,
            "illegal_state_exception", "alias [w] has more than one write index [a,b]")
        await server.expect(
            "POST", "/_aliases",
            #"{"actions":[{"remove":{"index":"b","alias":"w"}},{"add":{"index":"a","alias":"w","is_write_index":false}}]}"#,
            200)
        await server.refuses(
            "PUT", "/w/_doc/8", #"{"n":8}"#, 400, "illegal_argument_exception",
            "no write index is defined for alias [w]. The write index may be explicitly disabled using is_write_index=false or the alias points to multiple indices without one being designated as a write index"
        )
    }
}

@Suite struct `Conformance 20: stories of documents` {
    @Test func `a routing value chooses the shard and is shown`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"settings":{"number_of_shards":5,"number_of_replicas":0}}"#, 200)
        for number in 0..<20 {
            await server.expect("PUT", "/i/_doc/\(number)?routing=r\(number % 3)", #"{"n":\#(number)}"#, 201)
        }
        for isRefreshed in [false, true] {
            if isRefreshed { await server.expect("POST", "/i/_flush", 200) }
            await server.expect(
                "GET", "/i/_doc/4?routing=r1&filter_path=_routing,found", 200,
                #"{"_routing":"r1","found":true}"#)
        }
        await server.expect(
            "GET", "/i/_count?routing=r0&q=_routing:r0&filter_path=count,_shards.total", 200,
            #"{"count":7,"_shards":{"total":1}}"#)
        await server.expect(
            "POST", "/i/_search?filter_path=hits.hits._id,hits.hits._routing", #"{"query":{"term":{"n":5}}}"#,
            200,
            #"{"hits":{"hits":[{"_id":"5","_routing":"r2"}]}}"#)
        await server.expect(
            "POST", "/i/_update/4?routing=r1&filter_path=result", #"{"doc":{"m":1}}"#, 200,
            #"{"result":"updated"}"#)
        await server.expect(
            "DELETE", "/i/_doc/4?routing=r1&filter_path=result", 200, #"{"result":"deleted"}"#)
        let again = try await server.reopened()
        await again.expect("GET", "/i/_doc/5?routing=r2&filter_path=_routing", 200, #"{"_routing":"r2"}"#)
        let mapping = await again.expect("GET", "/i/_mapping", 200)
        #expect(!mapping.contains("_routing"))
        await again.refuses(
            "PUT", "/i/_doc/1", #"{"_routing":"x"}"#, 400, "mapper_parsing_exception",
            "Field [_routing] is a metadata field and cannot be added inside a document. Use the index API request parameters."
        )
    }

    @Test func `a get sees what is not refreshed, unless told not to`() async throws {
        let server = try await Server()
        await server.fill("i", 1)
        await server.expect("PUT", "/i/_doc/1", #"{"n":2}"#, 200)
        await server.expect("GET", "/i/_source/1", 200, #"{"n":2}"#)
        await server.expect("GET", "/i/_source/1?realtime=false", 200, #"{"n":1}"#)
        await server.expect("GET", "/i/_source/1?realtime=false&refresh=true", 200, #"{"n":2}"#)
        await server.expect("GET", "/i/_doc/1?version=1", 409)
    }

    @Test func `a query deletes what it finds`() async throws {
        let server = try await Server()
        await server.fill("i", 10, #"{"settings":{"number_of_shards":2}}"#)
        await server.expect(
            "POST", "/i/_delete_by_query?refresh=true&scroll_size=2", #"{"query":{"range":{"n":{"gt":7}}}}"#,
            200,
            #"{"took":0,"timed_out":false,"total":3,"deleted":3,"batches":2,"version_conflicts":0,"noops":0,"retries":{"bulk":0,"search":0},"throttled_millis":0,"requests_per_second":-1.0,"throttled_until_millis":0,"failures":[]}"#
        )
        await server.expect("GET", "/i/_count?filter_path=count", 200, #"{"count":7}"#)
        await server.expect("PUT", "/i/_doc/1", #"{"n":1,"m":1}"#, 200)
        let kept = await server.expect(
            "POST", "/i/_delete_by_query?conflicts=proceed&refresh=true", #"{"query":{"match_all":{}}}"#, 200)
        #expect(kept.contains(#""total":7,"deleted":6,"batches":1,"version_conflicts":1,"#))
        await server.expect("GET", "/i/_count?filter_path=count", 200, #"{"count":1}"#)
        await server.refuses(
            "POST", "/i/_delete_by_query", "{}", 400, "action_request_validation_exception",
            "Validation Failed: 1: query is missing;")
        await server.expect("POST", "/i/_update_by_query", 400)
    }
}

@Suite struct `Conformance 20: stories of mappings and settings` {
    @Test func `values are copied, left out, and stood in for`() async throws {
        let first = try await Server()
        await first.expect(
            "PUT", "/i",
            #"{"mappings":{"dynamic":"false","properties":{"a":{"type":"text","copy_to":"all"},"b":{"type":"keyword","copy_to":["all","k"],"ignore_above":3},"all":{"type":"text"},"k":{"type":"keyword"},"z":{"type":"integer","null_value":7},"o":{"dynamic":"strict","properties":{"x":{"type":"long"}}},"d":{"type":"date","format":"yyyy/MM/dd"},"h":{"type":"keyword","index":false,"doc_values":false}}}}"#,
            200)
        await first.expect(
            "PUT", "/i/_doc/1?refresh=true",
            #"{"a":"Quick fox","b":"long","z":null,"d":"2024/05/06","h":"hidden","free":1}"#, 201)
        func count(_ server: Server, _ query: String) async -> String {
            await server.expect("POST", "/i/_count?filter_path=count", #"{"query":\#(query)}"#, 200)
        }
        for isReopened in [false, true] {
            let server = isReopened ? try await first.reopened() : first
            #expect(await count(server, #"{"match":{"all":"quick"}}"#) == #"{"count":1}"#)
            #expect(await count(server, #"{"match":{"all":"long"}}"#) == #"{"count":1}"#)
            #expect(await count(server, #"{"term":{"k":"long"}}"#) == #"{"count":1}"#)
            #expect(await count(server, #"{"term":{"b":"long"}}"#) == #"{"count":0}"#)
            #expect(await count(server, #"{"term":{"z":7}}"#) == #"{"count":1}"#)
            #expect(
                await count(server, #"{"range":{"d":{"gte":"2024/05/06","lte":"2024/05/06"}}}"#)
                    == #"{"count":1}"#)
            #expect(await count(server, #"{"term":{"free":1}}"#) == #"{"count":0}"#)
            await server.expect(
                "GET", "/i/_mapping/field/a,o.x", 200,
                #"{"i":{"mappings":{"a":{"full_name":"a","mapping":{"a":{"type":"text","copy_to":["all"]}}},"o.x":{"full_name":"o.x","mapping":{"x":{"type":"long"}}}}}}"#
            )
            await server.refuses(
                "PUT", "/i/_doc/2", #"{"o":{"y":1}}"#, 400, "strict_dynamic_mapping_exception",
                "mapping set to strict, dynamic introduction of [y] within [o] is not allowed")
        }
    }

    @Test func `settings are static or dynamic, known or unknown`() async throws {
        let server = try await Server()
        await server.expect(
            "PUT", "/i", #"{"settings":{"index":{"number_of_replicas":0,"refresh_interval":"-1"}}}"#, 200)
        let uuid = await server.uuid(of: "i")
        await server.expect(
            "PUT", "/i/_settings", #"{"index":{"max_result_window":20,"number_of_replicas":2}}"#, 200,
            #"{"acknowledged":true}"#)
        await server.expect(
            "GET", "/i/_settings/index.m*,index.number*?flat_settings=true", 200,
            #"{"i":{"settings":{"index.max_result_window":"20","index.number_of_replicas":"2","index.number_of_shards":"1"}}}"#
        )
        await server.expect("POST", "/i/_search", #"{"size":21}"#, 400)
        await server.expect(
            "GET", "/_cluster/health?filter_path=status,unassigned_shards", 200,
            #"{"status":"yellow","unassigned_shards":2}"#)
        await server.expect(
            "GET", "/_cluster/health?wait_for_status=green&filter_path=timed_out", 408, #"{"timed_out":true}"#
        )
        await server.expect("PUT", "/i/_settings", #"{"max_result_window":null,"number_of_replicas":0}"#, 200)
        await server.expect("POST", "/i/_search", #"{"size":21}"#, 200)
        await server.refuses(
            "PUT", "/i/_settings", #"{"number_of_shards":2}"#, 400, "illegal_argument_exception",
            "final i setting [index.number_of_shards], not updateable")
        await server.refuses(
            "PUT", "/i/_settings", #"{"index.codec":"best_compression"}"#, 400, "illegal_argument_exception",
            "Can't update non dynamic settings [[index.codec]] for open indices [[i/\(uuid)]]")
        await server.refuses(
            "PUT", "/i/_settings", #"{"index.zzzzzzzzzzzzzzzzzzzzzzzz":1}"#, 400,
            "illegal_argument_exception",
            "unknown setting [index.zzzzzzzzzzzzzzzzzzzzzzzz] please check that any required plugins are installed, or check the breaking changes documentation for removed settings"
        )
        await server.refuses(
            "PUT", "/i/_settings", #"{"index.number_of_replica":1}"#, 400, "illegal_argument_exception",
            "unknown setting [index.number_of_replica] did you mean any of [index.number_of_replicas, index.number_of_shards, index.auto_expand_replicas]?"
        )
        await server.refuses(
            "PUT", "/i/_settings", #"{"refresh_interval":"5x"}"#, 400, "illegal_argument_exception",
            "failed to parse setting [index.refresh_interval] with value [5x] as a time value: unit is missing or unrecognized"
        )
        await server.refuses(
            "PUT", "/_cluster/settings", #"{"persistent":{"foo.bar":1}}"#, 400, "illegal_argument_exception",
            "persistent setting [foo.bar], not recognized")
        await server.refuses(
            "PUT", "/_cluster/settings", #"{"transient":{"search.keep_alive_interval":"2m"}}"#, 400,
            "illegal_argument_exception",
            "transient setting [search.keep_alive_interval], not dynamically updateable")
    }

    @Test func `blocks and closing keep writers and readers out`() async throws {
        let server = try await Server()
        await server.fill("i", 1)
        await server.expect("PUT", "/i/_settings", #"{"blocks.write":true}"#, 200)
        await server.refuses(
            "PUT", "/i/_doc/2", #"{"n":2}"#, 403, "cluster_block_exception",
            "index [i] blocked by: [FORBIDDEN/8/index write (api)];")
        await server.expect("GET", "/i/_doc/1", 200)
        await server.expect("PUT", "/i/_settings", #"{"blocks.write":false}"#, 200)
        await server.expect("POST", "/i/_close", 200)
        let again = try await server.reopened()
        for (method, target, body) in [
            ("GET", "/i/_search", ""), ("PUT", "/i/_doc/2", #"{"n":2}"#), ("GET", "/i/_doc/1", ""),
            ("GET", "/i/_count", ""),
        ] {
            let text = await again.expect(method, target, body, 400)
            #expect(text.contains(#""type":"index_closed_exception","reason":"closed","index":"i""#))
        }
        await again.expect("GET", "/i*/_count?filter_path=count", 200, #"{"count":0}"#)
        await again.expect("GET", "/_cat/indices?h=status,index,docs.count", 200, "close i \n")
        await again.expect("POST", "/i/_open", 200)
        await again.expect("GET", "/i/_count?filter_path=count", 200, #"{"count":1}"#)
    }
}

@Suite struct `Conformance 20: stories of numbers and tables` {
    @Test func `deaths, sizes and contexts are counted`() async throws {
        let server = try await Server()
        await server.fill("i", 6)
        await server.expect("POST", "/i/_flush", 200)
        let id = await server.openPointInTime()
        for number in 1...2 { await server.expect("DELETE", "/i/_doc/\(number)", 200) }
        await server.expect("PUT", "/i/_doc/3?refresh=true", #"{"n":3}"#, 200)
        await server.expect(
            "GET", "/_cat/indices?format=json&h=index,docs.count,docs.deleted,search.point_in_time_current",
            200,
            #"[{"index":"i","docs.count":"4","docs.deleted":"3","search.point_in_time_current":"1"}]"#)
        let size = await server.expect("GET", "/_cat/indices?h=pri.store.size&bytes=b", 200)
        #expect((Int(size.filter(\.isNumber)) ?? 0) > 100)
        await server.expect(
            "GET",
            "/i/_stats/docs,search?filter_path=_all.primaries.docs,_all.primaries.search.point_in_time*", 200,
            #"{"_all":{"primaries":{"docs":{"count":4,"deleted":3},"search":{"point_in_time_total":0,"point_in_time_time_in_millis":0,"point_in_time_current":1}}}}"#
        )
        let segments = await server.expect(
            "GET",
            "/_cat/pit_segments?h=index,shard,prirep,docs.count,docs.deleted,committed,searchable,compound",
            #"{"pit_id":["\#(id)"]}"#, 200)
        #expect(segments == "i 0 p 6 0 true true true\n")
        #expect(await server.expect("GET", "/_cat/pit_segments/_all?h=docs.count", 200) == "6\n")
        await server.expect(
            "GET", "/_cat/pit_segments?help", #"{"pit_id":["\#(id)"]}"#, 200)
        await server.expect("DELETE", "/_search/point_in_time/_all", 200)
        await server.expect(
            "GET",
            "/i/_stats/search?filter_path=_all.total.search.point_in_time_total,_all.total.search.point_in_time_current",
            200,
            #"{"_all":{"total":{"search":{"point_in_time_total":1,"point_in_time_current":0}}}}"#)
        await server.refuses(
            "GET", "/_stats/dcs", 400, "illegal_argument_exception",
            "request [/_stats/dcs] contains unrecognized metric: [dcs] -> did you mean [docs]?")
    }

    @Test func `tables have titles, columns, an order and help`() async throws {
        let server = try await Server()
        await server.fill("b", 1, #"{"settings":{"number_of_replicas":0}}"#)
        await server.fill("a", 2)
        await server.expect(
            "GET", "/_cat/indices?v&h=index,dc&s=dc:desc", 200,
            "index dc\na      2\nb      1\n".replacing("dc\n", with: "docs.count\n").replacing(
                "      ", with: "              "))
        await server.expect(
            "GET", "/_cat/shards/a?h=index,shard,prirep,state,docs", 200,
            "a 0 p STARTED    2\na 0 r UNASSIGNED  \n")
        await server.refuses(
            "GET", "/_cat/indices?s=x", 400, "illegal_argument_exception",
            "Unable to sort by unknown sort key `x`")
        let help = await server.expect("GET", "/_cat/pit_segments/_all?help", 200)
        #expect(
            help.split(separator: "\n").map { $0.split(separator: " ")[0] } == [
                "index", "shard", "prirep", "ip", "id", "segment", "generation", "docs.count", "docs.deleted",
                "size", "size.memory", "committed", "searchable", "version", "compound",
            ])
        let list = await server.expect("GET", "/_cat", 200)
        #expect(list.hasPrefix("=^.^=\n/_cat/aliases\n"))
        await server.expect(
            "GET", "/_nodes/http?filter_path=nodes.*.http.publish_address,_nodes.total", 200,
            #"{"_nodes":{"total":1},"nodes":{"\#(server.nodeID)":{"http":{"publish_address":"127.0.0.1:9200"}}}}"#
        )
        await server.expect(
            "GET", "/_resolve/index/a", 200,
            #"{"indices":[{"name":"a","attributes":["open"]}],"aliases":[],"data_streams":[]}"#)
        await server.expect(
            "GET", "/_cluster/state/metadata?filter_path=metadata.indices.a.state", 200,
            #"{"metadata":{"indices":{"a":{"state":"open"}}}}"#)
    }

    @Test func `a point in time has a name, labels and its own pages`() async throws {
        let server = try await Server()
        await server.fill("i", 1)
        await server.fill("j", 1)
        let first = await server.openPointInTime("i", "&name=nightly&labels=team:search,env:test")
        let second = await server.openPointInTime("j", "&labels=env:live")
        let names = await server.expect(
            "GET", "/_search/point_in_time/_all?filter_path=pits.name,pits.labels", 200)
        #expect(
            names
                == #"{"pits":[{"name":"nightly","labels":{"team":"search","env":"test"}},{"labels":{"env":"live"}}]}"#
        )
        for (query, ids) in [
            ("index=j", [second]), ("label=env", [first, second]), ("label=env:test", [first]),
            ("label=team,env:live", []),
        ] {
            let text = await server.expect(
                "GET", "/_search/point_in_time/_all?\(query)&filter_path=pits.pit_id", 200)
            for id in [first, second] { #expect(text.contains(id) == ids.contains(id)) }
        }
        let page = await server.expect("GET", "/_search/point_in_time/_all?size=1", 200)
        #expect(page.contains(first) && page.hasSuffix(#"],"after":"\#(first)"}"#))
        let rest = await server.expect("GET", "/_search/point_in_time/_all?size=1&after=\(first)", 200)
        #expect(rest.contains(second) && !rest.contains(#""after""#))
        await server.expect(
            "PUT", "/_search/point_in_time/\(first)?filter_path=keep_alive,labels,expires_at",
            #"{"keep_alive":"never","labels":{"env":"kept"}}"#, 200,
            #"{"keep_alive":-1,"labels":{"env":"kept"},"expires_at":null}"#)
        let again = try await server.reopened()
        await again.expect(
            "GET", "/_search/point_in_time/\(first)?filter_path=name,keep_alive,labels", 200,
            #"{"keep_alive":-1,"name":"nightly","labels":{"env":"kept"}}"#)
        await again.expect(
            "PUT", "/_search/point_in_time/\(first)?filter_path=keep_alive", #"{"keep_alive":"10s"}"#, 200,
            #"{"keep_alive":10000}"#)
    }

    @Test func `errors say where and why if that is asked for`() async throws {
        let server = try await Server()
        await server.refuses(
            "POST", "/_search", "{\n \"size\": }", 400, "json_parse_exception",
            "a value expected\\n at [Source: the request's body; line: 2, column: 10]".replacing(
                "\\n", with: "\n"), isRaw: true)
        let traced = await server.expect("GET", "/x?error_trace=true&filter_path=error.stack_trace", 404)
        #expect(traced == #"{"error":{"stack_trace":"index_not_found_exception: no such index [x]"}}"#)
    }
}
