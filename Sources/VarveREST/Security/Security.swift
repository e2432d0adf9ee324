import VarveBytes

/// Users and their rights, as a security file has them, and the check of who sends a request.
///
/// The file is JSON in the words of OpenSearch Security:
/// ```json
/// {"users": {"reader": {"hash": "$2y$12$…", "roles": ["logs"], "backend_roles": []}},
///  "roles": {"logs": {"cluster_permissions": ["cluster_composite_ops_ro"], "index_permissions": [
///      {"index_patterns": ["logs-*"], "allowed_actions": ["read"]}]}},
///  "roles_mapping": {"all_access": {"users": ["root"], "backend_roles": ["admin"]}},
///  "action_groups": {"look": ["get", "indices:admin/get"]}}
/// ```
/// Rights count as they are when a request begins.
public final class Security: Sendable {
    private let passwords: any PasswordCheck
    private let users: Locked<SecurityFile>

    /// - Throws: A message that names the entry and the rule it breaks.
    public init(file: [UInt8], passwords: any PasswordCheck) throws(SecurityFileError) {
        self.passwords = passwords
        users = Locked(try SecurityFile(file, passwords))
    }

    /// Takes another file's users and rights; if it is wrong all stays as it was.
    public func reload(_ file: [UInt8]) throws(SecurityFileError) {
        let new = try SecurityFile(file, passwords)
        users.withLock { $0 = new }
    }

    enum Identity: Sendable {
        case known(Principal)
        case unknown
        case busy
    }

    /// Who the headers prove to be the sender. An unknown name takes as long as a wrong password.
    func identify(_ request: RESTRequest) async -> Identity {
        guard let header = request.header("Authorization"), let credentials = BasicCredentials(header) else {
            return .unknown
        }
        let (user, decoy) = users.withLock { ($0.users[credentials.name], $0.decoyHash) }
        switch await passwords.proves(credentials.password, user?.hash ?? decoy) {
        case .busy: return .busy
        case .wrong: return .unknown
        case .right: return user.map { .known($0.principal) } ?? .unknown
        }
    }
}

/// Why a security file was not taken.
public struct SecurityFileError: Error, Sendable, CustomStringConvertible {
    public let description: String
}

extension RESTService {
    /// Finds out who sends a request, once. The answer to send instead if nobody is allowed to: 401 if the
    /// credentials are missing or wrong, 429 if too many are being checked.
    public func identify(_ request: inout RESTRequest) async -> RESTResponse? {
        guard let security, request.principal == nil else { return nil }
        let start = ContinuousClock.now
        var response: RESTResponse
        switch await security.identify(request) {
        case .known(let principal):
            request.principal = principal
            return nil
        case .busy:
            response =
                RESTError(
                    429, "rejected_execution_exception", "too many passwords are being checked, try again"
                ).response()
        case .unknown:
            var refusal = RESTResponse.text("Unauthorized")
            refusal.status = 401
            refusal.headers = [("WWW-Authenticate", #"Basic realm="OpenSearch Security""#)]
            response = refusal
        }
        response = finish(response, of: request, Parameters())
        metrics.record(request.method, "", response, received: 0, since: start)
        return response
    }
}
