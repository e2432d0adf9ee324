// LevelDB. The log is synced for each batch; the one codec is snappy.
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/options.h>
#include <leveldb/write_batch.h>

#include "engine.h"

namespace {

class LevelDB final : public Engine {
public:
    LevelDB(const std::string& directory, const EngineOptions& wanted)
        : cache(leveldb::NewLRUCache(wanted.cacheBytes)),
          filter(leveldb::NewBloomFilterPolicy(wanted.filterBits)) {
        if (wanted.codec != "snappy") {
            throw std::runtime_error("LevelDB is measured with the codec snappy, not " + wanted.codec);
        }
        leveldb::Options options;
        options.create_if_missing = true;
        options.block_cache = cache.get();
        options.filter_policy = filter.get();
        options.block_size = wanted.blockBytes;
        options.write_buffer_size = wanted.writeBufferBytes;
        options.compression = leveldb::kSnappyCompression;

        leveldb::DB* opened = nullptr;
        require(leveldb::DB::Open(options, directory, &opened), "open");
        db.reset(opened);
    }

    void write(const std::vector<Document>& documents) override {
        batch.Clear();
        for (const auto& document : documents) batch.Put(document.id, document.value);
        leveldb::WriteOptions synced;
        synced.sync = true;
        require(db->Write(synced, &batch), "write");
    }

    // Flushes the write buffer first, and returns when the last level is compacted.
    void settle() override { db->CompactRange(nullptr, nullptr); }

    bool get(const std::string& id, std::string& value) override {
        const auto status = db->Get(leveldb::ReadOptions(), id, &value);
        if (status.IsNotFound()) return false;
        require(status, "get");
        return true;
    }

    Scanned scan() override {
        leveldb::ReadOptions options;
        options.fill_cache = false;
        Scanned scanned;
        const std::unique_ptr<leveldb::Iterator> at(db->NewIterator(options));
        for (at->SeekToFirst(); at->Valid(); at->Next()) {
            scanned.documents += 1;
            scanned.bytes += at->value().size();
        }
        require(at->status(), "scan");
        return scanned;
    }

    void snapshot() override { db->ReleaseSnapshot(db->GetSnapshot()); }

private:
    // The database is declared last, so that it goes before what it uses.
    std::unique_ptr<leveldb::Cache> cache;
    std::unique_ptr<const leveldb::FilterPolicy> filter;
    leveldb::WriteBatch batch;
    std::unique_ptr<leveldb::DB> db;
};

}  // namespace

std::unique_ptr<Engine> openEngine(const std::string& directory, const EngineOptions& options) {
    return std::make_unique<LevelDB>(directory, options);
}
