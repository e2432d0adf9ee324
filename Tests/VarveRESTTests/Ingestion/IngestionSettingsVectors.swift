import Testing
import Varve
import VarveIngest
import VarveSimulation

@testable import VarveREST

@Suite struct `Ingestion vectors 1 to 4: settings` {
    private func refuses(
        _ server: Server, _ source: String, _ reason: String, replication: String = "SEGMENT",
        at place: SourceLocation = #_sourceLocation
    ) async {
        let base = server.root.path + "/feeds"
        let body =
            #"{"settings":{"replication.type":"\#(replication)","ingestion_source":{"type":"file","#
            + #""param.stream":"s","param.base_directory":"\#(base)"\#(source.isEmpty ? "" : ",")\#(source)}}}"#
        await server.refuses("PUT", "/bad", body, 400, "illegal_argument_exception", reason, at: place)
        #expect(await server.send("HEAD", "/bad").status == 404, sourceLocation: place)
    }

    @Test func `Ingestion vector 1: replication has to fit`() async throws {
        let server = try await Server.pulling()
        let document =
            "Replication type DOCUMENT is not supported in pull-based ingestion when "
            + "index.ingestion_source.all_active is not enabled"
        await refuses(server, "", document, replication: "DOCUMENT")
        let base = server.root.path + "/feeds"
        await server.refuses(
            "PUT", "/bad",
            #"{"settings":{"index":{"ingestion_source":{"type":"file","param":{"stream":"s","base_directory":"\#(base)"}}}}}"#,
            400, "illegal_argument_exception", document)
        await refuses(
            server, #""all_active":true"#,
            "Replication type SEGMENT is not supported in pull-based ingestion when "
                + "index.ingestion_source.all_active is enabled")
        await refuses(
            server, "", "Could not parse ReplicationStrategy for [BOTH]", replication: "BOTH")
        await server.expect(
            "PUT", "/active",
            #"{"settings":{"ingestion_source":{"type":"FILE","all_active":true,"param":{"stream":"s","base_directory":"\#(base)"}}}}"#,
            200)
    }

