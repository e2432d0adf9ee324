"""A real `varve serve` process over a store of its own, which a test may kill and start again."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from opensearchpy import OpenSearch

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "tools/sample/flights.ndjson.gz"


def binary() -> Path:
    """The `varve` under test: in VARVE_BIN, or where `swift build` puts it."""
    return Path(os.environ.get("VARVE_BIN", REPOSITORY / ".build/debug")).resolve() / "varve"


class Server:
    """Started on a free port; after a kill it takes the same port again, so that clients find it."""

    def __init__(self, options: list[str] = []):
        """In the options `{directory}` stands for the server's own directory."""
        self.directory = Path(tempfile.mkdtemp(prefix="varve-clients-"))
        self.options = [option.format(directory=self.directory) for option in options]
        self.port = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [
                *[binary(), "serve", "--store", self.directory / "data", "--listen", f"127.0.0.1:{self.port}"],
                *self.options,
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self.process.stderr.readline()
        if not line.startswith("listening on http://"):
            raise AssertionError(f"the server said {line + self.process.stderr.read()!r}")
        self.port = int(line.rsplit(":", 1)[1])

    def kill(self):
        """kill -9: nothing is flushed, nobody is told."""
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def stop(self) -> int:
        """A graceful end; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self.process.stderr.close()
        return status

    def close(self):
        if self.process.returncode is None:
            self.kill()
        shutil.rmtree(self.directory)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options) -> OpenSearch:
        return OpenSearch(self.url, timeout=60, **options)


def flights(count: int) -> list[dict]:
    """The first lines of the sample: `_id` and `_source` each."""
    with gzip.open(SAMPLE, "rt") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(count))]


MAPPING = {
    "properties": {
        **{
            name: {"type": "long"}
            for name in (
                "year month day dep_time sched_dep_time dep_delay arr_time sched_arr_time arr_delay flight "
                "air_time distance hour minute"
            ).split()
        },
        **{name: {"type": "keyword"} for name in "carrier tailnum origin dest".split()},
        "time_hour": {"type": "date"},
    }
}
