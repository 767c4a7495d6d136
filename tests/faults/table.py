"""The table of recovery times for `docs/reliability.md`: `python -m tests.faults.table`.

Reads what the last runs of the matrix measured; measures nothing itself.
"""

import sys

from tests.faults.recorder import RECOVERY, Figure, figures

HEAD = (
    "| fault | measured | seconds | worst of runs | bound | events sent | offered /s | taken /s "
    "| longest silence of a console, s |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---:|"
)


def table(measured: list[Figure]) -> str:
    """One row for each case and what was measured: the newest, and the worst of all runs in the file."""
    groups: dict[tuple[str, str], list[Figure]] = {}
    for figure in measured:
        groups.setdefault((figure.case, figure.what), []).append(figure)
    return "\n".join([HEAD, *(_row(runs) for runs in groups.values())])


def _row(runs: list[Figure]) -> str:
    newest = runs[-1]
    worst = max(run.seconds for run in runs)
    bound = "" if newest.bound_s is None else f"≤ {newest.bound_s:g}"
    return (
        f"| {newest.case} | {newest.what} | {newest.seconds:.1f} | {worst:.1f} of {len(runs)} | {bound} "
        f"| {newest.events_sent:,} | {newest.offered_per_s:.0f} | {newest.accepted_per_s:.0f} "
        f"| {newest.longest_silence_s:.1f} |"
    )


def main() -> int:
    """Print the table; 1 where nothing has been measured yet."""
    measured = figures()
    if not measured:
        print(f"nothing in {RECOVERY} yet; run: pytest tests/faults", file=sys.stderr)
        return 1
    print(table(measured))
    print(f"\nOn {measured[-1].cores} cores; newest of {measured[-1].at}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
