import Varve
import VarveBytes

/// `GET /_varve/`: a page that shows the node, its indices, points in time and ingestion, and pauses and resumes.
///
/// It is one document that loads nothing. What it shows it asks of the same requests as any client, with the rights of
/// whoever looks at it, and puts on the page as text, never as markup.
enum PageHandlers {
    static func show(_ call: Call) async throws(RESTError) -> RESTResponse {
        let nonce = call.store.randomNumber.hex16 + call.store.randomNumber.hex16
        return RESTResponse(
            status: 200, contentType: "text/html; charset=UTF-8", headers: headers(nonce),
            chunks: [Array(PageMarkup.document(nonce: nonce).utf8)])
    }

    /// The style and the script of this answer run, and nothing else.
    private static func headers(_ nonce: String) -> [(name: String, value: String)] {
        [
            (
                "Content-Security-Policy",
                "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; img-src data:; "
                    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ]
    }
}
