"""`python -m loadtests.run`: a load run from the first process to the page with the verdicts.

Run by hand on a quiet machine, or by `make loadtest` and `make loadtest-kafka`. Starts and ends all it needs.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from loadtests.levels import EMBEDDED, KAFKA, Measured, Size, Verdict, judge, table
from loadtests.pipeline.environment import QUIET_LOAD, environment, load
from loadtests.report.page import page
from loadtests.run.areas import make_areas
from loadtests.run.embedded import run_embedded
from loadtests.run.kafka import run_kafka
from loadtests.run.stage_set import CEILING_S, Asked

EXAMPLE = """\
Examples:
  python -m loadtests.run embedded --region var/london --minutes 10
  python -m loadtests.run kafka --region var/london --minutes 27
  python -m loadtests.run areas var/demo var/nation --count 50

A level is judged only where the run was long enough for it; a run of a few minutes shows that all works.
"""


def main(words: Sequence[str]) -> int:
    """Run it; 0 where no level was missed, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.run",
        description="Load runs, judged by the service levels.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ways = parser.add_subparsers(dest="way", required=True)
    for way in (EMBEDDED, KAFKA):
        one = ways.add_parser(way)
        one.add_argument("--region", type=Path, required=True, help="folder of a region pack")
        one.add_argument("--minutes", type=float, default=10.0, help="about so long [%(default)s]")
        one.add_argument("--senders", type=int, default=1, help="processes that send; 0: the probe's own")
        one.add_argument("--consoles", type=int, default=500, help="on Kafka and Redis [%(default)s]")
        one.add_argument(
            "--ceiling-s", type=float, default=CEILING_S, help="seconds at each rate of the null service"
        )
        one.add_argument("--out", type=Path, help="JSON file; the page goes beside it [var/load/…]")
    some = ways.add_parser("areas", help="copies of a pack under other ids")
    some.add_argument("pack", type=Path)
    some.add_argument("folder", type=Path)
    some.add_argument("--count", type=int, default=50)
    asked = parser.parse_args(words)
    if asked.way == "areas":
        print(f"{len(make_areas(asked.pack, asked.folder, asked.count))} areas in {asked.folder}")
        return 0
    return _loaded(asked)


def _loaded(asked: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    about = environment(Path("var/kafka-jars"))
    if load()[0] > QUIET_LOAD:
        print(f"Warning: load average {load()[0]}: the machine is not quiet, the figures will be worse.")
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {line}", flush=True)

    Path("var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"load-{asked.way}-", dir="var") as name:
        order = Asked(asked.region, asked.minutes, asked.senders, Path(name))
        order = replace(order, consoles=asked.consoles, ceiling_s=asked.ceiling_s)
        results = (run_embedded if asked.way == EMBEDDED else run_kafka)(order, say)
    figures, size = results.pop("figures"), results["size"]
    verdicts = judge(figures, size, asked.way)
    out = asked.out or Path("var/load") / f"{asked.way}.json"
    write(results | {"environment": about}, figures, size, verdicts, out)
    print(f"\n{table(verdicts)}\n\nwritten: {out}, {out.with_suffix('.html')}")
    return 1 if any(one.outcome.value == "missed" for one in verdicts) else 0


def write(
    results: dict[str, Any],
    figures: Mapping[str, Measured],
    size: Size,
    verdicts: Sequence[Verdict],
    out: Path,
) -> None:
    """The raw results as JSON, and the page beside them."""
    rows = [
        {
            "what": one.level.what,
            "bound": one.level.words,
            "value": one.value,
            "outcome": one.outcome.value,
            "why": one.why,
            "source": one.level.source,
        }
        for one in verdicts
    ]
    plain = results | {
        "size": asdict(size),
        "figures": {name: asdict(one) for name, one in figures.items()},
        "verdicts": rows,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(plain, indent=1) + "\n")
    title = "Load run: embedded" if plain["way"] == EMBEDDED else "Load run: Kafka and Redis"
    out.with_suffix(".html").write_text(page(plain, rows, title))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
