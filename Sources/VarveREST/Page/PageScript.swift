/// What fills the page: asks, and puts the answers in as text. Nothing that came from the store becomes markup.
enum PageScript {
    static let text = "\"use strict\";\n" + tools + PageScriptParts.ingestion + PageScriptParts.rest

    /// Elements, words and requests.
    private static let tools = #"""
        const base = location.pathname.replace(/\/_varve\/?$/, "");
        const at = id => document.getElementById(id);
        const every = 2000;

        function set(node, text) { if (node.textContent !== text) node.textContent = text; }

        function make(tag, kind, text) {
          const node = document.createElement(tag);
          if (kind) node.className = kind;
          if (text !== undefined) node.textContent = text;
          return node;
        }

        // One child for each item, in order; those that stay keep their place and their focus.
        function keep(parent, items, key, build) {
          const old = new Map([...parent.children].map(node => [node.key, node]));
          let place = parent.firstElementChild;
          for (const item of items) {
            const name = key(item);
            let node = old.get(name);
            if (node) old.delete(name);
            else { node = build(item); node.key = name; }
            if (node === place) place = place.nextElementSibling;
            else parent.insertBefore(node, place);
            node.update(item);
          }
          for (const node of old.values()) node.remove();
        }

        // A row of a table: kinds of its cells, and what they say of an item.
        function row(kinds, words) {
          const node = make("tr");
          for (const kind of kinds) node.append(make("td", kind));
          node.update = item => words(item).forEach((word, place) => show(node.children[place], word));
          return node;
        }

        // A cell says a word, or [a word, its kind, what the pointer tells].
        function show(cell, word) {
          if (!Array.isArray(word)) return set(cell, word);
          if (!cell.firstElementChild) cell.replaceChildren(make("span"));
          const [text, kind, title] = word, span = cell.firstElementChild;
          set(span, text);
          if (span.className !== (kind || "")) span.className = kind || "";
          if (title) span.title = title;
        }

        const number = value => value == null || value < 0 ? "–" : Math.round(value).toLocaleString("en-US");

        function bytes(value) {
          if (value == null) return "–";
          const units = ["B", "KiB", "MiB", "GiB", "TiB"];
          let unit = 0;
          while (value >= 1024 && unit < 4) { value /= 1024; unit += 1; }
          return (unit && value < 100 ? value.toFixed(1) : Math.round(value)) + " " + units[unit];
        }

        function time(milliseconds) {
          if (milliseconds == null) return "–";
          if (milliseconds <= 0) return "0";
          if (milliseconds < 1000) return Math.round(milliseconds) + " ms";
          const seconds = Math.floor(milliseconds / 1000);
          const [d, h, m] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
          if (d) return h ? `${d} d ${h} h` : `${d} d`;
          if (h) return m ? `${h} h ${m} m` : `${h} h`;
          return m ? (seconds % 60 ? `${m} m ${seconds % 60} s` : `${m} m`) : `${seconds} s`;
        }

        class Refusal extends Error {}

        async function ask(path, method = "GET") {
          const response = await fetch(base + path, { method, cache: "no-store", signal: AbortSignal.timeout(15000) });
          const answer = await response.json().catch(() => null);
          if (response.ok) return answer;
          throw new Refusal(answer?.error?.reason || `status ${response.status}`);
        }

        // An answer, or why there is none.
        async function attempt(path) {
          try { return { answer: await ask(path) }; } catch (error) {
            return { error: error instanceof Refusal ? error.message : null, isGone: !(error instanceof Refusal) };
          }
        }

        function note(id, found, words) {
          const node = at(id), text = found.error ? `Not shown: ${found.error}` : words || "";
          set(node, text);
          node.hidden = !text;
        }

        let saying;
        function say(text) {
          set(at("said"), text);
          at("said").hidden = false;
          clearTimeout(saying);
          saying = setTimeout(() => { at("said").hidden = true; }, 8000);
        }

        function confirmed(title, text, yes) {
          const dialog = at("ask");
          set(at("ask-title"), title);
          set(at("ask-text"), text);
          set(at("ask-yes"), yes);
          dialog.returnValue = "no";
          dialog.showModal();
          return new Promise(resolve => {
            dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
          });
        }

        """#
}
