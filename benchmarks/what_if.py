"""How long a running service takes to answer what-if questions of a stored site.

PYTHONPATH=$(make -s support) python -m benchmarks.what_if [--questions 200]

A real server on a free port with SQLite, and the AI pod of the examples with a month of 15-minute loads. Each question
changes the ride-through, the failures tolerated and the state of health; its answer holds two plans with their
certificates and a chart. The time is that of the client, from the question to the last byte.

Exits with 1 where an answer is no success, or where the 95th percentile is 500 ms or more.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
from service import running_service

from benchmarks.timing import say, say_load
from ridethrough.tariffs.documents.written_text import yaml_document

MOST_P95_MS = 500.0
_EXAMPLE = Path(__file__).parents[1] / "examples" / "ai-pod"
_CSV = {"content-type": "text/csv"}
_WARMING = 4


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--questions", type=int, default=200)
    asked = arguments.parse_args()
    say_load()
    with tempfile.TemporaryDirectory() as data, running_service("--no-auth", "--data", data) as running:
        site = prepare(running.client)
        for number in range(_WARMING):
            answer_ms(running.client, site, number)
        taken = sorted(answer_ms(running.client, site, number) for number in range(asked.questions))
    p50, p95 = statistics.median(taken), taken[round(0.95 * (len(taken) - 1))]
    say(f"what-if, {len(taken)} questions: p50 {p50:.0f} ms, p95 {p95:.0f} ms, most {taken[-1]:.0f} ms")
    return int(p95 >= MOST_P95_MS)


def prepare(client: httpx.Client) -> str:
    """Store the site and its loads; return the address of its pages."""
    document = yaml_document((_EXAMPLE / "site.yaml").read_text(encoding="utf-8"), source="site.yaml")
    assert isinstance(document, dict)
    site_id = str(document["id"])
    client.put(f"/v1/sites/{site_id}", json=document).raise_for_status()
    for file in ("load.csv", "cooling.csv"):
        content = (_EXAMPLE / file).read_bytes()
        client.post(f"/v1/sites/{site_id}/series/{file}", content=content, headers=_CSV).raise_for_status()
    return f"/sites/{site_id}"


def answer_ms(client: httpx.Client, site: str, number: int) -> float:
    """Ask one question; return how long its answer took."""
    draw = random.Random(number)  # noqa: S311 - the same questions in every run
    question = {
        "ride_through_s": draw.randint(60, 360),
        "tolerated_failures": draw.choice((0, 1)),
        "state_of_health": round(draw.uniform(0.7, 1.0), 2),
    }
    start = time.perf_counter()
    answer = client.get(f"{site}/what-if/answer", params=question)
    taken = 1e3 * (time.perf_counter() - start)
    answer.raise_for_status()
    assert "A year of such days" in answer.text, answer.text
    return taken


if __name__ == "__main__":
    sys.exit(main())
