"""A server of the Kafka protocol in a process of its own, which `tools/brokers kafka` installs."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

PROGRAM = os.environ.get("VARVE_KAFKA_SERVER")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Broker:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="varve-broker-")
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [PROGRAM, "start", "--only", "kafka", "--kafka-port", str(self.port), "--data-dir", self.directory],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        deadline = time.monotonic() + 20
        while True:
            try:
                self.admin.list_topics(timeout=1)
                break
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
        self.producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 0})

    def create(self, topic: str, partitions: int):
        new = NewTopic(topic, partitions, 1, config={"retention.ms": "-1"})
        self.admin.create_topics([new])[topic].result(timeout=20)

    def produce(self, topic: str, partition: int, values: list[str]):
        for value in values:
            self.producer.produce(topic, value.encode(), partition=partition)
        if self.producer.flush(20) > 0:
            raise AssertionError("the broker did not take all messages within 20 s")

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory)
