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
from optimiser.cover.certificate import LEAST_TARGET_GAP, PROVEN_GAP, Certification, Certified
from optimiser.cover.cuts import CutStore
from optimiser.cover.figures import FEW_APPLIANCES, Figures, times_of_kind, zone_times
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
from optimiser.cover.search import CoverSearch, Found, never
from optimiser.cover.standard import Standard
from optimiser.cover.state import CoverState, Saved

# Time given to the certificate of the warm-up problem: enough to touch every part once.
WARM_UP_S = 2.0


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
        # Of the problem asked about last: first plan, reasons and certificate start from the same state.
        self._latest: tuple[CoverProblem, CoverState, Saved] | None = None

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
        self.explain(problem, plan)
        for held in (0, FEW_APPLIANCES + 1):
            times_of_kind(self.index, np.full(n_stations, held), self.standards[0].cap_s)
        # The warm-up problem is not asked about again.
        self._latest = None

    def first_plan(self, problem: CoverProblem) -> CoverPlan:
        """Return a good plan within milliseconds, with the frontier of fewer moves; nothing is proven yet.

        Raises
        ------
        CoverInputError
            Where the problem is not of this engine's region and standards.
        """
        self._check(problem)
        state = self._state_of(problem)
        found = CoverSearch(state).frontier(problem.max_moves)
        return self._plan(problem, state.movers, found)

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
            The problem and a plan for this very problem, from `first_plan` or an earlier `certify`, whose
            bound is where this one starts.
        seconds
            Time allowed. The bound is valid whenever it stops.
        cancelled
            Asked between steps. A step takes milliseconds, a linear programme some ten for London, and a
            whole-number programme at most a tenth of a second: so soon a cancel takes effect.
        target_gap
            Stop once the gap is no larger; at least `LEAST_TARGET_GAP`.

        Raises
        ------
        CoverInputError
            Where the problem is not of this engine's region and standards, the plan breaks its rules, or
            the target gap is smaller than can be proven.
        """
        self._check(problem)
        if not LEAST_TARGET_GAP <= target_gap < 1.0:
            expected = f"{LEAST_TARGET_GAP:g} (the least that can be proven) to less than 1"
            raise CoverInputError("target_gap", target_gap, expected)
        state = self._state_of(problem)
        movers = state.movers
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
            self._cuts,
            problem,
            state,
            starts,
            bound=plan.bound if plan.bound is not None else 0.0,
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
        return explain(problem, plan, self.index, self._state_of(problem))

    def _state_of(self, problem: CoverProblem) -> CoverState:
        """Return the state of a problem without any move, made anew or brought back to the last bit."""
        if self._latest is not None and self._latest[0] is problem:
            _, state, saved = self._latest
            state.load(saved)
            return state
        state = CoverState(self.index, problem, Movers.of(problem))
        self._latest = problem, state, state.save()
        return state

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
