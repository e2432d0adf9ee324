"""Pull-based ingestion through `client.ingestion`, as opensearch-py has it."""

import json
import unittest
import time

from opensearchpy import NotFoundError, RequestError

from pulling import SHARDS, PullingTests
from server import Server


class IngestionTests(PullingTests):
    def setUp(self):
        self.server = Server(["--ingestion-directory", "{directory}/feeds"])
        self.addCleanup(self.server.close)
        self.client = self.server.client()
        self.feeds = self.server.directory / "feeds" / "orders"
        self.feeds.mkdir(parents=True)
        self.sent = 0

    def create(self, **source):
        param = {"stream": "orders", "base_directory": str(self.feeds.parent)}
        self.create_index({"type": "file", "param": param, **source})

    def produce(self, count: int):
        files = [open(self.feeds / f"{shard}.ndjson", "a") for shard in range(SHARDS)]
        for _ in range(count):
            line = json.dumps({"_source": {"n": self.sent}})
            files[self.sent % SHARDS].write(line + "\n")
            self.sent += 1
        for file in files:
            file.close()

    def test_pause_resume_reset_and_state(self):
        self.create()
        self.produce(3_000)
        self.until(lambda: self.documents() == 3_000, "all messages are there")
        self.assertEqual(
            [state["batch_start_pointer"] for state in self.states()],
            ["FileOffset{line=1000}"] * SHARDS,
        )
        self.pause()
        self.produce(300)
        time.sleep(0.3)
        self.assertEqual(self.documents(), 3_000)
        settings = [{"shard": shard, "mode": "offset", "value": "0"} for shard in range(SHARDS)]
        resumed = self.client.ingestion.resume(index="orders", body={"reset_settings": settings})
        self.assertTrue(resumed["shards_acknowledged"])
        self.until(lambda: self.documents() == 3_300, "nothing is there twice")

    def test_pages_of_states(self):
        self.create()
        shards, token = [], None
        while True:
            params = {"next_token": token} if token else {}
            answer = self.client.ingestion.get_state(index="orders", params={"size": 1, **params})
            shards += [state["shard"] for state in answer["ingestion_state"]["orders"]]
            token = answer.get("next_page_token")
            if token is None:
                break
        self.assertEqual(shards, list(range(SHARDS)))

    def test_errors(self):
        self.create()
        with self.assertRaises(NotFoundError):
            self.client.ingestion.pause(index="missing")
        with self.assertRaises(RequestError):
            self.client.ingestion.resume(index="orders", body={"reset": []})
        with self.assertRaises(RequestError) as refused:
            self.client.index(index="orders", body={"n": 1})
        self.assertIn("push-based indexing is not supported", str(refused.exception.info))

    def test_kill_9_between_any_two_messages(self):
        self.create(**{"poll.max_batch_size": 50})
        self.kill_between_any_two_messages()


if __name__ == "__main__":
    unittest.main()
