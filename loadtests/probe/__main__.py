"""`python -m loadtests.probe`: the probe against a service that runs, or against none to find its own share.

Run by hand. Prints figures; writes the raw ones as JSON where asked.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from loadtests.pipeline.brigade import read_brigade
from loadtests.pipeline.busy_day import BusyDay
from loadtests.pipeline.processes import python_module
from loadtests.probe.histogram import Figures
from loadtests.probe.loop import run
from loadtests.probe.probe import Target, probe
from loadtests.probe.schedule import EVEN, POISSON, Schedule, schedule

SEED = 20_260_606
EXAMPLE = """\
Examples:
  python -m loadtests.probe --region var/demo --url http://127.0.0.1:8080 --rate 100 --seconds 10
  python -m loadtests.probe --region var/demo --null --rate 100,1000,2000 --seconds 5
"""


def main(words: list[str]) -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.probe",
        description="Events sent when they are due, traced to the plan that covers them on a console.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--region", type=Path, required=True, help="folder of the service's region pack")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="a running service; several API replicas with commas between")
    where.add_argument("--null", action="store_true", help="a service that answers at once, started here")
    parser.add_argument("--rate", default="10,100", help="events a second, in turn [%(default)s]")
    parser.add_argument("--seconds", type=float, default=10.0, help="at each rate [%(default)s]")
    parser.add_argument("--arrivals", choices=(POISSON, EVEN), default=POISSON)
    parser.add_argument("--linger-ms", type=float, default=0.0, help="events due so near go in one post")
    parser.add_argument("--senders", type=int, default=0, help="processes that send [this one]")
    parser.add_argument("--out", type=Path, help="JSON file of raw results")
    asked = parser.parse_args(words)
    schedules = [
        schedule(rate, asked.seconds, SEED, asked.arrivals, asked.linger_ms / 1e3)
        for rate in map(float, asked.rate.split(","))
    ]
    if asked.null:
        with (
            tempfile.TemporaryDirectory(prefix="probe-") as name,
            python_module("loadtests.probe.null_service", [], Path(name) / "null.log") as service,
        ):
            found = _measured((service.url,), asked.region, schedules, asked.senders)
    else:
        found = _measured(tuple(asked.url.split(",")), asked.region, schedules, asked.senders)
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n")
    return 0


def _measured(urls: tuple[str, ...], pack: Path, schedules: list[Schedule], senders: int) -> list[Figures]:
    brigade = read_brigade(pack)
    day = BusyDay(brigade, SEED, positions=False)
    found = []
    for when in schedules:
        target = Target(urls, urls[-1], brigade.area)
        result = run(probe(target, day.take(len(when.due_s)), when, senders))
        found.append(result)
        print(summary(result), flush=True)
    return found


def summary(result: Figures) -> str:
    """One line of one rate."""
    plan, oldest, late = result["plan"], result["oldest"], result["sent_late"]
    assert isinstance(plan, dict) and isinstance(oldest, dict) and isinstance(late, dict)  # noqa: S101
    return (
        f"{result['per_s']:g} events/s: {result['events']} events in {result['posts']} posts, "
        f"{result['failed_events']} failed, {result['unserved']} unserved; "
        f"to the plan p50 {plan.get('p50_ms')} "
        f"p99 {plan.get('p99_ms')} most {plan.get('max_ms')} ms; oldest of {result['plans']} plans p99 "
        f"{oldest.get('p99_ms')} ms; sent late p99 {late.get('p99_ms')} ms"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
