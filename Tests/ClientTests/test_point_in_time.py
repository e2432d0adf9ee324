"""The main job: a point in time is paged while others write, and the server is killed between two pages."""

import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

from opensearchpy import NotFoundError, OpenSearchException, helpers

from server import MAPPING, Server, flights

COUNT = 12_000
PAGE = 1_000


class Writer(threading.Thread):
    """Changes, deletes and adds documents until the server is gone, and keeps what was acknowledged."""

    def __init__(self, client, documents):
        super().__init__(daemon=True)
        self.client, self.documents = client, documents
        self.acknowledged = {}
        self.attempted = None
        self.has_written = threading.Event()
        self.failure = None
        self.is_stopping = False

    def run(self):
        try:
            for round in range(1_000_000):
                if self.is_stopping:
                    return
                self.change(round)
                if round == 50:
                    self.client.indices.refresh(index="flights")
                    self.has_written.set()
        except OpenSearchException as failure:
            self.failure = failure
        finally:
            self.has_written.set()

    def change(self, round):
        victim = self.documents[round * 7 % len(self.documents)]["_id"]
        self.attempted = victim if round % 3 < 2 else f"new-{round}"
        if round % 3 == 0:
            self.client.delete(index="flights", id=victim, ignore=[404])
            self.acknowledged[victim] = None
        else:
            carrier = {"carrier": "??", "round": round}
            self.client.index(index="flights", id=self.attempted, body=carrier)
            self.acknowledged[self.attempted] = carrier


class PointInTimeTests(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.client = self.server.client()
        self.client.indices.create(
            index="flights", body={"mappings": MAPPING, "settings": {"number_of_shards": 2}}
        )
        self.documents = flights(COUNT)
        stored, errors = helpers.bulk(
            self.client, ({"_index": "flights", **document} for document in self.documents), refresh=True
        )
        self.assertEqual((stored, errors), (COUNT, []))
        self.frozen = {document["_id"]: document["_source"] for document in self.documents}
        created = self.client.create_pit(index="flights", keep_alive="10m")
        self.assertEqual(created["_shards"]["failed"], 0)
        self.pit = created["pit_id"]

    def page(self, client, after, **more):
        body = {
            "pit": {"id": self.pit, "keep_alive": "10m"},
            "size": PAGE,
            "sort": [{"time_hour": "asc"}, {"_shard_doc": "asc"}],
            "track_total_hits": True,
            **more,
        }
        if after:
            body["search_after"] = after
        found = client.search(body=body)
        self.assertEqual(found["pit_id"], self.pit)
        self.assertEqual(found["_shards"]["failed"], 0)
        return found["hits"]

    def pages(self, client, after=None, **more):
        while True:
            hits = self.page(client, after, **more)["hits"]
            if not hits:
                return
            after = hits[-1]["sort"]
            yield hits

    def check(self, hits):
        """Every frozen document once, as it was, in order of time."""
        self.assertEqual(len(hits), COUNT)
        self.assertEqual({hit["_id"]: hit["_source"] for hit in hits}, self.frozen)
        keys = [tuple(hit["sort"]) for hit in hits]
        self.assertEqual(keys, sorted(keys))

    def test_pages_while_others_write_and_a_kill_comes_between_two_pages(self):
        writer = Writer(self.server.client(max_retries=0), self.documents)
        writer.start()
        writer.has_written.wait()
        self.assertIsNone(writer.failure)
        hits = []
        for page in self.pages(self.client):
            hits += page
            if len(hits) == 4 * PAGE:
                break
        self.server.kill()
        writer.join()
        self.assertIsNotNone(writer.failure)

        self.server.start()
        for page in self.pages(self.client, hits[-1]["sort"]):
            hits += page
        self.check(hits)
        self.check_acknowledged(writer)
        listed = self.client.get_all_pits()["pits"]
        self.assertEqual([pit["pit_id"] for pit in listed], [self.pit])

    def check_acknowledged(self, writer):
        """What was acknowledged before the kill is there after it; the write that failed may be."""
        writer.acknowledged.pop(writer.attempted, None)
        self.assertGreater(len(writer.acknowledged), 40)
        found = self.client.mget(index="flights", body={"ids": list(writer.acknowledged)})["docs"]
        self.assertEqual({document["_id"]: document.get("_source") for document in found}, writer.acknowledged)

    def test_slices_in_parallel_are_disjoint_and_complete(self):
        writer = Writer(self.server.client(), self.documents)
        writer.start()
        writer.has_written.wait()
        for count in (2, 3, 5):
            with ThreadPoolExecutor(count) as pool:
                parts = list(
                    pool.map(
                        lambda id: [
                            hit
                            for page in self.pages(self.server.client(), slice={"id": id, "max": count})
                            for hit in page
                        ],
                        range(count),
                    )
                )
            self.check(sorted(sum(parts, []), key=lambda hit: hit["sort"]))
        writer.is_stopping = True
        writer.join()
        self.assertIsNone(writer.failure)

    def test_survives_a_clean_stop_and_ends_when_deleted(self):
        gone = ({"_op_type": "delete", "_index": "flights", "_id": id} for id in self.frozen)
        helpers.bulk(self.client, gone, refresh=True)
        self.assertEqual(self.client.count(index="flights")["count"], 0)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.check([hit for page in self.pages(self.client) for hit in page])
        deleted = self.client.delete_pit(body={"pit_id": [self.pit]})
        self.assertEqual(deleted["pits"], [{"successful": True, "pit_id": self.pit}])
        with self.assertRaises(NotFoundError):
            self.page(self.client, None)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.client.get_all_pits()["pits"], [])


if __name__ == "__main__":
    unittest.main()
