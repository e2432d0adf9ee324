// What every peer is asked to do. One file a peer implements it; measure.cpp does the measuring, the same for all.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct Document {
    std::string id;
    std::string value;
};

/// A key-value store that keeps each document under its id.
///
/// Every call throws `std::runtime_error` with the engine's own words when the engine reports an error: a benchmark
/// that goes on after one measures nothing.
class Engine {
public:
    virtual ~Engine() = default;

    /// Writes a batch in one go. When it returns, the log is on the disk (`fdatasync`).
    virtual void write(const std::vector<Document>& batch) = 0;
    /// Moves everything out of memory and log into compressed files, compacts them and waits until nothing is left
    /// to compact.
    virtual void settle() = 0;
    /// The value of an id; false if there is none.
    virtual bool get(const std::string& id, std::string& value) = 0;
    /// Reads every value once, in order of keys; returns their number and their bytes.
    struct Scanned {
        uint64_t documents = 0;
        uint64_t bytes = 0;
    };
    virtual Scanned scan() = 0;
    /// Takes a snapshot and gives it back.
    virtual void snapshot() = 0;
};

struct EngineOptions {
    /// How blocks are compressed. Which names there are is the engine's business.
    std::string codec;
    /// Memory of the write buffer. With more than the input nothing is flushed: everything stays in the log.
    size_t writeBufferBytes = 64 << 20;
    /// Memory for decoded blocks, as much as Varve has by default.
    size_t cacheBytes = 64 << 20;
    /// Raw size of a block, before compression.
    size_t blockBytes = 16 << 10;
    /// Bits a key of the bloom filters.
    int filterBits = 10;
};

/// Opens the engine's store in a directory; makes it if there is none. Each peer's file defines this once.
std::unique_ptr<Engine> openEngine(const std::string& directory, const EngineOptions& options);

/// Throws if an engine's status is not ok.
template <typename Status>
void require(const Status& status, const char* action) {
    if (!status.ok()) throw std::runtime_error(std::string(action) + ": " + status.ToString());
}
