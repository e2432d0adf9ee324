// RocksDB. The log is on and synced for each batch; codecs are zlib (level 6) and zstd (its default level).
#include <chrono>
#include <thread>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "engine.h"

namespace {

class RocksDB final : public Engine {
public:
    RocksDB(const std::string& directory, const EngineOptions& wanted) {
        rocksdb::BlockBasedTableOptions table;
        table.block_cache = rocksdb::NewLRUCache(wanted.cacheBytes);
        table.block_size = wanted.blockBytes;
        table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(wanted.filterBits));

        rocksdb::Options options;
        options.create_if_missing = true;
        options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
        options.write_buffer_size = wanted.writeBufferBytes;
        // Else a log larger than this flushes, and recovery would find nothing left to do.
        options.max_total_wal_size = wanted.writeBufferBytes * 4;
        options.max_background_jobs = 2;
        options.compression = codec(wanted.codec);
        options.bottommost_compression = options.compression;
        if (wanted.codec == "zlib6") options.compression_opts.level = 6;

        rocksdb::DB* opened = nullptr;
        require(rocksdb::DB::Open(options, directory, &opened), "open");
        db.reset(opened);
    }

    void write(const std::vector<Document>& documents) override {
        batch.Clear();
        for (const auto& document : documents) {
            require(batch.Put(document.id, document.value), "put");
        }
        rocksdb::WriteOptions synced;
        synced.sync = true;
        require(db->Write(synced, &batch), "write");
    }

    void settle() override {
        require(db->Flush(rocksdb::FlushOptions()), "flush");
        require(db->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr), "compact");
        // 7.8 has no public call that waits for compactions, so its own counters are asked.
        while (pending("rocksdb.mem-table-flush-pending") || pending("rocksdb.num-running-flushes")
               || pending("rocksdb.compaction-pending") || pending("rocksdb.num-running-compactions")) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

    bool get(const std::string& id, std::string& value) override {
        const auto status = db->Get(rocksdb::ReadOptions(), id, &value);
        if (status.IsNotFound()) return false;
        require(status, "get");
        return true;
    }

    Scanned scan() override {
        rocksdb::ReadOptions options;
        options.fill_cache = false;
        Scanned scanned;
        const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(options));
        for (at->SeekToFirst(); at->Valid(); at->Next()) {
            scanned.documents += 1;
            scanned.bytes += at->value().size();
        }
        require(at->status(), "scan");
        return scanned;
    }

    void snapshot() override { db->ReleaseSnapshot(db->GetSnapshot()); }

private:
    std::unique_ptr<rocksdb::DB> db;
    rocksdb::WriteBatch batch;

    static rocksdb::CompressionType codec(const std::string& name) {
        if (name == "zlib6") return rocksdb::kZlibCompression;
        if (name == "zstd") return rocksdb::kZSTD;
        throw std::runtime_error("RocksDB is measured with the codecs zlib6 and zstd, not " + name);
    }

    bool pending(const char* property) {
        uint64_t value = 0;
        if (!db->GetIntProperty(property, &value)) {
            throw std::runtime_error(std::string("RocksDB does not know ") + property);
        }
        return value > 0;
    }
};

}  // namespace

std::unique_ptr<Engine> openEngine(const std::string& directory, const EngineOptions& options) {
    return std::make_unique<RocksDB>(directory, options);
}
