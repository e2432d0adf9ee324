"""What the tests of an index that pulls a stream share."""

import time
import unittest

SHARDS = 3


class PullingTests(unittest.TestCase):
    """A test sets `server`, `client` and `produce`; its index is `orders`."""

    def create_index(self, source: dict):
        index = {
            "number_of_shards": SHARDS,
            "number_of_replicas": 0,
            "replication.type": "SEGMENT",
            "ingestion_source": {"pointer.init.reset": "earliest", **source},
        }
        created = self.client.indices.create(index="orders", body={"settings": {"index": index}})
        self.assertTrue(created["acknowledged"])

    def until(self, condition, what: str):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.02)

    def documents(self) -> int:
        self.client.indices.refresh(index="orders")
        return self.client.count(index="orders")["count"]

    def states(self) -> list[dict]:
        answer = self.client.ingestion.get_state(index="orders")
        self.assertEqual(answer["_shards"], {"total": SHARDS, "successful": SHARDS, "failed": 0})
        self.assertNotIn("next_page_token", answer)
        return answer["ingestion_state"]["orders"]

    def pause(self):
        paused = self.client.ingestion.pause(index="orders")
        self.assertEqual(paused, {"acknowledged": True, "shards_acknowledged": True})
        self.until(lambda: all(state["poller_state"] == "PAUSED" for state in self.states()), "it is paused")

    def kill_between_any_two_messages(self):
        """Random ids show a message that is applied twice as two documents."""
        for _ in range(4):
            self.produce(3_000)
            self.until(lambda: self.documents() > self.sent - 3_000, "something new is there")
            self.server.kill()
            self.server.start()
        self.until(lambda: self.documents() >= self.sent, "everything is there again")
        self.assertEqual(self.documents(), self.sent)
        numbers = {"cardinality": {"field": "n", "precision_threshold": 40_000}}
        found = self.client.search(index="orders", body={"size": 0, "aggs": {"n": numbers}})
        self.assertEqual(found["aggregations"]["n"]["value"], self.sent)
