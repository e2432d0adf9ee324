// Measures one peer on a file of documents, and prints one JSON object a figure.
//
//     peer-rocksdb zlib6 FLIGHTS.ndjson DIRECTORY [line|source]
//
// Each document is stored under its `_id`. The value is the whole line of the file, or the `_source` alone. The
// figures carry the names that varve-bench gives to its own, so that `run-peers` can put them side by side.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "engine.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t batchDocuments = 1000;
/// Every so many-th document is asked for by id: 19,810 of the flights.
constexpr size_t getStride = 17;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void print(const char* id, double value, const char* unit) {
    std::printf("{\"id\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", id, value, unit);
    std::fflush(stdout);
}

/// The documents of a file of JSON lines `{"_id":"…","_source":{…}}`, a batch at a time.
class Input {
public:
    Input(const std::string& path, bool sourceOnly) : file(path), sourceOnly(sourceOnly) {
        if (!file) throw std::runtime_error("cannot read " + path);
    }

    /// False at the end of the file.
    bool next(std::vector<Document>& batch) {
        batch.resize(batchDocuments);
        size_t count = 0;
        while (count < batchDocuments && std::getline(file, line)) {
            if (!line.empty()) split(batch[count++]);
        }
        batch.resize(count);
        return count > 0;
    }

private:
    std::ifstream file;
    std::string line;
    bool sourceOnly;

    void split(Document& document) {
        static const std::string head = "{\"_id\":\"", middle = "\",\"_source\":";
        const size_t end = line.find(middle);
        if (line.compare(0, head.size(), head) != 0 || end == std::string::npos) {
            throw std::runtime_error("a line that does not begin with an _id and a _source: " + line.substr(0, 80));
        }
        document.id.assign(line, head.size(), end - head.size());
        if (sourceOnly) {
            const size_t start = end + middle.size();
            document.value.assign(line, start, line.size() - start - 1);
        } else {
            document.value = line;
        }
    }
};

/// Writes the whole input, a batch at a time, each synced; returns how many documents there were.
size_t load(Engine& engine, Input input) {
    std::vector<Document> batch;
    size_t count = 0;
    while (input.next(batch)) {
        engine.write(batch);
        count += batch.size();
    }
    return count;
}

uint64_t bytesBelow(const std::string& directory, const std::string& extension = "") {
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (!entry.is_regular_file()) continue;
        if (extension.empty() || entry.path().extension() == extension) bytes += entry.file_size();
    }
    return bytes;
}

double peakResidentMegabytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) * 1024 / 1e6;
    }
    return 0;
}

class Measurement {
public:
    Measurement(std::string input, std::string directory, EngineOptions options, bool sourceOnly)
        : input(std::move(input)), directory(std::move(directory)), options(std::move(options)),
          sourceOnly(sourceOnly) {}

    void run() {
        const std::string store = directory + "/store";
        auto engine = openEngine(store, options);
        ingest(*engine, store);
        reads(*engine);
        snapshots(*engine);
        engine.reset();
        const auto start = Clock::now();
        engine = openEngine(store, options);
        print("open.clean", secondsSince(start) * 1e3, "ms");
        engine.reset();
        print("size.rest", bytesBelow(store) / 1e6, "MB");
        recovery(directory + "/killed");
    }

private:
    std::string input, directory;
    EngineOptions options;
    bool sourceOnly;
    uint64_t documentCount = 0;

    Input documents() const { return Input(input, sourceOnly); }

    void ingest(Engine& engine, const std::string& store) {
        const auto start = Clock::now();
        documentCount = load(engine, documents());
        const double count = documentCount;
        print("ingest.batches", count / secondsSince(start), "docs/s");
        engine.settle();
        print("ingest.settled", count / secondsSince(start), "docs/s");
        print("size.settled", bytesBelow(store) / 1e6, "MB");
        print("memory.peak", peakResidentMegabytes(), "MB");
    }

    void reads(Engine& engine) {
        std::vector<std::string> ids = idsToGet();
        std::string value;
        std::vector<double> times;
        for (const auto& id : ids) {
            const auto start = Clock::now();
            if (!engine.get(id, value)) throw std::runtime_error("there is no document " + id);
            times.push_back(secondsSince(start) * 1e6);
        }
        print("get.spread", median(times), "us");
        std::vector<double> rates;
        for (int round = 0; round < 3; ++round) {
            const auto start = Clock::now();
            const auto scanned = engine.scan();
            rates.push_back(scanned.bytes / secondsSince(start) / 1e6);
        }
        print("scan.sources", median(rates), "MB/s");
    }

    /// Ids from the whole input, in an order that jumps about, the same in every run.
    std::vector<std::string> idsToGet() const {
        std::vector<std::string> ids, mixed;
        std::vector<Document> batch;
        Input all = documents();
        for (size_t at = 0; all.next(batch);) {
            for (const auto& document : batch) {
                if (at++ % getStride == 0) ids.push_back(document.id);
            }
        }
        for (size_t at = 0; at < ids.size(); ++at) mixed.push_back(ids[at * 7919 % ids.size()]);
        return mixed;
    }

    void snapshots(Engine& engine) {
        std::vector<double> times;
        for (int round = 0; round < 1000; ++round) {
            const auto start = Clock::now();
            for (int turn = 0; turn < 100; ++turn) engine.snapshot();
            times.push_back(secondsSince(start) * 1e9 / 100);
        }
        print("snapshot.create", median(times), "ns");
    }

    /// A child writes everything into the log and kills itself with -9; then opening is timed, with the options
    /// of every day.
    void recovery(const std::string& store) {
        std::filesystem::create_directory(store);
        const pid_t child = fork();
        if (child < 0) throw std::runtime_error("fork failed");
        if (child == 0) {
            try {
                EngineOptions roomy = options;
                roomy.writeBufferBytes = size_t(1) << 30;
                auto engine = openEngine(store, roomy);
                load(*engine, documents());
                kill(getpid(), SIGKILL);
            } catch (const std::exception& error) { std::cerr << error.what() << "\n"; }
            _exit(1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
            throw std::runtime_error("the child that loads was not killed");
        }
        const double log = bytesBelow(store, ".log") / 1e6;
        const auto start = Clock::now();
        const auto engine = openEngine(store, options);
        const double spent = secondsSince(start);
        if (engine->scan().documents < documentCount) throw std::runtime_error("documents were lost by kill -9");
        print("recovery.open", spent * 1e3, "ms");
        print("recovery.rate", log / spent, "MB/s");
    }
};

}  // namespace

int main(int count, char** words) {
    if (count < 4 || count > 5) {
        std::cerr << "usage: " << words[0] << " CODEC FLIGHTS.ndjson DIRECTORY [line|source]\n";
        return 2;
    }
    try {
        EngineOptions options;
        options.codec = words[1];
        std::filesystem::create_directories(words[3]);
        Measurement(words[2], words[3], options, count == 5 && std::string(words[4]) == "source").run();
    } catch (const std::exception& error) {
        std::cerr << words[0] << ": " << error.what() << "\n";
        return 1;
    }
}
