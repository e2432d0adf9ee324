/// The sections of the page, each with what it makes of its answers.
enum PageScriptParts {
    static let ingestion = #"""
        // What was counted last, by partition; and messages a second of the last two minutes, by index.
        const counted = new Map(), rates = new Map();

        const kinds = {
          polling: "chip good", processing: "chip good", retrying: "chip wait", blocked: "chip bad",
          pausing: "chip", paused: "chip", starting: "chip", closed: "chip",
        };

        function lagOf(lag) {
          const all = [lag.fetched, lag.applied, lag.durable].map(number);
          return new Set(all).size === 1 ? all[0] : all.join(" / ");
        }

        function measure(name, shard, partition, now) {
          const key = JSON.stringify([name, shard, partition.partition]);
          const { read, bytes } = partition.messages, last = counted.get(key);
          const seconds = last ? (now - last.now) / 1000 : 0;
          if (!last || seconds > 0.5 || read < last.read) counted.set(key, { now, read, bytes });
          // Counters begin anew with a reset.
          if (!last || seconds <= 0.5 || read < last.read) return last?.rate || [0, 0];
          const rate = [(read - last.read) / seconds, (bytes - last.bytes) / seconds];
          counted.get(key).rate = rate;
          return rate;
        }

        function sum(items, part) { return items.reduce((total, item) => total + (part(item) || 0), 0); }

        function streamOf(name, shards, now) {
          const parts = shards.flatMap(shard => (shard.partitions || []).map(partition => (
            { ...partition, shard: shard.shard, rate: measure(name, shard.shard, partition, now) })));
          const rate = sum(parts, part => part.rate[0]);
          const past = rates.get(name) || [];
          rates.set(name, [...past, rate].slice(-60));
          const known = parts.filter(part => part.lag.durable != null);
          return {
            name, parts, rate, speed: sum(parts, part => part.rate[1]), past: rates.get(name),
            policy: shards[0]?.error_policy.toLowerCase(), isPaused: shards.some(shard => shard.poller_paused),
            isBlocked: shards.some(shard => shard.write_block_enabled),
            lag: known.length ? sum(known, part => part.lag.durable) : null,
            queue: sum(parts, part => part.queued_bytes), letters: sum(shards, shard => shard.dead_letters?.count),
            failure: shards.find(shard => shard.source_failure)?.source_failure,
            unread: shards[0]?.unread_partitions || [],
          };
        }

        function sparkline() {
          const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
          svg.setAttribute("viewBox", "0 0 132 26");
          svg.setAttribute("role", "img");
          const [under, line] = [0, 1].map(() => svg.appendChild(document.createElementNS(svg.namespaceURI, "path")));
          under.setAttribute("class", "under");
          svg.update = past => {
            const top = Math.max(1, ...past), left = 132 - (past.length - 1) * 2.2;
            const points = past.map((rate, place) => `${(left + place * 2.2).toFixed(1)} ${(24 - 21 * rate / top).toFixed(1)}`);
            line.setAttribute("d", "M" + points.join("L"));
            under.setAttribute("d", `M${left.toFixed(1)} 26L${points.join("L")}L132 26z`);
            svg.setAttribute("aria-label", `messages a second, at most ${number(top)}`);
          };
          return svg;
        }

        const partitionHeads = [
          ["Shard", "n"], ["Partition", "n"], ["Phase"], ["Durable up to"], ["Lag f / a / d", "n", "to what is fetched, applied, durable"],
          ["Waiting", "n"], ["Messages/s", "n"], ["Queue", "n"], ["Applied", "n"], ["Dropped", "n"], ["Conflicts", "n"],
          ["Errors", "n"],
        ];

