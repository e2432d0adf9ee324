"""opensearch-py's own helpers and its async client, unmodified."""

import unittest

from opensearchpy import AsyncOpenSearch, helpers
from opensearchpy.helpers import BulkIndexError

from server import MAPPING, Server, flights

COUNT = 5_000


class HelpersTests(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.documents = flights(COUNT)
        cls.sources = {document["_id"]: document["_source"] for document in cls.documents}

    def setUp(self):
        self.client = self.server.client()
        self.index = "i-" + self._testMethodName
        self.client.indices.create(index=self.index, body={"mappings": MAPPING})

    def actions(self, documents=None):
        return ({"_index": self.index, **document} for document in documents or self.documents)

    def stored(self):
        """What a scan finds."""
        self.client.indices.refresh(index=self.index)
        return {
            hit["_id"]: hit["_source"]
            for hit in helpers.scan(self.client, index=self.index, query={"query": {"match_all": {}}}, size=700)
        }

    def test_identity(self):
        info = self.client.info()
        self.assertEqual(info["version"]["distribution"], "opensearch")
        self.assertEqual(info["cluster_name"], "docker-cluster")
        self.assertTrue(self.client.ping())

    def test_bulk_and_scan(self):
        self.assertEqual(helpers.bulk(self.client, self.actions()), (COUNT, []))
        self.assertEqual(self.stored(), self.sources)

    def test_streaming_bulk_reports_each_item_in_order(self):
        answers = list(helpers.streaming_bulk(self.client, self.actions(), chunk_size=333))
        self.assertEqual([item["index"]["_id"] for _, item in answers], list(self.sources))
        self.assertTrue(all(is_stored for is_stored, _ in answers))
        self.assertEqual(self.stored(), self.sources)

    def test_parallel_bulk(self):
        answers = helpers.parallel_bulk(self.client, self.actions(), thread_count=4, chunk_size=250)
        self.assertEqual(sum(is_stored for is_stored, _ in answers), COUNT)
        self.assertEqual(self.stored(), self.sources)

    def test_create_and_delete_actions_and_their_errors(self):
        few = self.documents[:10]
        create = [{"_op_type": "create", "_index": self.index, **document} for document in few]
        self.assertEqual(helpers.bulk(self.client, create)[0], 10)
        with self.assertRaises(BulkIndexError) as raised:
            helpers.bulk(self.client, create)
        statuses = {error["create"]["status"] for error in raised.exception.errors}
        self.assertEqual(statuses, {409})
        delete = [
            {"_op_type": "delete", "_index": self.index, "_id": id} for id in [few[0]["_id"], "never was"]
        ]
        stored, errors = helpers.bulk(self.client, delete, raise_on_error=False)
        self.assertEqual((stored, len(errors)), (1, 1))
        self.assertEqual(errors[0]["delete"]["status"], 404)
        self.assertEqual(len(self.stored()), 9)

    def test_reindex(self):
        helpers.bulk(self.client, self.actions(self.documents[:1_000]), refresh=True)
        target = self.index + "-copy"
        self.assertEqual(helpers.reindex(self.client, self.index, target), (1_000, 0))
        self.client.indices.refresh(index=target)
        self.assertEqual(self.client.count(index=target)["count"], 1_000)

    async def test_async_client(self):
        async with AsyncOpenSearch(self.server.url, timeout=60) as client:
            stored, errors = await helpers.async_bulk(client, self.actions(), refresh=True)
            self.assertEqual((stored, errors), (COUNT, []))
            found = {}
            async for hit in helpers.async_scan(client, index=self.index, size=500):
                found[hit["_id"]] = hit["_source"]
            self.assertEqual(found, self.sources)
            pit = (await client.create_pit(index=self.index, keep_alive="1m"))["pit_id"]
            page = await client.search(body={"pit": {"id": pit}, "size": 3, "sort": ["time_hour"]})
            self.assertEqual(len(page["hits"]["hits"]), 3)
            self.assertEqual((await client.delete_all_pits())["pits"][0]["successful"], True)


if __name__ == "__main__":
    unittest.main()