    @Test func `Ingestion vector 2: where to start`() async throws {
        let server = try await Server.pulling()
        let key = "index.ingestion_source.pointer.init.reset"
        await refuses(server, #""pointer.init.reset":"none""#, "Invalid value for \(key) [none]")
        await refuses(
            server, #""pointer.init.reset":"RESET_BY_OFFSET""#,
            "Setting \(key).value should be set when resetting consumer position")
        await refuses(
            server, #""pointer":{"init":{"reset":"reset_by_offset","reset.value":"x"}}"#,
            "Invalid value for \(key).value [x]: an offset is a number")
        await refuses(
            server, #""pointer":{"init":{"reset":"reset_by_timestamp","reset.value":"x"}}"#,
            "Invalid value for \(key).value [x]: a timestamp is in milliseconds since the epoch")
        for (at, name) in ["EARLIEST", "latest", "Reset_By_Offset", "reset_by_TIMESTAMP"].enumerated() {
            await server.expect(
                "PUT", "/i\(at)", server.settings(#""pointer.init.reset.value":0"#, reset: name), 200)
        }
    }

    @Test func `Ingestion vector 3: limits of numbers`() async throws {
        let server = try await Server.pulling()
        let key = "index.ingestion_source.internal_queue_size"
        await refuses(
            server, #""internal_queue_size":0"#,
            "Failed to parse value [0] for setting [\(key)] must be >= 1")
        await refuses(
            server, #""internal_queue_size":100001"#,
            "Failed to parse value [100001] for setting [\(key)] must be <= 100000")
        await server.expect("PUT", "/one", server.settings(#""internal_queue_size":1"#), 200)
        await server.expect("PUT", "/most", server.settings(#""internal_queue_size":100000"#), 200)
        for (name, value, rule) in [
            ("poll.max_batch_size", "-1", "must be >= 0"), ("poll.timeout", "-1", "must be >= 0"),
            ("num_processor_threads", "0", "must be >= 1"), ("warmup.lag_threshold", "-1", "must be >= 0"),
        ] {
            await refuses(
                server, #""\#(name)":"\#(value)""#,
                "Failed to parse value [\(value)] for setting [index.ingestion_source.\(name)] \(rule)")
        }
        await refuses(
            server, #""error_strategy":"maybe""#, "Invalid ingestion errorStrategy: maybe")
        await refuses(
            server, #""source_partition_strategy":"x""#,
            "Unknown source partition strategy: [x]. Valid values are [simple, modulo]")
    }

    @Test func `Ingestion vector 4: mappers`() async throws {
        let server = try await Server.pulling()
        await refuses(
            server, #""mapper_settings.id_field":"x""#,
            "mapper_settings are not supported for mapper_type [default]")
        await refuses(
            server, #""mapper_type":"odd""#,
            "Unknown ingestion mapper type: odd. Valid values are: default, raw_payload, field_mapping")
        await refuses(
            server, #""mapper_type":"field_mapping","mapper_settings":{"op_type_field.delete_value":"d"}"#,
            "op_type_field.delete_value or op_type_field.create_value requires op_type_field to be configured"
        )
        await refuses(
            server,
            #""mapper_type":"field_mapping","mapper_settings":{"op_type_field":"o","op_type_field.delete_value":"d","op_type_field.create_value":"d"}"#,
            "op_type_field.delete_value [d] and op_type_field.create_value [d] cannot be the same")
        await server.expect(
            "PUT", "/mapped",
            server.settings(
                #""mapper_type":"field_mapping","mapper_settings":{"id_field":"user_id","version_field":"ts"}"#
            ),
            200)
        let shown = await server.expect("GET", "/mapped/_settings?flat_settings", 200)
        #expect(shown.contains(#""index.ingestion_source.mapper_settings.id_field":"user_id""#))
        #expect(shown.contains(#""index.ingestion_source.mapper_type":"field_mapping""#))
    }
}

@Suite struct `Settings of ingestion` {
    @Test func `come back as strings, nested as OpenSearch nests them`() async throws {
        let server = try await Server.pulling()
        await server.expect(
            "PUT", "/i",
            server.settings(
                #""pointer.init.reset.value":0,"poll.timeout":100000,"error_strategy":"drop""#,
                reset: "reset_by_offset"), 200)
        let shown = await server.expect("GET", "/i/_settings/index.ingestion_source*", 200)
        #expect(
            shown
                == #"{"i":{"settings":{"index":{"ingestion_source":{"error_strategy":"drop","param":{"base_directory":"\#(server.root.path)/feeds","stream":"s"},"pointer":{"init":{"reset":"reset_by_offset","reset.value":"0"}},"poll":{"timeout":"100000"},"type":"file"}}}}}"#
        )
        let all = await server.expect("GET", "/i", 200)
        #expect(!all.contains("varve.ingestion"))
        #expect(all.contains(#""replication":{"type":"SEGMENT"}"#))
    }

    @Test func `secrets are not shown, and references are`() async throws {
        let server = try await Server.pulling([MemorySource()])
        await server.expect(
            "PUT", "/i",
            Server.memorySettings(
                #""param":{"sasl.password":"hunter2","ssl.key.password":"${env:VARVE_INGESTION_KEY}","topic":"t"}"#
            ), 200)
        for path in ["/i", "/i/_settings", "/i/_settings?flat_settings", "/_cluster/state"] {
            let text = await server.expect("GET", path, 200)
            #expect(!text.contains("hunter2"), "\(path)")
            #expect(text.contains("[redacted]"), "\(path)")
            #expect(text.contains("${env:VARVE_INGESTION_KEY}"), "\(path)")
        }
        await server.refuses(
            "PUT", "/bad", Server.memorySettings(#""param.x":"${env:HOME}""#), 400,
            "illegal_argument_exception",
            "[param.x] names the variable [HOME]: only those that begin with [VARVE_INGESTION_] can be named")
        await server.refuses(
            "PUT", "/bad", Server.memorySettings(#""param.x":"${file:/etc/passwd}""#), 400,
            "illegal_argument_exception",
            "[param.x] names the file [/etc/passwd], which is in no directory that the server may read secrets "
                + "from: those are named by its option [--ingestion-secrets-directory]")
    }

    @Test func `what a source does not know is refused by name`() async throws {
        let server = try await Server.pulling()
        let root = server.root.path
        for (source, reason) in [
            (
                #""type":"pulsar""#,
                "unknown ingestion source type [pulsar]. Valid values are: file"
            ),
            (
                #""type":"file","param.stream":"s""#,
                "ingestion source type [file] requires the parameter [param.base_directory]"
            ),
            (
                #""type":"file","param.stream":"s","param.base_directory":"\#(root)/feeds","param.steam":"x""#,
                "unknown parameter [param.steam] of ingestion source type [file]. Valid parameters are: "
                    + "[base_directory, stream, rotation]"
            ),
            (
                #""type":"file","param.stream":"s","param.base_directory":"\#(root)/data""#,
                "[param.base_directory] [\(root)/data] is in no directory that the server may read from: those are "
                    + "named by its option [--ingestion-directory]"
            ),
            (
                #""type":"file","param.stream":"../data","param.base_directory":"\#(root)/feeds""#,
                "[param.stream] must not contain [..]: [../data]"
            ),
        ] {
            await server.refuses(
                "PUT", "/bad",
                #"{"settings":{"replication.type":"SEGMENT","ingestion_source":{\#(source)}}}"#, 400,
                "illegal_argument_exception", reason)
        }
        let unknown = await server.expect(
            "PUT", "/bad", #"{"settings":{"ingestion_source.typ":"file"}}"#, 400)
        #expect(unknown.contains("unknown setting [index.ingestion_source.typ] did you mean any of ["))
    }

    @Test func `some are fixed and some change while it runs`() async throws {
        let server = try await Server.pulling()
        await server.expect("PUT", "/i", server.settings(), 200)
        for key in ["mapper_type", "pointer.init.reset", "num_processor_threads"] {
            let value = key == "mapper_type" ? "default" : key == "pointer.init.reset" ? "latest" : "2"
            await server.refuses(
                "PUT", "/i/_settings", #"{"index.ingestion_source.\#(key)":"\#(value)"}"#, 400,
                "illegal_argument_exception",
                "final i setting [index.ingestion_source.\(key)], not updateable")
        }
        let uuid = await server.uuid(of: "i")
        await server.refuses(
            "PUT", "/i/_settings", #"{"index.ingestion_source.type":"none"}"#, 400,
            "illegal_argument_exception",
            "Can't update non dynamic settings [[index.ingestion_source.type]] for open indices [[i/\(uuid)]]"
        )
        await server.expect(
            "PUT", "/i/_settings",
            #"{"index":{"ingestion_source":{"error_strategy":"block","queue_bytes":4096,"rate.messages_per_second":50}}}"#,
            200)
        let settings = try server.ingestion().settings
        #expect(settings.onError == .block)
        #expect(settings.queueBytes == 4_096)
        #expect(settings.rate.messagesPerSecond == 50)
        let next = try await server.reopened()
        #expect(try next.ingestion().settings.onError == .block)
    }
}