        // A partition, and below it what keeps it.
        function partitionRows() {
          const node = make("tbody");
          const facts = row(partitionHeads.map((head, place) => place === 3 ? "m" : head[1]), part => [
            number(part.shard), number(part.partition), [part.phase, part.failure?.is_permanent ? "chip bad" : kinds[part.phase] || "chip"],
            [part.values.durable || "–", "", part.durable_pointer], lagOf(part.lag), time(part.lag.oldest_age_in_millis),
            number(part.rate[0]), bytes(part.queued_bytes), number(part.messages.applied),
            [number(part.messages.dropped + part.messages.skipped), part.messages.dropped ? "alarm" : ""],
            number(part.messages.version_conflicts),
            [number(part.source_errors), part.source_errors ? "alarm" : ""],
          ]);
          const failure = make("tr", "failure"), reason = make("td");
          reason.colSpan = partitionHeads.length;
          failure.append(reason);
          node.append(facts, failure);
          node.update = part => {
            facts.update(part);
            failure.hidden = !part.failure;
            if (!part.failure) return;
            const { error, attempts, since } = part.failure;
            const times = attempts === 1 ? "once" : `${number(attempts)} times`;
            set(reason, `${error} (tried ${times}, first ${time(Date.now() - since)} ago)`);
          };
          return node;
        }

        function streamCard({ name }) {
          const card = make("article", "card"), bar = make("div", "bar"), button = make("button");
          const facts = ["messages/s", "bytes/s", "lag", "queue", "dead letters", "on errors"].map(label => {
            const fact = make("span", "fact"), value = make("b");
            fact.append(value, " " + label);
            fact.update = text => set(value, text);
            return bar.appendChild(fact);
          });
          const line = sparkline(), note = make("p", "note"), title = make("h3", "", name);
          bar.prepend(title, line);
          bar.append(button);
          const scroll = make("div", "scroll"), table = make("table"), head = make("tr");
          for (const [label, kind, title] of partitionHeads) {
            const cell = make("th", kind, label);
            if (title) cell.title = title;
            cell.scope = "col";
            head.append(cell);
          }
          table.append(make("thead"));
          table.tHead.append(head);
          table.className = "parts";
          scroll.append(table);
          scroll.tabIndex = 0;
          scroll.setAttribute("role", "region");
          scroll.setAttribute("aria-label", `Partitions of ${name}`);
          card.append(bar, note, scroll);
          let stream;
          button.addEventListener("click", () => change(stream, button));
          card.update = next => {
            stream = next;
            const words = [
              number(next.rate), bytes(next.speed), number(next.lag), bytes(next.queue), number(next.letters), next.policy];
            facts.forEach((fact, place) => fact.update(words[place]));
            line.update(next.past);
            set(button, next.isPaused ? "Resume" : "Pause");
            button.setAttribute("aria-label", `${next.isPaused ? "Resume" : "Pause"} ingestion of ${name}`);
            const notes = [];
            if (next.failure) notes.push(`The stream cannot be read: ${next.failure.error}`);
            if (next.isBlocked) notes.push("Nothing is read while the index takes no writes.");
            if (next.unread.length) notes.push(`No shard reads the partitions ${next.unread.join(", ")}.`);
            set(note, notes.join(" "));
            note.hidden = !notes.length;
            keepBodies(table, next.parts);
          };
          return card;
        }

        function keepBodies(table, parts) {
          const body = table.tBodies;
          while (body.length > parts.length) body[body.length - 1].remove();
          while (body.length < parts.length) table.append(partitionRows());
          parts.forEach((part, place) => body[place].update(part));
        }

        async function change({ name, isPaused }, button) {
          const isSure = isPaused
            ? await confirmed(`Resume ingestion of ${name}?`,
              "Reading goes on where it stopped, also in partitions that have paused by themselves.", "Resume")
            : await confirmed(`Pause ingestion of ${name}?`,
              "What is in hand is still applied. Nothing more is read until it is resumed, also after a restart.", "Pause");
          // A button that is switched off would lose the focus.
          if (!isSure || button.isBusy) return;
          button.isBusy = true;
          try {
            const path = `/${encodeURIComponent(name)}/ingestion/${isPaused ? "_resume" : "_pause"}`;
            const answer = await ask(path, "POST");
            const failure = Object.values(answer.failures || {}).flat()[0];
            say(failure ? `${name}: ${failure.error}` : `Ingestion of ${name} is ${isPaused ? "resumed" : "paused"}.`);
          } catch (error) { say(`${name}: ${error.message}`); }
          button.isBusy = false;
          refresh();
        }

        function showIngestion(found, now) {
          const all = Object.entries(found.answer?.ingestion_state || {}).map(([name, shards]) => streamOf(name, shards, now));
          note("n-ingestion", found, all.length ? "" : "No index has a source.");
          keep(at("streams"), all, stream => stream.name, streamCard);
          return all;
        }

