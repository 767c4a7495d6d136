"""Two plans of one day side by side: the stops that move, and what changes in each round and in all.

Called for the console and `cover routes compare`, on what the checker said of both. Judges neither.
"""

from dataclasses import dataclass, fields

from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.round_figures import DayFigures, RoundFigures, day_figures
from optimiser.routes.verdict import Verdict

NOBODY = -1
"""In the place of a vehicle: the stop is left unserved."""
SUMS = (
    "duration_s", "drive_s", "service_s", "wait_s", "break_s",
    "overtime_s", "dist_m", "stops", "tips", "cost",
)  # fmt: skip
"""Figures of which the difference of two rounds means something."""


@dataclass(frozen=True, slots=True)
class MovedStop:
    """A stop that another vehicle serves; `NOBODY` where none does."""

    stop: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class RoundDifference:
    """How one vehicle's round changes.

    Parameters
    ----------
    vehicle
        Its number.
    before, after
        Its figures; None where it is not in use.
    taken, given
        Stops it serves after and not before, and the other way round, ascending.
    difference
        After less before of each of `SUMS`, nothing counting as 0.
    """

    vehicle: int
    before: RoundFigures | None
    after: RoundFigures | None
    taken: tuple[int, ...]
    given: tuple[int, ...]
    difference: dict[str, float]


@dataclass(frozen=True, slots=True)
class PlanComparison:
    """What changes from one plan to another.

    Parameters
    ----------
    before, after
        Both days in figures.
    moved
        Stops that change vehicle, or come or go, ascending.
    rounds
        Rounds that are not the same visits in the same order, by vehicle.
    difference
        Of the totals, as in `RoundDifference`; its cost is that of the day.
    """

    before: DayFigures
    after: DayFigures
    moved: tuple[MovedStop, ...]
    rounds: tuple[RoundDifference, ...]
    difference: dict[str, float]


def compare_plans(
    problem: RouteProblem, before: tuple[DayPlan, Verdict], after: tuple[DayPlan, Verdict]
) -> PlanComparison:
    """Compare two plans.

    Parameters
    ----------
    problem
        The day of both.
    before, after
        A plan and what the checker says of it.
    """
    figures = day_figures(problem, *before), day_figures(problem, *after)
    servers = before[0].vehicle_of(), after[0].vehicle_of()
    moved = tuple(
        MovedStop(stop, servers[0].get(stop, NOBODY), servers[1].get(stop, NOBODY))
        for stop in range(len(problem.stops))
        if servers[0].get(stop) != servers[1].get(stop)
    )
    ours, theirs = ({one.vehicle: one for one in day.rounds} for day in figures)
    rounds = tuple(
        RoundDifference(
            vehicle=vehicle,
            before=ours.get(vehicle),
            after=theirs.get(vehicle),
            taken=tuple(one.stop for one in moved if one.after == vehicle),
            given=tuple(one.stop for one in moved if one.before == vehicle),
            difference=_difference(ours.get(vehicle), theirs.get(vehicle)),
        )
        for vehicle in range(len(problem.fleet))
        if before[0].rounds[vehicle] != after[0].rounds[vehicle]
    )
    return PlanComparison(*figures, moved, rounds, _difference(figures[0].total, figures[1].total))


def _difference(before: RoundFigures | None, after: RoundFigures | None) -> dict[str, float]:
    names = [one.name for one in fields(RoundFigures) if one.name in SUMS]
    values = [
        [0.0] * len(names) if one is None else [getattr(one, n) for n in names] for one in (before, after)
    ]
    return {name: float(b - a) for name, a, b in zip(names, *values, strict=True)}
