"""What the README and the guides tell a newcomer to type, run as it stands there."""

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from opensearchpy import helpers

from server import REPOSITORY, Server, binary, flights


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class NewcomerTests(unittest.TestCase):
    def commands(self) -> list[str]:
        section = (REPOSITORY / "README.md").read_text().split("\n## Serve\n")[1].split("\n## ")[0]
        return re.search(r"```\n(.*?)```", section, re.DOTALL)[1].splitlines()

    def test_the_five_commands_of_the_readme(self):
        commands = self.commands()
        self.assertEqual(len(commands), 5)
        with tempfile.TemporaryDirectory() as place:
            # The quickstart takes the programs under test instead of building a release.
            (Path(place) / "tools").symlink_to(REPOSITORY / "tools")
            script = "\n".join(["set -e", *commands])
            script = script.replace("9200", str(free_port())).replace("/tmp/", place + "/")
            with open(Path(place) / "output", "w+") as output:
                run = subprocess.Popen(
                    ["bash", "-c", script],
                    cwd=place,
                    env={**os.environ, "PWD": place, "VARVE_BIN": str(binary().parent)},
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                try:
                    status = run.wait(timeout=300)
                finally:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(run.pid, signal.SIGKILL)
                output.seek(0)
                text = output.read()
        self.assertEqual(status, 0, text)
        self.check(*text.split("the tour of the README\n"))

    def check(self, quickstart: str, answers: str):
        self.assertIn("0 differ, 0 are missing", quickstart)
        self.assertIn("the pages had 24000 flights, 24000 different ones, of 24000", quickstart)
        stored, page = answers.split("}", 1)
        self.assertEqual(json.loads(stored + "}"), {"errors": False})
        hits = json.loads(page)["hits"]
        self.assertEqual(hits["total"], {"value": 10_000, "relation": "gte"})
        self.assertEqual([len(hit["sort"]) for hit in hits["hits"]], [2, 2, 2])


class GuideTests(unittest.TestCase):
    def test_the_paging_of_the_guide(self):
        server = Server()
        self.addCleanup(server.close)
        documents = flights(2_500)
        helpers.bulk(server.client(), documents, index="flights", refresh=True)
        guide = (REPOSITORY / "docs/guides/point-in-time.md").read_text()
        snippet = re.search(r"```python\n(.*?)```", guide, re.DOTALL)[1]
        self.assertIn("http://localhost:9200", snippet)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(snippet.replace("http://localhost:9200", server.url), {})
        self.assertEqual(sorted(printed.getvalue().split()), sorted(one["_id"] for one in documents))
        self.assertEqual(server.client().get_all_pits()["pits"], [])


if __name__ == "__main__":
    unittest.main()
