"""How soon a council's rounds solver and desk answer on a large day; in milliseconds.

Run by hand: `python -m services.benchmarks.rounds_bench PACK`. The day is the pack's, some hours in, crews a
little early or late (`council_morning`). One question after the other, on the solver's own thread, as the
service asks them; between two requests one vehicle finishes a visit and time goes on, so that nothing can be
answered from what was found before:

- request: a first answer (`RoundSolver.first`) to one request at a property drawn, of any service;
- breakdown, closure: the same for each of some vehicles and streets drawn;
- price, edit: what the desk says to moving a stop drawn to a vehicle near it, and makes of it;
- three_answers: seconds until they are there, and what each costs against doing nothing, for some requests,
  breakdowns and closures.

Wall-clock times, since that is what a manager waits, and the process's own processor time beside them: what
they would be on a machine with nothing else to do. The load of the machine is told. Every answer is checked
by the independent checker within the time measured, and its size as an event is told. It never asserts times.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace

from geo.council import Council
from geo.council_pack import load_council
from services.benchmarks.council_morning import at_time, moment, one_more_done, request_at
from services.council.day_picture import ClosureState, DayPicture
from services.council.round_solver import DayJob, RoundSolver
from services.council.rounds_desk import EditKind, RoundEdit, RoundsDesk, RoundsRefusal
from services.council.visits import stop_of
from streams.council_events import VehicleStatus
from streams.rounds_plan import Cause, CauseKind, RoundsProposal

HOUR_S = 3600.0
STEP_S = 4.0
"""Time between two requests on the day's clock."""
EXAMPLE = """example:
  python -m services.benchmarks.rounds_bench var/demo-council --requests 500 --out rounds.json"""


class Took(NamedTuple):
    """Milliseconds by the clock, and of the process's own processor time."""

    wall_ms: float
    cpu_ms: float


