"""Random edits of a live day, and what must be true of it after each, for the tests of the instant layer."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from optimiser.routes.arrays import AnyArray
from optimiser.routes.checker import Checker
from optimiser.routes.day_state import DayState
from optimiser.routes.instant import LiveDay
from optimiser.routes.live_model import NODE_FIELDS, STOP_FIELDS
from optimiser.routes.live_table import TravelRows
from optimiser.routes.model import build_model
from optimiser.routes.plan import DayPlan, Kind
from optimiser.routes.problem import RouteProblem
from optimiser.routes.stops import ANYWHERE, Stops

SHORT_S = 0.01


def new_stop(problem: RouteProblem, rng: np.random.Generator, name: str, at: int | None = None) -> Stops:
    """A stop like one of the day's, somewhere else, under no lock."""
    like = int(rng.integers(len(problem.stops)))
    row: dict[str, Any] = {f.name: getattr(problem.stops, f.name) for f in fields(Stops) if f.name != "ids"}
    stop = Stops(ids=(name,), **{key: column[like : like + 1].copy() for key, column in row.items()})
    where = np.array([int(rng.integers(len(problem.travel_s))) if at is None else at])
    nowhere = np.array([ANYWHERE])
    return replace(stop, entry=where, locked_vehicle=nowhere, locked_position=nowhere)


def new_place(problem: RouteProblem, rng: np.random.Generator) -> TravelRows:
    """Roads to a new location."""
    rows = rng.integers(60, 600, (4, len(problem.travel_s))).astype(np.float64)
    return TravelRows(*rows)


def random_edit(live: LiveDay, rng: np.random.Generator, number: int) -> str:
    """One random edit; what it was."""
    problem, plan = live.problem, live.plan
    stop, vehicle = int(rng.integers(len(problem.stops))), int(rng.integers(len(problem.fleet)))
    kind = str(rng.choice(["new", "new place", "insert", "remove", "move", "price", "reorder", "lose"]))
    match kind:
        case "new":
            live.insert(new_stop(problem, rng, f"new-{number}"), insist=bool(rng.random() < 0.5))
        case "new place":
            place = live.add_place(new_place(problem, rng))
            live.insert(new_stop(problem, rng, f"new-{number}", place))
        case "insert" if plan.unserved and not _over(live, plan.unserved[0]):
            live.insert(int(rng.choice(plan.unserved)), insist=True)
        case "remove":
            live.remove(stop)
        case "move":
            live.move(stop, vehicle)
        case "price":
            live.price_of(stop, vehicle)
        case "reorder":
            live.reorder(vehicle, SHORT_S)
        case "lose" if rng.random() < 0.3:
            live.lose_vehicle(vehicle, SHORT_S)
        case _:
            return "nothing"
    return kind


def _over(live: LiveDay, stop: int) -> bool:
    return bool(live._book.state.model.placed[stop])