        """#

    static let rest = #"""
        function showIndices(found) {
          const healths = { green: "chip good", yellow: "chip wait", red: "chip bad" };
          const all = (found.answer || []).sort((a, b) => a.index < b.index ? -1 : 1);
          note("n-indices", found, all.length ? "" : "There are none.");
          at("indices").parentElement.hidden = !all.length;
          keep(at("indices").tBodies[0], all, index => index.index, () => row(
            ["wide", "", "", "n", "n", "n", "n", "n", "n"], index => [
              index.index, [index.health, healths[index.health] || "chip"], index.status, number(+index.pri),
              number(+index["docs.count"]), number(+index["docs.deleted"]), number(+index["segments.count"]),
              bytes(+index["store.size"]), number(+index["search.point_in_time_current"]),
            ]));
          return all;
        }

        function showPoints(found, now) {
          const all = found.answer?.pits || [];
          note("n-pits", found, all.length ? (found.answer.after ? "The oldest 200." : "") : "None is open.");
          at("pits").parentElement.hidden = !all.length;
          keep(at("pits").tBodies[0], all, pit => pit.pit_id, () => row(
            ["wide", "m", "wide", "n", "n", "n", "n", "n"], pit => [
              pit.name || "–", ["…" + pit.pit_id.slice(-8), "", pit.pit_id], (pit.indices || []).join(", ") || "–",
              time(now - pit.creation_time), pit.keep_alive < 0 ? "for ever" : time(pit.keep_alive),
              pit.remaining == null ? "never" : [time(pit.remaining), pit.remaining < pit.keep_alive / 10 ? "alarm" : ""],
              bytes(pit.size_in_bytes), bytes(pit.retained_in_bytes),
            ]));
          return all;
        }

        function showSums(indices, points, streams) {
          const total = (items, part) => items.reduce((all, item) => all + (part(item) || 0), 0);
          const sums = [
            ["documents", number(total(indices, index => +index["docs.count"]))],
            ["on disk", bytes(total(indices, index => +index["store.size"]))],
            ["indices", number(indices.length)], ["shards", number(total(indices, index => +index.pri))],
            ["points in time", number(points.length)],
            ["held by points in time alone", bytes(total(points, pit => pit.retained_in_bytes))],
          ];
          if (streams.length) sums.push(
            ["messages/s", number(total(streams, stream => stream.rate))],
            ["lag", number(total(streams, stream => stream.lag))],
            ["dead letters", number(total(streams, stream => stream.letters))]);
          keep(at("sums"), sums, entry => entry[0], ([label]) => {
            const node = make("div"), value = make("dd");
            node.append(make("dt", "", label), value);
            node.update = entry => set(value, entry[1]);
            return node;
          });
        }

        const columns = "index,health,status,pri,docs.count,docs.deleted,segments.count,store.size,"
          + "search.point_in_time_current";
        let isBusy = false, timer, seen;

        async function refresh() {
          clearTimeout(timer);
          if (isBusy) return;
          isBusy = true;
          const [node, indices, points, ingestion] = await Promise.all([
            "/", `/_cat/indices?format=json&bytes=b&expand_wildcards=all&h=${columns}`,
            "/_search/point_in_time/_all?size=200", "/_all/ingestion/_state?verbose",
          ].map(attempt));
          const now = Date.now();
          at("offline").hidden = !node.isGone;
          if (node.isGone) {
            set(at("offline"), `The server does not answer. ${seen ? "What is shown is from " + seen + "." : ""}`);
          } else {
            seen = new Date(now).toLocaleTimeString();
            set(at("clock"), `as of ${seen}`);
            if (node.answer) {
              const { name, cluster_name, version } = node.answer;
              set(at("node"), `${name} · ${cluster_name} · OpenSearch ${version.number}`);
              document.title = `${name} · varve`;
            }
            const streams = showIngestion(ingestion, now);
            showSums(showIndices(indices), showPoints(points, now), streams);
          }
          isBusy = false;
          if (!document.hidden) timer = setTimeout(refresh, every);
        }

        document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
        refresh();
        """#
}