class Watch:
    """Begun when it is made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def took(self) -> Took:
        """Since then."""
        return Took(1000 * (time.perf_counter() - self._wall), 1000 * (time.process_time() - self._cpu))


class RoundsBench:
    """One council, one time of the day."""

    def __init__(self, council: Council, now_s: float, seed: int) -> None:
        self._council, self._rng = council, np.random.default_rng(seed)
        self._picture, self._now_s = at_time(council, now_s, seed), now_s
        self._solver, self._desk = RoundSolver(council), RoundsDesk(council)
        self._largest = 0

    async def run(self, requests: int, others: int, searched: int, seconds: float) -> dict[str, object]:
        """Measure everything once."""
        await self._solver.warm_up(self._picture)
        await self._desk.warm_up(self._picture)
        found: dict[str, object] = {
            "vehicles": len(self._council.vehicles.ids),
            "stops": len(self._council.stops.ids),
            "done": len(self._picture.stops_done),
            "time_s": self._now_s,
        }
        found["request"] = await self._requests(requests)
        found["breakdown"] = await self._breakdowns(others)
        found["closure"] = await self._closures(others)
        found |= await self._moves(others)
        found["three_answers"] = await self._three(searched, seconds)
        found["largest_proposal_bytes"] = self._largest
        self._solver.close()
        self._desk.close()
        return found

    async def _first(self, picture: DayPicture, cause: Cause) -> tuple["Took", list[RoundsProposal]]:
        job = DayJob(picture, 1, time.time_ns(), 1, (cause,))
        watch = Watch()
        proposals = await self._solver.first(job)
        took = watch.took()
        self._largest = max([self._largest, *(len(msgspec.json.encode(one)) for one in proposals)])
        return took, proposals

    async def _requests(self, count: int) -> dict[str, object]:
        took, placed, vehicles = [], 0, list(self._picture.rounds)
        picture = self._picture
        for number in range(count):
            picture = replace(picture, as_of=moment(self._council, self._now_s + STEP_S * number))
            picture = one_more_done(self._council, picture, vehicles[number % len(vehicles)])
            request = request_at(self._council, picture, number, self._rng)
            asked = replace(picture, requests={request.request: request})
            took_one, proposals = await self._first(asked, Cause(CauseKind.REQUEST, request.request))
            took.append(took_one)
            placed += bool(proposals and proposals[0].options[0].placed)
        return {**_spread(took), "placed": placed}

    def _lost(self, vehicle: str) -> DayPicture:
        state = self._picture.vehicles[vehicle]
        gone = replace(state, status=VehicleStatus.BROKEN_DOWN, status_key=(self._picture.as_of, 0, vehicle))
        return replace(self._picture, vehicles={**self._picture.vehicles, vehicle: gone})

    def _closed(self, street: str) -> DayPicture:
        closure = ClosureState("K1", (self._picture.as_of, 0, "K1"), (street,))
        return replace(self._picture, closures={"K1": closure})

    def _drawn(self, names: tuple[str, ...], count: int) -> list[str]:
        every = self._rng.permutation(len(names))[:count].tolist()
        return [names[n] for n in every]

    async def _breakdowns(self, count: int) -> dict[str, object]:
        took, left, placed = [], 0, 0
        for vehicle in self._drawn(self._council.vehicles.ids, count):
            took_one, proposals = await self._first(self._lost(vehicle), Cause(CauseKind.BREAKDOWN, vehicle))
            took.append(took_one)
            for proposal in proposals:
                placed += len(proposal.options[0].placed)
                left += len(proposal.options[0].unserved)
        return {**_spread(took), "stops_placed": placed, "stops_left": left}

    async def _closures(self, count: int) -> dict[str, object]:
        took, touched = [], 0
        for street in self._drawn(self._council.streets.ids, count):
            took_one, proposals = await self._first(self._closed(street), Cause(CauseKind.CLOSURE, "K1"))
            took.append(took_one)
            touched += sum(len(proposal.touches) for proposal in proposals)
        return {**_spread(took), "rounds_touched": touched}

    async def _moves(self, count: int) -> dict[str, object]:
        priced, edited, possible = [], [], 0
        picture, vehicles = self._picture, self._council.vehicles.ids
        for vehicle, other in zip(self._drawn(vehicles, count), self._drawn(vehicles, count), strict=True):
            rest = picture.rounds[vehicle][picture.vehicles[vehicle].done + 3 :]
            stops = [stop for word in rest if (stop := stop_of(word)) is not None]
            if not stops:
                continue
            stop = stops[int(self._rng.integers(len(stops)))]
            watch = Watch()
            price = await self._desk.price(picture, stop, other)
            priced.append(watch.took())
            possible += price.possible
            watch = Watch()
            try:
                await self._desk.edit(picture, RoundEdit(EditKind.MOVE, stop), "bench")
            except RoundsRefusal:
                continue
            finally:
                edited.append(watch.took())
        return {"price": {**_spread(priced), "possible": possible}, "edit": _spread(edited)}

    async def _three(self, count: int, seconds: float) -> list[dict[str, object]]:
        asked: list[tuple[DayPicture, Cause]] = []
        for number in range(count):
            request = request_at(self._council, self._picture, number, self._rng)
            day = replace(self._picture, requests={request.request: request})
            asked.append((day, Cause(CauseKind.REQUEST, request.request)))
        asked += [
            (self._lost(v), Cause(CauseKind.BREAKDOWN, v))
            for v in self._drawn(self._council.vehicles.ids, count)
        ]
        asked += [
            (self._closed(street), Cause(CauseKind.CLOSURE, "K1"))
            for street in self._drawn(self._council.streets.ids, count)
        ]
        told = []
        for day, cause in asked:
            took, proposals = await self._first(day, cause)
            started = time.perf_counter()
            job = DayJob(day, 1, time.time_ns(), 1, ())
            better = [one async for one in self._solver.better(job, proposals, seconds) if one.cause == cause]
            self._largest = max([self._largest, *(len(msgspec.json.encode(one)) for one in better)])
            took_s = time.perf_counter() - started
            told.append(
                {
                    "cause": f"{cause.kind.value}:{cause.id}",
                    "first_ms": round(took.wall_ms, 1),
                    "better_s": round(took_s, 2),
                    "first": [_option(one) for one in proposals],
                    "better": [_option(one) for one in better],
                }
            )
        return told


def _option(proposal: RoundsProposal) -> dict[str, object]:
    before = proposal.before
    return {
        "touches": len(proposal.touches),
        "before": {"cost": before.cost, "overtime_s": before.overtime_s, "unserved": before.unserved},
        "options": {
            one.key.value: {
                "cost": one.after.cost,
                "overtime_s": one.after.overtime_s,
                "unserved": one.after.unserved,
                "moved_stops": one.moved_stops,
                "rounds": len(one.rounds),
            }
            for one in proposal.options
        },
    }


def _spread(took: list[Took]) -> dict[str, object]:
    found: dict[str, object] = {"count": len(took)}
    for name, values in (("wall_ms", [t.wall_ms for t in took]), ("cpu_ms", [t.cpu_ms for t in took])):
        if values:
            p50, p90, p99 = np.percentile(values, [50, 90, 99]).tolist()
            spread = {"p50": p50, "p90": p90, "p99": p99, "max": max(values)}
            found[name] = {key: round(value, 2) for key, value in spread.items()}
    return found


def main() -> None:
    """Measure, and write or print the raw result."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pack", type=Path, help="council pack")
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--others", type=int, default=40, help="breakdowns, closures and moves")
    parser.add_argument("--searched", type=int, default=3, help="causes of each kind searched")
    parser.add_argument("--seconds", type=float, default=4.0, help="for the three answers")
    parser.add_argument("--hour", type=float, default=9.0, help="local time of the day")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="file of the result; printed without")
    options = parser.parse_args()
    council = load_council(options.pack)
    bench = RoundsBench(council, options.hour * HOUR_S, options.seed)
    load = os.getloadavg()[0]
    figures = asyncio.run(bench.run(options.requests, options.others, options.searched, options.seconds))
    result = {
        "method": __doc__,
        "command": " ".join(sys.argv[2:]),
        "environment": {
            "python": platform.python_version(),
            "packages": {name: version(name) for name in ("msgspec", "numpy", "numba", "scipy")},
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
            "load_1min": [round(load, 2), round(os.getloadavg()[0], 2)],
        },
        "council": council.id,
        **figures,
    }
    text = json.dumps(result, indent=2)
    if options.out is None:
        sys.stdout.write(text + "\n")
    else:
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
