#if Server
/// What a server can be told when it starts. The name is the key in a file; as a flag it is `--log-level`, in the
/// environment `VARVE_LOG_LEVEL`.
public enum ServerSetting: String, Sendable, CaseIterable {
    case store, listen, security, insecure
    case tlsCertificate = "tls_certificate"
    case tlsKey = "tls_key"
    case clusterName = "cluster_name"
    case nodeName = "node_name"
    case durability
    case ingestionDirectory = "ingestion_directory"
    case ingestionSecretsDirectory = "ingestion_secrets_directory"
    case syncIntervalMilliseconds = "sync_interval_milliseconds"
    case bodyMebibytesMax = "body_mebibytes_max"
    case connectionsMax = "connections_max"
    case idleSeconds = "idle_seconds"
    case shutdownSeconds = "shutdown_seconds"
    case logLevel = "log_level"
    case logFormat = "log_format"

    public var flag: String { "--" + String(rawValue.map { $0 == "_" ? "-" : $0 }) }
    public var variable: String { "VARVE_" + rawValue.uppercased() }
}
#endif
