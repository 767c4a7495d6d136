"""A load run as one HTML page: verdicts, figures, plots, method, environment; nothing is fetched.

Called by `python -m loadtests.run`, made from the raw results alone.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from loadtests.report import plots

Results = Mapping[str, Any]
STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #14202b; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { border: 1px solid #b9c4ce; padding: 2px 8px; }
td { text-align: right; } td:first-child { text-align: left; }
.missed { background: #fbdcdc; font-weight: 600; }
.met { background: #dff3e6; } svg { max-width: 100%; height: auto; }
pre { overflow: auto; background: #f1f4f7; }
"""
METHOD = """Events are sent when a schedule, drawn before the first is sent, says they are due; no answer and
no plan is waited for before the next one goes (open arrivals). An event's wait runs from when it
was due, not from when a connection was free for it, to the arrival of the first plan on a
console's live stream whose picture holds its whole post. “Oldest” is, for each plan, the wait of
the oldest event that no plan before it had covered. Both clocks are the machine's monotonic one.
“Lost” is what was sent less what the service's counters say it folded. Percentiles come from HDR
histograms of every event (three significant digits; the counts are in the raw results). The
probe, the service and, where there are any, broker and Redis share the machine's cores; “the
probe alone” is the same probe against a service that answers at once."""


def page(results: Results, verdicts: Sequence[Mapping[str, Any]], title: str) -> str:
    """The whole page."""
    rates, samples = results["rates"], results["samples"]
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_where(results))}</p>",
        "<h2>Verdict</h2>",
        _verdicts(verdicts),
        "<h2>Latency against load</h2>",
        _rates(rates),
        f"<p>{escape(_knee(results['knee']))}</p>",
        plots.latency_against_load(rates, results["ceiling"]),
        "<h2>Where the time goes</h2>",
        plots.stages_stacked(rates),
        "<h2>Processor</h2>",
        plots.over_time(samples, "cores", "cores"),
        "<h2>Memory</h2>",
        plots.over_time(samples, "memory_mib", "MiB"),
        "<h2>Open files</h2>",
        plots.over_time(samples, "files", "files"),
        *_more(results),
        "<h2>How it is measured</h2>",
        f"<p>{escape(METHOD)}</p>",
        "<h2>Environment</h2>",
        f"<pre>{escape(json.dumps(results['environment'], indent=1))}</pre>",
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _where(results: Results) -> str:
    about, size = results["environment"], results["size"]
    return (
        f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB; commit {about['commit']}, "
        f"{about['uncommitted_files']} files uncommitted; load average before {about['load_before'][0]}; "
        f"{size['stations']} stations, {size['appliances']} appliances, {size['zones']} zones."
    )


def _verdicts(verdicts: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for one in verdicts:
        value = "–" if one["value"] is None else f"{one['value']:,.4g}"
        word = one["outcome"] + (f" ({one['why']})" if one["why"] else "")
        kind = one["outcome"] if one["outcome"] in ("met", "missed") else ""
        rows.append(
            f'<tr class="{kind}"><td>{escape(one["what"])}</td><td>{escape(one["bound"])}</td>'
            f"<td>{value}</td>"
            f"<td>{escape(word)}</td><td>{escape(one['source'])}</td></tr>"
        )
    return _table(("level", "bound", "measured", "verdict", "source"), rows)


def _rates(rates: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for one in rates:
        plan, oldest, late = one["plan"], one["oldest"], one["sent_late"]
        cells = [
            f"{one['per_s']:,g}",
            f"{one['events']:,}",
            f"{one['lost']:,}",
            f"{one['unserved']:,}",
            *(str(plan.get(f"{p}_ms", "–")) for p in ("p50", "p90", "p99", "p99.9", "max")),
            str(oldest.get("p99_ms", "–")),
            f"{one['plans']:,}",
            str(late.get("p99_ms", "–")),
        ]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    heads = ("events/s", "events", "lost", "without plan", "p50 ms", "p90", "p99", "p99.9", "most")
    return _table((*heads, "oldest p99", "plans", "sent late p99"), rows)


def _knee(knee: Mapping[str, Any]) -> str:
    kept, failed = knee["kept_up_per_s"], knee["failed_per_s"]
    if failed is None:
        return f"Kept up with up to {kept:,g} events/s; {knee['why']}."
    below = "no rate was kept up with" if kept is None else f"{kept:,g} events/s was kept up with"
    return f"The knee: {below}, {failed:,g} was not: {knee['why']}."


def _more(results: Results) -> list[str]:
    """What only the run on Kafka and Redis has."""
    told = []
    if "held" in results:
        told += ["<h2>1,000 events a second, held</h2>", _rates([results["held"]])]
        told += [plots.waits_by_second(results["held"]), plots.lag_over_time(results["held_samples"])]
        told += [plots.over_time(results["held_samples"], "memory_mib", "MiB")]
    if "consoles" in results:
        heard = {key: value for key, value in results["consoles"].items() if key != "beside"}
        heard["push"] = {key: value for key, value in heard["push"].items() if key != "hdr_us"}
        told += ["<h2>Consoles</h2>", f"<pre>{escape(json.dumps(heard, indent=1))}</pre>"]
    if "bare_trip" in results:
        bare = {
            rate: {key: value for key, value in one.items() if key != "samples_ms"}
            for rate, one in results["bare_trip"].items()
        }
        ratio = results["ratio_to_bare_p99"]
        told += [
            "<h2>The bare broker, there and back</h2>",
            f"<pre>{escape(json.dumps(bare, indent=1))}</pre>",
        ]
        told += [f"<p>Event to plan over the bare broker's round trip, p99 at 100 events/s: {ratio}</p>"]
    return told


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"
