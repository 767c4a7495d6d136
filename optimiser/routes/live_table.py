"""A day's stops and roads with room for more: rows are written into spare places, nothing is built anew.

Called by the instant layer. It hands out small problems too, of one round and its stops, so that a changed
round gets its verdict without a problem of the whole day being built. It never decides where a stop goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from optimiser.routes.arrays import AnyArray, FloatArray, RouteInputError
from optimiser.routes.checker import Checker
from optimiser.routes.plan import DayPlan, Kind, Round
from optimiser.routes.problem import InForce, RouteProblem
from optimiser.routes.stops import Stops
from optimiser.routes.verdict import RoundVerdict

SPANS = 4
"""Windows and bans there is room for at a stop; one with more makes the day be built anew."""
ENDS = 2
"""Locations a new stop may bring: where its service begins and where it ends."""
_SPAN_FIELDS = ("window_open_s", "window_close_s", "ban_from_s", "ban_until_s")


@dataclass(frozen=True, slots=True, eq=False)
class TravelRows:
    """The roads between a new location and all that are known, (L,) each; L counts earlier new ones.

    Parameters
    ----------
    to_s, from_s
        Seconds from each location to the new one, and from it to each.
    to_m, from_m
        Metres likewise.
    """

    to_s: FloatArray
    from_s: FloatArray
    to_m: FloatArray
    from_m: FloatArray


class LiveTable:
    """Stops, roads and what else a day is made of.

    Parameters
    ----------
    problem
        The day to begin with.
    spare_stops
        Room for so many more.
    spans
        Windows and bans there is room for at each.
    """

    def __init__(self, problem: RouteProblem, spare_stops: int, spans: int = SPANS) -> None:
        self.fleet, self.tips, self.weights = problem.fleet, problem.tips, problem.weights
        self.n_stops, self.n_places = len(problem.stops), len(problem.travel_s)
        self.room = self.n_stops + spare_stops
        self.ids = list(problem.stops.ids)
        self._known = set(self.ids)
        self.columns: dict[str, AnyArray] = {}
        for name in (field.name for field in fields(Stops) if field.name != "ids"):
            column = getattr(problem.stops, name)
            wide = _widened(column, max(spans, SPANS)) if name in _SPAN_FIELDS else column
            more = np.zeros((spare_stops, *wide.shape[1:]), wide.dtype)
            self.columns[name] = np.concatenate((wide, more))
        places = self.n_places + ENDS * spare_stops
        self.travel_s, self.dist_m = np.zeros((places, places)), np.zeros((places, places))
        self.travel_s[: self.n_places, : self.n_places] = problem.travel_s
        self.dist_m[: self.n_places, : self.n_places] = problem.dist_m

    def takes(self, more: Stops) -> bool:
        """Whether there is room for these."""
        fits = (np.shape(getattr(more, name))[1] <= self.columns[name].shape[1] for name in _SPAN_FIELDS)
        return self.n_stops + len(more) <= self.room and all(fits)

    def has_places(self, count: int) -> bool:
        """Whether there is room for so many new locations."""
        return self.n_places + count <= len(self.travel_s)

    def add_place(self, rows: TravelRows) -> int:
        """Number of the new location with these roads."""
        n = self.n_places
        for name in ("to_s", "from_s", "to_m", "from_m"):
            row = getattr(rows, name)
            if np.shape(row) != (n,):
                raise RouteInputError(f"rows.{name}", f"shape {np.shape(row)}", f"shape ({n},)")
            if not (np.isfinite(row).all() and (np.asarray(row) >= 0).all()):
                raise RouteInputError(f"rows.{name}", "a value that is none", "finite numbers, zero or more")
        self.travel_s[:n, n], self.travel_s[n, :n] = rows.to_s, rows.from_s
        self.dist_m[:n, n], self.dist_m[n, :n] = rows.to_m, rows.from_m
        self.n_places = n + 1
        return n

    def one(self, more: Stops) -> RouteProblem:
        """A new stop's own small problem; building it checks every field of the stop."""
        if len(more) != 1:
            raise RouteInputError("stop.ids", f"{len(more)} stops", "one stop")
        if more.ids[0] in self._known:
            raise RouteInputError("stop.ids", repr(more.ids[0]), "a name no other stop has")
        for name in ("entry", "exit"):
            at = getattr(more, name)
            if np.shape(at) != (1,) or not 0 <= int(at[0]) < self.n_places:
                raise RouteInputError(f"stop.{name}", at, f"one location, 0 to {self.n_places - 1}")
        return self._small(more, None)

    def append(self, more: Stops) -> int:
        """Number of the new stop, whose row is written."""
        n = self.n_stops
        for name, column in self.columns.items():
            value = getattr(more, name)[0]
            if name in _SPAN_FIELDS:
                column[n] = np.inf
                column[n, : len(value)] = value
            else:
                column[n] = value
        self.ids.append(more.ids[0])
        self._known.add(more.ids[0])
        self.n_stops = n + 1
        return n

    def drop_last(self) -> None:
        """Forget the stop that was added last."""
        self.n_stops -= 1
        self._known.discard(self.ids.pop())

    def rows(self, numbers: Sequence[int]) -> Stops:
        """Stops of these numbers."""
        columns: dict[str, Any] = {name: column[list(numbers)] for name, column in self.columns.items()}
        return Stops(ids=tuple(self.ids[n] for n in numbers), **columns)

    def problem(self, past: InForce | None) -> RouteProblem:
        """The whole day as it stands, copied, checked; new stops are unserved in the plan in force."""
        if past is not None:
            known = {v.index for visits in past.plan.rounds for v in visits if v.kind == Kind.STOP}
            left = tuple(s for s in range(self.n_stops) if s not in known)
            past = replace(past, plan=DayPlan(past.plan.rounds, left))
        n = self.n_places
        return RouteProblem(
            travel_s=self.travel_s[:n, :n].copy(),
            dist_m=self.dist_m[:n, :n].copy(),
            fleet=self.fleet,
            stops=self.rows(range(self.n_stops)),
            tips=self.tips,
            weights=self.weights,
            in_force=past,
        )

    def judge(self, vehicle: int, visits: Round, past: InForce | None) -> RoundVerdict:
        """The checker's verdict of one round, from a problem with the stops of that round alone."""
        done = 0 if past is None else int(past.done[vehicle])
        head = () if past is None else past.plan.rounds[vehicle][:done]
        own = sorted({visit.index for visit in (*head, *visits) if visit.kind == Kind.STOP})
        number = {stop: n for n, stop in enumerate(own)}
        small = self._small(self.rows(own), _past_of(past, vehicle, _renumbered(head, number)))
        found = Checker(small).check_round(vehicle, _renumbered(visits, number))
        named = tuple(replace(v, stop=own[v.stop]) if v.stop >= 0 else v for v in found.violations)
        return replace(found, violations=named)

    def _small(self, stops: Stops, past: InForce | None) -> RouteProblem:
        """A problem with these stops only, and only the locations they, the fleet and the tips need."""
        fleet, tips = self.fleet, self.tips
        ends = (fleet.start, fleet.end, tips.location, stops.entry, stops.exit)
        places = np.unique(np.concatenate(ends))
        start, end, tip, entry, leave = (np.searchsorted(places, at).astype(np.int64) for at in ends)
        return RouteProblem(
            travel_s=self.travel_s[places[:, None], places],
            dist_m=self.dist_m[places[:, None], places],
            fleet=replace(fleet, start=start, end=end),
            stops=replace(stops, entry=entry, exit=leave),
            tips=replace(tips, location=tip),
            weights=self.weights,
            in_force=past,
        )


def _past_of(past: InForce | None, vehicle: int, head: Round) -> InForce | None:
    """What is done by one vehicle; the others have done nothing."""
    if past is None:
        return None
    n = len(past.done)
    mine = np.arange(n) == vehicle
    rounds = tuple(head if v == vehicle else () for v in range(n))
    done = np.where(mine, past.done, 0)
    return InForce(DayPlan(rounds), done, np.where(mine, past.free_s, np.nan), mine & past.lost)


def _renumbered(visits: Round, number: dict[int, int]) -> Round:
    return tuple(v._replace(index=number[v.index]) if v.kind == Kind.STOP else v for v in visits)


def _widened(column: AnyArray, width: int) -> AnyArray:
    more = max(0, width - column.shape[1])
    return np.concatenate((column, np.full((len(column), more), np.inf)), axis=1)