def assert_caches_right(live: LiveDay) -> None:
    """All that is kept about the day is what it would be if worked out anew."""
    state, problem = live._book.state, live.problem
    fresh = DayState(problem, build_model(problem), live.plan)
    shift = state.model.n_stops - len(problem.stops)
    mine, other = state.day, fresh.day
    for name in ("n", "trips", "fixed_to", "day_stops", "day_calls", "legs", "finish", "right", "day_load"):
        same(name, getattr(mine, name), getattr(other, name))
    for v in range(len(problem.fleet)):
        n, trips, done = int(other.n[v]), int(other.trips[v]), int(state.model.done[v])
        node = np.where(
            mine.node[v, : n + 2] >= state.model.n_stops, mine.node[v, : n + 2] - shift, mine.node[v, : n + 2]
        )
        same("node", node, other.node[v, : n + 2])
        same("way", mine.way[v, 1 : n + 1], other.way[v, 1 : n + 1])
        for name in ("enter", "leave", "trip", "rank", "sofar"):
            same(name, getattr(mine, name)[v, : n + 2], getattr(other, name)[v, : n + 2])
        same("leg", mine.leg[v, 1 : n + 2], other.leg[v, 1 : n + 2])
        for name in ("trip_load", "trip_holds", "trip_from", "trip_to", "trip_release"):
            same(name, getattr(mine, name)[v, :trips], getattr(other, name)[v, :trips])
        if n:
            same("clock", mine.clock[v, done : n + 2, :2], other.clock[v, done : n + 2, :2])
            same("late", mine.clock[v, done + 1 : n + 2, 2:], other.clock[v, done + 1 : n + 2, 2:])
        if fresh.model.has_release and n:
            same("release", mine.release[v, 1 : n + 1], other.release[v, 1 : n + 1])
    same("vehicle", mine.vehicle[: len(problem.stops)], other.vehicle)
    served = other.vehicle >= 0
    same("at", mine.at[: len(problem.stops)][served], other.at[served])
    same("counts", mine.counts[:2], other.counts[:2])
    absent = int(other.counts[0])
    same("absent", np.sort(mine.absent[:absent]), np.sort(other.absent[:absent]))
    assert (mine.vehicle[len(problem.stops) :] == -1).all()


def assert_model_right(live: LiveDay) -> None:
    """The rows written into the model are those it would have if built anew."""
    problem, mine = live.problem, live._book.state.model
    fresh = build_model(problem)
    n, width = len(problem.stops), fresh.opens.shape[1]
    for name in NODE_FIELDS:
        column, other = getattr(mine, name), getattr(fresh, name)
        cut = (slice(None), slice(width)) if name in ("opens", "closes") else slice(None)
        same(name, column[:n][cut], other[:n][cut])
        if name not in ("then", "first"):
            same(name, column[mine.n_stops :][cut], other[n:][cut])
    for name in STOP_FIELDS:
        if name not in ("near", "timely"):  # of those that search for neighbours only
            same(name, getattr(mine, name)[:n], getattr(fresh, name))
    same("may", mine.may[:, :n], fresh.may)
    assert not mine.may[:, n:].any()
    places = len(problem.travel_s)
    for name in ("cost", "cost_t", "travel"):
        same(name, getattr(mine, name)[:places, :places], getattr(fresh, name))
    assert mine.tip_detour <= fresh.tip_detour + 1e-9
    assert mine.has_release or not fresh.has_release


def same(name: str, found: AnyArray, expected: AnyArray) -> None:
    """Equal, infinities included."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6, err_msg=name)


def assert_plan_right(live: LiveDay, locked: dict[int, tuple[int, int]]) -> None:
    """The checker agrees; locked stops are where they were, or unserved because their vehicle was lost."""
    problem, plan = live.problem, live.plan
    verdict = Checker(problem).check(plan)
    assert verdict.feasible, verdict.violations
    assert problem.in_force is not None
    where = ranks(plan)
    for stop, (vehicle, rank) in locked.items():
        if problem.in_force.lost[vehicle] and stop not in where:
            continue
        kept = problem.stops.locked_position[stop] < 0
        assert where[stop] == (vehicle, rank) or (kept and where[stop][0] == vehicle)


def ranks(plan: DayPlan) -> dict[int, tuple[int, int]]:
    """Vehicle and number in its round of every stop that is served."""
    served = [[v.index for v in visits if v.kind == Kind.STOP] for visits in plan.rounds]
    return {stop: (v, rank) for v, stops in enumerate(served) for rank, stop in enumerate(stops)}


def locked_in(problem: RouteProblem, plan: DayPlan) -> dict[int, tuple[int, int]]:
    """Where the locked stops are that are served."""
    stops = problem.stops
    held = (stops.locked_vehicle >= 0) | (stops.locked_position >= 0)
    return {stop: at for stop, at in ranks(plan).items() if held[stop]}
