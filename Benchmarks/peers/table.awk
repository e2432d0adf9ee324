# Puts the figures of all engines side by side. Input: files named ENGINE.ROUND of one JSON object a line, as
# varve-bench --json and the peers print them. Variables: `order`, the engines; `json`, "true" for JSON lines.

function field(name,    at, rest) {
    at = index($0, "\"" name "\":")
    if (!at) return ""
    rest = substr($0, at + length(name) + 3)
    sub(/^"/, "", rest)
    sub(/["},].*$/, "", rest)
    return rest
}

# Sorts values[1..count] in place.
function order_values(values, count,    i, j, value) {
    for (i = 2; i <= count; i++) {
        value = values[i]
        for (j = i - 1; j >= 1 && values[j] > value; j--) values[j + 1] = values[j]
        values[j + 1] = value
    }
}

# Fills low, middle and high from the values of one figure of one engine.
function summarise(engine, id,    list, count, i, text) {
    count = split(seen[engine, id], text, " ")
    for (i = 1; i <= count; i++) list[i] = text[i] + 0
    order_values(list, count)
    low = list[1]
    middle = list[int(count / 2) + 1]
    high = list[count]
    return count
}

function shown(value) {
    if (value >= 1000) return sprintf("%.0f", value)
    if (value >= 100) return sprintf("%.1f", value)
    return sprintf("%.2f", value)
}

# How many times better `ours` is than `theirs`.
function better(ours, theirs, unit) {
    if (ours <= 0 || theirs <= 0) return 0
    return unit == "docs/s" || unit == "MB/s" ? ours / theirs : theirs / ours
}

BEGIN {
    engines = split(order, engine, " ")
    rows = split("ingest.acknowledged ingest.batches ingest.settled size.settled size.rest memory.peak get.spread " \
        "scan.sources snapshot.create open.clean recovery.open recovery.rate", row, " ")
    title["ingest.acknowledged"] = "acknowledged, from a file source"
    title["ingest.batches"] = "acknowledged, each batch awaited"
    title["ingest.settled"] = "settled"
    title["size.settled"] = "on disk when settled"
    title["size.rest"] = "on disk after a reopen"
    title["memory.peak"] = "resident at most, ingesting"
    title["get.spread"] = "get by id, all over the store"
    title["scan.sources"] = "full scan, bytes of values"
    title["snapshot.create"] = "snapshot taken and given back"
    title["open.clean"] = "open, clean"
    title["recovery.open"] = "open after kill -9, all in the log"
    title["recovery.rate"] = "  log replayed"
}

FNR == 1 {
    name = FILENAME
    sub(/.*\//, "", name)
    sub(/\.[0-9]+$/, "", name)
}

{
    id = field("id")
    if (!(id in title)) next
    seen[name, id] = seen[name, id] " " field("value")
    unit[id] = field("unit")
}

END {
    if (json != "true") {
        printf "\n%-36s", ""
        for (e = 1; e <= engines; e++) printf "%20s", engine[e]
        print ""
    }
    for (r = 1; r <= rows; r++) {
        id = row[r]
        if (json != "true") printf "%-36s", title[id]
        ours = summarise(engine[1], id) ? middle : 0
        for (e = 1; e <= engines; e++) {
            if (!summarise(engine[e], id)) {
                if (json != "true") printf "%20s", "-"
                continue
            }
            ratio = better(ours, middle, unit[id])
            if (json == "true") {
                printf "{\"id\":\"%s\",\"name\":\"%s\",\"engine\":\"%s\",\"unit\":\"%s\",\"median\":%s,\"least\":%s," \
                    "\"greatest\":%s,\"varve_is_better_by\":%.3f}\n", id, title[id], engine[e], unit[id], middle,
                    low, high, ratio
            } else {
                printf "%20s", shown(middle) (e > 1 && ratio ? sprintf(" (%.2fx)", ratio) : "")
            }
        }
        if (json != "true") print "  " unit[id]
    }
}
