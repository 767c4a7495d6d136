"""One vehicle's day as a problem of its own: its round, one further stop, the tips and the roads between.

Made by the reasons and the relaxations, which ask much about one stop in one round: of 500 stops 30 remain,
and what is asked costs microseconds. Never decides anything.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from optimiser.routes.arrays import IntArray
from optimiser.routes.plan import DayPlan, Kind, Round, Visit
from optimiser.routes.problem import InForce, RouteProblem
from optimiser.routes.stops import ANYWHERE, Stops


@dataclass(frozen=True, slots=True, eq=False)
class RoundCut:
    """A vehicle's round cut out of the day.

    Parameters
    ----------
    problem
        The vehicle, the stops of its round (in force, and as planned) and the further stop. No stop is locked
        to a vehicle in it: that rule does not depend on the round.
    visits
        The round in the numbers of `problem`.
    vehicle
        Its number in the whole day.
    target
        The further stop, in the numbers of `problem`.
    numbers
        Of the stops of `problem` in the whole day; those behind the first time a number occurs are spare.
    """

    problem: RouteProblem
    visits: Round
    vehicle: int
    target: int
    numbers: tuple[int, ...]

    def whole(self, visits: Round) -> Round:
        """The visits in the numbers of the whole day."""
        return tuple(
            Visit(visit.kind, self.numbers[visit.index], visit.backward) if visit.kind == Kind.STOP else visit
            for visit in visits
        )


def cut_round(problem: RouteProblem, plan: DayPlan, vehicle: int, stop: int) -> RoundCut:
    """Cut a vehicle's round out of the day, together with a stop it does not serve.

    Parameters
    ----------
    problem
        The day.
    plan
        As it stands; what is done is taken from the plan in force.
    vehicle
        Number of a vehicle that is not lost.
    stop
        Number of the further stop.
    """
    past = problem.in_force
    in_force: Round = () if past is None else past.plan.rounds[vehicle]
    done = 0 if past is None else int(past.done[vehicle])
    visits = in_force[:done] + plan.rounds[vehicle][done:]
    named = [visit.index for visit in (*in_force, *visits) if visit.kind == Kind.STOP]
    own = tuple(dict.fromkeys([*named, stop]))
    # The solvers' arrays are as long as stops are many: a round that calls at more tips, or one that is wrong
    # and serves a stop twice, needs spare ones.
    calls = sum(visit.kind == Kind.TIP for visit in visits)
    served = sum(visit.kind == Kind.STOP for visit in visits)
    numbers = own + (stop,) * max(0, calls + 2 - len(own), served + 1 - len(own))
    at = {number: n for n, number in enumerate(own)}
    rows = np.array(numbers, dtype=np.int64)
    stops, fleet, tips = problem.stops, problem.fleet, problem.tips
    used = (stops.entry[rows], stops.exit[rows], tips.location, fleet.start[[vehicle]], fleet.end[[vehicle]])
    places = np.unique(np.concatenate(used))
    grid = np.ix_(places, places)
    cut = RouteProblem(
        travel_s=problem.travel_s[grid],
        dist_m=problem.dist_m[grid],
        fleet=replace(
            _rows(fleet, np.array([vehicle])),
            start=np.searchsorted(places, fleet.start[[vehicle]]),
            end=np.searchsorted(places, fleet.end[[vehicle]]),
        ),
        stops=_stops(stops, rows, places, len(own)),
        tips=replace(tips, location=np.searchsorted(places, tips.location)),
        weights=problem.weights,
        in_force=None if past is None else _past(past, vehicle, _renumbered(in_force, at)),
    )
    return RoundCut(cut, _renumbered(visits, at), vehicle, at[stop], numbers)


def _rows(of: Any, rows: IntArray) -> Any:
    """A fleet or stops with these rows only."""
    columns: dict[str, Any] = {}
    for one in fields(of):
        value = getattr(of, one.name)
        columns[one.name] = tuple(value[r] for r in rows.tolist()) if one.name == "ids" else value[rows]
    return replace(of, **columns)


def _stops(stops: Stops, rows: IntArray, places: IntArray, own: int) -> Stops:
    names = [stops.ids[row] for row in rows.tolist()]
    spare = [f"{name} (spare {n})" for n, name in enumerate(names[own:])]
    cut: Stops = _rows(stops, rows)
    return replace(
        cut,
        ids=(*names[:own], *spare),
        entry=np.searchsorted(places, cut.entry),
        exit=np.searchsorted(places, cut.exit),
        locked_vehicle=np.full(len(rows), ANYWHERE, dtype=np.int64),
    )


def _past(past: InForce, vehicle: int, in_force: Round) -> InForce:
    return InForce(
        plan=DayPlan((in_force,)),
        done=past.done[[vehicle]],
        free_s=past.free_s[[vehicle]],
        lost=past.lost[[vehicle]],
    )


def _renumbered(visits: Round, at: dict[int, int]) -> Round:
    return tuple(
        Visit(visit.kind, at[visit.index], visit.backward) if visit.kind == Kind.STOP else visit
        for visit in visits
    )
