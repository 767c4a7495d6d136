"""The cover engine: from a picture of where appliances stand to moves that pay, in milliseconds.

Built once per region by the area worker, which owns it: it is not safe for two threads at once. It keeps
what stays the same from picture to picture (sorted attendance times, cuts of the convex risk). It does no
I/O; the stopwatch it is given only bounds the certificate.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from optimiser.cover.arrays import CoverInputError, Float32Array
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.certificate import PROVEN_GAP, Certification, Certified
from optimiser.cover.cuts import CutStore
from optimiser.cover.figures import Figures, zone_times
from optimiser.cover.movers import Movers
from optimiser.cover.plan import (
    Certificate,
    CoverPlan,
    FrontierPoint,
    Move,
    ZoneTimes,
    relative_gap,
)
from optimiser.cover.problem import CoverProblem
from optimiser.cover.reasons import MoveReason, explain
from optimiser.cover.search import CoverSearch, Found
from optimiser.cover.standard import Standard
from optimiser.cover.state import CoverState

# Time given to the certificate of the warm-up problem: enough to touch every part once.
WARM_UP_S = 2.0


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
        self._cuts = CutStore.of(self.index, attendance_s)
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
        self.certify(problem, plan, WARM_UP_S)
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

    def certify(
        self,
        problem: CoverProblem,
        plan: CoverPlan,
        seconds: float,
        cancelled: Callable[[], bool] = never,
        *,
        target_gap: float = PROVEN_GAP,
    ) -> CoverPlan:
        """Return the plan or a better one, with a valid lower bound, within some seconds.

        Parameters
        ----------
        problem, plan
            The problem and a plan for it, from `first_plan` or an earlier `certify`.
        seconds
            Time allowed. The bound is valid whenever it stops.
        cancelled
            Asked every few milliseconds (up to half a second within a whole-number programme).
        target_gap
            Stop once the gap is no larger.

        Raises
        ------
        CoverInputError
            Where the problem is not of this engine's region and standards, or the plan breaks its rules.
        """
        self._check(problem)
        movers = Movers.of(problem)
        starts = [tuple(movers.pairs_of(point.moves)) for point in plan.frontier]
        starts.append(tuple(movers.pairs_of(plan.moves)))
        for pairs in starts:
            movers.check(pairs, problem.max_moves)
        if not movers.n_groups or not problem.max_moves:
            # Nothing can move: doing nothing is the best of all plans, being the only one.
            return replace(plan, bound=plan.objective, gap=0.0, certificate="proven")
        end = self._stopwatch() + seconds

        def finished() -> Certificate | None:
            if cancelled():
                return "cancelled"
            return "time" if self._stopwatch() >= end else None

        certified = Certification(
            self.index,
            self._cuts,
            problem,
            movers,
            starts,
            finished=finished,
            remaining_s=lambda: max(0.0, end - self._stopwatch()),
            target_gap=target_gap,
        ).run()
        return self._certified(problem, movers, plan, certified)

    def _certified(
        self, problem: CoverProblem, movers: Movers, plan: CoverPlan, certified: Certified
    ) -> CoverPlan:
        best = _point(Figures(self.index, problem), movers.name_moves(list(certified.best.pairs)))
        frontier = tuple(
            best if n >= len(best.moves) and best.objective < point.objective else point
            for n, point in enumerate(plan.frontier)
        )
        if best.objective >= plan.objective:
            best = FrontierPoint(plan.moves, plan.objective, plan.after.risk, plan.after)
        bound = min(certified.bound, best.objective)
        return CoverPlan(
            moves=best.moves,
            objective=best.objective,
            before=plan.before,
            after=best.figures,
            frontier=frontier,
            bound=bound,
            gap=relative_gap(best.objective, bound),
            certificate=certified.certificate,
        )

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
        figures = Figures(self.index, problem)
        for n, plan in enumerate(found):
            if n and plan is found[n - 1]:
                points.append(points[-1])
                continue
            moves = movers.name_moves(list(plan.pairs))
            points.append(_point(figures, moves))
        return CoverPlan(
            moves=points[-1].moves,
            objective=points[-1].objective,
            before=points[0].figures,
            after=points[-1].figures,
            frontier=tuple(points),
        )


def _point(figures: Figures, moves: tuple[Move, ...]) -> FrontierPoint:
    after = figures.after(moves)
    return FrontierPoint(moves, after.risk + sum(move.cost for move in moves), after.risk, after)
