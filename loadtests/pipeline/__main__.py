"""`python -m loadtests.pipeline`: measures, writes the raw results as JSON and a summary beside it.

Run by hand on a quiet machine. Judges nothing: the figures stand beside their levels.
"""

import argparse
import json
import re
import signal
import sys
import time
from pathlib import Path

from loadtests.pipeline.environment import QUIET_LOAD, load
from loadtests.pipeline.report import report
from loadtests.pipeline.run import Plan, run

LIST_OF_NUMBERS = re.compile(r"\[\s+([-\d.eE,\s]+?)\s+\]")
EXAMPLE = """\
Example:
  python -m loadtests.pipeline --region var/london --out loadtests/results/pipeline.json

Starts a Kafka and a Redis of its own (as `make services-up` does), `cover worker`, `cover api` and
`cover serve`, one after the other, in a scratch folder under var/, and ends all of them. Some 13 minutes;
nothing else should run on the machine meanwhile. For a quick look:
  python -m loadtests.pipeline --region var/demo --out /tmp/look.json --repeats 1 --held-s 5 --latency-s 5
"""


def main(words: list[str]) -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.pipeline",
        description="Throughput and latency through Kafka and Redis, beside bare kafka-python.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    plan = Plan(Path())
    parser.add_argument("--region", type=Path, required=True, help="folder of a region pack")
    parser.add_argument("--out", type=Path, required=True, help="JSON file; a .md goes beside it")
    parser.add_argument("--repeats", type=int, default=plan.repeats, help="default: %(default)s")
    parser.add_argument("--records", type=int, default=plan.records, help="of each throughput")
    parser.add_argument("--held-s", type=float, default=plan.held_s, help="seconds at 1,000 events/s")
    parser.add_argument("--latency-s", type=float, default=plan.latency_s, help="seconds at each rate")
    asked = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    if load()[0] > QUIET_LOAD:
        print(f"Warning: load average {load()[0]}: the machine is not quiet, the figures will be worse.")
    began = time.monotonic()
    results = run(
        Plan(asked.region, asked.repeats, asked.records, held_s=asked.held_s, latency_s=asked.latency_s),
        lambda line: print(f"{time.monotonic() - began:6.0f} s  {line}", flush=True),
    )
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(_json(results))
    summary = asked.out.with_suffix(".md")
    summary.write_text(report(results))
    print(f"{summary.read_text()}\nwritten: {asked.out}, {summary}")
    return 0


def _json(results: dict[str, object]) -> str:
    """Indented, but each list of numbers on one line."""
    text = json.dumps(results, indent=1)
    return LIST_OF_NUMBERS.sub(lambda m: "[" + re.sub(r"\s+", "", m[1]) + "]", text) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
