"""`client.ingestion`, as opensearch-py has it, of an index that pulls a topic of Kafka."""

import json
import time
import unittest

from broker import PROGRAM, Broker
from opensearchpy import RequestError
from pulling import SHARDS, PullingTests
from server import Server


@unittest.skipUnless(PROGRAM, 'VARVE_KAFKA_SERVER names no server: eval "$(tools/brokers kafka)" sets it')
class KafkaIngestionTests(PullingTests):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.client = self.server.client()
        self.topic = self.id().rsplit(".", 1)[1]
        self.sent = 0

    def create(self, **source):
        param = {"topic": self.topic, "bootstrap_servers": self.broker.bootstrap}
        lag = {"pointer_based_lag_update_interval": "200ms"}
        try:
            self.create_index({"type": "kafka", "generated_ids": "random", "param": param, **lag, **source})
        except RequestError as error:
            if "unknown ingestion source type [kafka]" in str(error.info):
                self.skipTest("this varve was built without the trait Kafka")
            raise

    def produce(self, count: int):
        for partition in range(SHARDS):
            numbers = [n for n in range(self.sent, self.sent + count) if n % SHARDS == partition]
            self.broker.produce(self.topic, partition, [json.dumps({"_source": {"n": n}}) for n in numbers])
        self.sent += count

    def test_pause_resume_reset_and_state(self):
        self.broker.create(self.topic, SHARDS)
        self.create()
        self.produce(3_000)
        self.until(lambda: self.documents() == 3_000, "all messages are there")
        self.until(
            lambda: [state["batch_start_pointer"] for state in self.states()] == ["KafkaOffset{offset=1000}"] * SHARDS,
            "the pointers are durable",
        )
        self.assertTrue(all(state["poller_state"] in ("POLLING", "PROCESSING") for state in self.states()))
        self.pause()
        self.produce(300)
        time.sleep(0.3)
        self.assertEqual(self.documents(), 3_000)
        settings = [{"shard": 1, "mode": "offset", "value": "990"}]
        resumed = self.client.ingestion.resume(index="orders", body={"reset_settings": settings})
        self.assertEqual((resumed["acknowledged"], resumed["shards_acknowledged"]), (True, True))
        # Ten messages of one shard once more.
        self.until(lambda: self.documents() >= 3_310, "what came meanwhile is there")
        time.sleep(0.3)
        self.assertEqual(self.documents(), 3_310)

    def test_topic_that_is_created_later(self):
        self.create()
        self.assertEqual([state["poller_state"] for state in self.states()], ["NONE"] * SHARDS)
        self.broker.create(self.topic, SHARDS)
        self.produce(30)
        self.until(lambda: self.documents() == 30, "all messages are there")

    def test_kill_9_between_any_two_messages(self):
        self.broker.create(self.topic, SHARDS)
        self.create(**{"poll.max_batch_size": 50})
        self.kill_between_any_two_messages()

    def test_errors(self):
        with self.assertRaises(RequestError) as refused:
            self.create(param={"topic": self.topic})
        self.assertIn("requires the parameter [param.bootstrap_servers]", str(refused.exception.info))


if __name__ == "__main__":
    unittest.main()
