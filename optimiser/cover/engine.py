"""The cover engine: from a picture of where appliances stand to moves that pay, in milliseconds.

Built once per region by the area worker, which owns it: it is not safe for two threads at once. It keeps
what stays the same from picture to picture (sorted attendance times, cuts of the convex risk). It does no
I/O; the stopwatch it is given only bounds the certificate.
"""

import time
from collections.abc import Callable

import numpy as np

from optimiser.cover.arrays import CoverInputError, Float32Array
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.figures import figures_of, zone_times
from optimiser.cover.movers import Movers
from optimiser.cover.plan import CoverFigures, CoverPlan, FrontierPoint, Move, ZoneTimes
from optimiser.cover.problem import CoverProblem
from optimiser.cover.reasons import MoveReason, explain
from optimiser.cover.search import CoverSearch, Found
from optimiser.cover.standard import Standard
from optimiser.cover.state import CoverState


def never() -> bool:
    """Return False: the answer of a caller that never cancels."""
    return False


class CoverEngine:
    """Recommends moves for one region.

    Parameters
    ----------
    attendance_s
        Travel plus turnout time in seconds, (S, Z), float32; inf where a station never reaches a zone.
    standards
        One per kind of appliance, K.
    stopwatch
        Seconds from any fixed moment, never going back; only differences are used.
    """

    def __init__(
        self,
        attendance_s: Float32Array,
        standards: tuple[Standard, ...],
        *,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.attendance_s = attendance_s
        self.standards = standards
        self.index = AttendanceIndex.build(attendance_s)
        self._stopwatch = stopwatch

    def warm_up(self) -> None:
        """Compile every kernel (or load it from disk), so that the first live plan does not wait for it."""
        n_stations, n_zones = self.attendance_s.shape
        stations = np.arange(n_stations)
        problem = CoverProblem(
            standards=self.standards,
            demand_per_h=np.ones((len(self.standards), n_zones)),
            attendance_s=self.attendance_s,
            appliance_kind=np.zeros(n_stations, dtype=np.int64),
            appliance_station=stations // 2,
            available=np.ones(n_stations, dtype=bool),
            locked=np.zeros(n_stations, dtype=bool),
            home=stations // 2,
            move_cost=np.zeros((n_stations, n_stations)),
            max_moves=2,
        )
        plan = self.first_plan(problem)
        explain(problem, plan, self.index)

    def first_plan(self, problem: CoverProblem) -> CoverPlan:
        """Return a good plan within milliseconds, with the frontier of fewer moves; nothing is proven yet.

        Raises
        ------
        CoverInputError
            Where the problem is not of this engine's region and standards.
        """
        self._check(problem)
        movers = Movers.of(problem)
        state = CoverState(self.index, problem, movers)
        found = CoverSearch(state).frontier(problem.max_moves)
        return self._plan(problem, movers, found)

    def zone_times(self, problem: CoverProblem, moves: tuple[Move, ...] = ()) -> ZoneTimes:
        """Return first and second attendance times per kind and zone after the moves, capped, (K, Z)."""
        self._check(problem)
        return zone_times(self.index, problem, moves)

    def explain(self, problem: CoverProblem, plan: CoverPlan) -> tuple[MoveReason, ...]:
        """Return the reasons of each move of a plan, in the plan's order."""
        self._check(problem)
        return explain(problem, plan, self.index)

    def _check(self, problem: CoverProblem) -> None:
        if problem.standards != self.standards:
            raise CoverInputError("standards", problem.standards, f"the engine's own, {self.standards}")
        same = problem.attendance_s is self.attendance_s
        if not same and not np.array_equal(problem.attendance_s, self.attendance_s):
            raise CoverInputError("attendance_s", "other times", "those the engine was built with")

    def _plan(self, problem: CoverProblem, movers: Movers, found: list[Found]) -> CoverPlan:
        points: list[FrontierPoint] = []
        for n, plan in enumerate(found):
            if n and plan is found[n - 1]:
                points.append(points[-1])
                continue
            moves = movers.name_moves(list(plan.pairs))
            points.append(self._point(problem, moves))
        return CoverPlan(
            moves=points[-1].moves,
            objective=points[-1].objective,
            before=points[0].figures,
            after=points[-1].figures,
            frontier=tuple(points),
        )

    def _point(self, problem: CoverProblem, moves: tuple[Move, ...]) -> FrontierPoint:
        figures: CoverFigures = figures_of(self.index, problem, moves)
        objective = figures.risk + sum(move.cost for move in moves)
        return FrontierPoint(moves, objective, figures.risk, figures)
