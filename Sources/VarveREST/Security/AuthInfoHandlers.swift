/// What a caller is taken for.
enum AuthInfoHandlers {
    static func show(_ call: Call) async throws(RESTError) -> RESTResponse {
        guard let principal = call.principal else {
            throw RESTError(
                plain: "no handler found for uri [\(call.request.uri)] and method [\(call.request.method)]",
                400,
                showsStatus: false)
        }
        var json = JSONWriter()
        json.beginObject()
        json.add("user", principal.description)
        json.add("user_name", principal.name)
        json.addNull("user_requested_tenant")
        json.addNull("remote_address")
        list("backend_roles", principal.backendRoles, &json)
        list("custom_attribute_names", [], &json)
        list("roles", principal.roles, &json)
        json.addEmptyObject("tenants")
        json.addNull("principal")
        json.add("peer_certificates", "0")
        json.addNull("sso_logout_url")
        json.endObject()
        return .json(200, json)
    }

    private static func list(_ name: String, _ values: [String], _ json: inout JSONWriter) {
        json.key(name)
        json.beginArray()
        for value in values { json.value(value) }
        json.endArray()
    }
}
