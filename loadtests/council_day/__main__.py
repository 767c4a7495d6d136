"""`python -m loadtests.council_day`: starts `cover serve` with a council, measures, writes results.

Run by hand on a quiet machine. Judges nothing but shows the level beside the figure.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from loadtests.council_day.measure import measure
from loadtests.pipeline.environment import QUIET_LOAD, environment, load
from loadtests.pipeline.processes import await_calm, cover

LEVEL_MS = 250.0
"""Request accepted to proposal on the console, p99, embedded, at ten requests a second (issue and design)."""
SEED = 20_260_606
EXAMPLE = """\
Example:
  python -m loadtests.council_day --region var/demo --council var/demo-council --out /tmp/council_day.json

About three minutes. Nothing else should run on the machine meanwhile.
"""


def main(words: list[str]) -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.council_day",
        description="How long a report over Open311 takes until a console has a place for it in a round.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--region", type=Path, required=True, help="folder of the brigade's region pack")
    parser.add_argument("--council", type=Path, required=True, help="folder of a council pack")
    parser.add_argument("--area", default="demo-council", help="the council's area id [%(default)s]")
    parser.add_argument("--rates", default="1,10", help="reports a second, in turn [%(default)s]")
    parser.add_argument("--seconds", type=float, default=60.0, help="at each rate [%(default)s]")
    parser.add_argument("--out", type=Path, required=True, help="JSON file; a .md goes beside it")
    asked = parser.parse_args(words)
    if load()[0] > QUIET_LOAD:
        print(f"Warning: load average {load()[0]}: the machine is not quiet, the figures will be worse.")
    found: dict[str, object] = {"environment": environment(Path("var/kafka-jars")), "level_p99_ms": LEVEL_MS}
    rates: dict[str, dict[str, object]] = {}
    for number, rate in enumerate(map(float, asked.rates.split(","))):
        with tempfile.TemporaryDirectory(prefix="council-day-") as name:
            command = ["serve", "--region", str(asked.region), "--council", str(asked.council), "--port", "0"]
            with cover(command, {}, Path(name) / "serve.log") as process:
                process.await_ready()
                await_calm([process.pid])
                print(f"{rate:g} reports a second for {asked.seconds:g} s …", flush=True)
                rates[f"{rate:g}"] = measure(process.url, asked.area, rate, asked.seconds, SEED + number)
    found["rates"] = rates
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(found, indent=1) + "\n")
    asked.out.with_suffix(".md").write_text(_table(found, rates))
    print(asked.out.with_suffix(".md").read_text())
    return 0


def _table(found: dict[str, object], rates: dict[str, dict[str, object]]) -> str:
    """The figures as Markdown."""
    lines = [
        "# Report to proposal",
        "",
        "A report over Open311 (`bulky_item`, `fly_tip`, `overflowing_bin`, `assisted_collection`, in turn, "
        "each at another stop), with half of the day's rounds done, until its first proposal is on a "
        "console's live stream. Poisson arrivals that never wait for each other; the time counts from when a "
        "report was due. "
        "`python -m loadtests.council_day`; raw samples beside this file.",
        "",
        "| reports/s | reports | without a proposal | refused | p50 ms | p90 ms | p99 ms | most ms | level |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for rate, row in rates.items():
        cells = [row.get(k, "") for k in ("reports", "without_proposal", "refused")]
        cells += [row.get(k, "") for k in ("p50_ms", "p90_ms", "p99_ms", "max_ms")]
        lines.append(f"| {rate} | {' | '.join(map(str, cells))} | p99 ≤ {LEVEL_MS:g} |")
    lines += ["", f"Environment: `{json.dumps(found['environment'])}`", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
