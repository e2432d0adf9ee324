/// The page as a document: what stands still. The script fills it.
enum PageMarkup {
    static func document(nonce: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Varve</title>
        <link rel="icon" href="data:image/svg+xml,\(icon)">
        <style nonce="\(nonce)">\(PageStyle.text)</style>
        </head>
        \(body)
        <script nonce="\(nonce)">\(PageScript.text)</script>
        </html>

        """
    }

    /// Four layers of sediment.
    private static let icon =
        "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
        + "%3Crect width='16' height='16' rx='3' fill='%23c8a26a'/%3E%3Cpath d='M0 5q4-2 8 0t8 0v4q-4 2-8 0t-8 0z' "
        + "fill='%238a5a3c'/%3E%3Cpath d='M0 11q4-2 8 0t8 0v2a3 3 0 0 1-3 3H3a3 3 0 0 1-3-3z' fill='%23433a3f'/%3E%3C/svg%3E"

    private static let body = """
        <body>
        <header>
          <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path class="a" d="M2 8q7-4 14 0t14 0v5q-7 4-14 0t-14 0z"/>
            <path class="b" d="M2 15q7-4 14 0t14 0v4q-7 4-14 0t-14 0z"/>
            <path class="c" d="M2 21q7-4 14 0t14 0v5q-7 4-14 0t-14 0z"/>
          </svg>
          <h1>varve</h1>
          <p id="node" class="quiet"></p>
          <p id="clock" class="quiet" role="status" aria-live="off"></p>
        </header>
        <p id="offline" role="alert" hidden></p>
        <main>
          <dl id="sums"></dl>
          <section aria-labelledby="t-ingestion">
            <h2 id="t-ingestion">Ingestion</h2>
            <p class="note" id="n-ingestion" hidden></p>
            <div id="streams"></div>
          </section>
          <section aria-labelledby="t-indices">
            <h2 id="t-indices">Indices</h2>
            <p class="note" id="n-indices" hidden></p>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="t-indices">
              <table id="indices"><thead><tr>
                <th scope="col">Index</th><th scope="col">Health</th><th scope="col">Status</th>
                <th scope="col" class="n">Shards</th><th scope="col" class="n">Documents</th>
                <th scope="col" class="n">Deleted</th><th scope="col" class="n">Segments</th>
                <th scope="col" class="n">On disk</th><th scope="col" class="n">Points in time</th>
              </tr></thead><tbody></tbody></table>
            </div>
          </section>
          <section aria-labelledby="t-pits">
            <h2 id="t-pits">Points in time</h2>
            <p class="note" id="n-pits" hidden></p>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="t-pits">
              <table id="pits"><thead><tr>
                <th scope="col">Name</th><th scope="col">Id</th><th scope="col">Indices</th>
                <th scope="col" class="n">Age</th><th scope="col" class="n">Keep-alive</th>
                <th scope="col" class="n">Expires in</th><th scope="col" class="n">Sees</th>
                <th scope="col" class="n">Holds alone</th>
              </tr></thead><tbody></tbody></table>
            </div>
          </section>
        </main>
        <dialog id="ask" aria-labelledby="ask-title">
          <form method="dialog">
            <h2 id="ask-title"></h2>
            <p id="ask-text"></p>
            <menu>
              <button value="no" id="ask-no">Cancel</button>
              <button value="yes" id="ask-yes" class="strong"></button>
            </menu>
          </form>
        </dialog>
        <p id="said" role="status" aria-live="polite" hidden></p>
        <noscript><p class="note">This page fills itself with a script, which this browser does not run.</p></noscript>
        </body>
        """
}
