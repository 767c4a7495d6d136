"""The cover engine: from a picture of where appliances stand to moves that pay, in milliseconds.

Built once per region by the area worker, which owns it: it is not safe for two threads at once. It keeps
what stays the same from picture to picture (sorted attendance times, cuts of the convex risk). It does no
I/O; the stopwatch it is given only bounds the certificate.
"""

import time
from collections.abc import Callable, Iterable

import numpy as np

from optimiser.cover.arrays import CoverInputError, Float32Array
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.certificate import LEAST_TARGET_GAP, PROVEN_GAP, Certification
from optimiser.cover.certified_frontier import certified_plan, point_of
from optimiser.cover.cuts import CutStore
from optimiser.cover.figures import FEW_APPLIANCES, Figures, times_of_kind, zone_times
from optimiser.cover.mobilising import advise_mobilising
from optimiser.cover.movers import Movers
from optimiser.cover.naming import same_names
from optimiser.cover.next_best import next_best
from optimiser.cover.plan import (
    Certificate,
    CoverPlan,
    FrontierPoint,
    Move,
    ZoneTimes,
)
from optimiser.cover.problem import CoverProblem
from optimiser.cover.reasons import MoveReason, explain
from optimiser.cover.search import KEPT_SHARE, CoverSearch, Found, never
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
        self.alternatives(problem, plan)
        one_of_each = tuple(int(k == 0) for k in range(len(self.standards)))
        advise_mobilising(self.index, problem, 0, one_of_each)
        for held in (0, FEW_APPLIANCES + 1):
            times_of_kind(self.index, np.full(n_stations, held), self.standards[0].cap_s)
        # The warm-up problem is not asked about again.
        self._latest = None

    def first_plan(self, problem: CoverProblem, in_force: Iterable[tuple[int, int]] = ()) -> CoverPlan:
        """Return a good plan within milliseconds, with the frontier of fewer moves; nothing is proven yet.

        Parameters
        ----------
        problem
            The problem.
        in_force
            (appliance, station) of the moves recommended before. What is still allowed of them is improved
            and stays, unless a plan from nothing is clearly better (`KEPT_SHARE`).

        Raises
        ------
        CoverInputError
            Where the problem is not of this engine's region and standards.
        """
        self._check(problem)
        state = self._state_of(problem)
        journeys = problem.move_cost if problem.road_s is None else problem.road_s
        search = CoverSearch(state, road_s=journeys)
        found = search.frontier(problem.max_moves)
        before = dict(in_force)
        if before:
            group_of = {a: g for g, members in enumerate(state.movers.members) for a in members}
            pairs = [(group_of[a], end) for a, end in before.items() if a in group_of]
            found = search.renewed(found, pairs)
        return self._plan(problem, state.movers, found, before)

    def alternatives(
        self, problem: CoverProblem, plan: CoverPlan, most: int = 3
    ) -> tuple[FrontierPoint, ...]:
        """Return next-best plans, each differing from the plan and from each other, the best first.

        Parameters
        ----------
        problem, plan
            The problem and a plan for it.
        most
            No more than so many; fewer where no more are found.

        Raises
        ------
        CoverInputError
            Where the problem is not of this engine's region and standards, or the plan breaks its rules.
        """
        self._check(problem)
        state = self._state_of(problem)
        pairs = tuple(state.movers.pairs_of(plan.moves))
        state.movers.check(pairs, problem.max_moves)
        found = next_best(state, pairs, problem.max_moves, most)
        figures = Figures(self.index, problem)
        points = [point_of(figures, state.movers.name_moves(list(other.pairs))) for other in found]
        return tuple(sorted(points, key=lambda point: point.objective))

    def certify(
        self,
        problem: CoverProblem,
        plan: CoverPlan,
        seconds: float,
        cancelled: Callable[[], bool] = never,
        *,
        target_gap: float = PROVEN_GAP,
        steady: bool = False,
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
            Asked between steps. A step takes milliseconds, a linear programme some ten for London and some
            twenty for four times its size: so soon a cancel takes effect.
        target_gap
            Stop once the gap is no larger; at least `LEAST_TARGET_GAP`.
        steady
            Whether the plan stays, proven to the target, where what is found is better by less than
            `KEPT_SHARE`: for plans that people are looking at. Else the best found is returned.

        Raises
        ------
        CoverInputError
            Where the problem is not of this engine's region and standards, the plan breaks its rules, or
            the target gap is smaller than can be proven.
        """
        return self._prove(problem, plan, seconds, cancelled, target_gap, every_point=False, steady=steady)

    def certify_frontier(
        self,
        problem: CoverProblem,
        plan: CoverPlan,
        seconds: float,
        cancelled: Callable[[], bool] = never,
        *,
        target_gap: float = PROVEN_GAP,
        steady: bool = False,
    ) -> CoverPlan:
        """Return the plan as `certify` does, with a valid lower bound for each point of its frontier.

        The bound of a point is of the problem with at most so many moves as its place says. The plan itself
        comes first, then the point of one move fewer, and so on; what time leaves unproven has a wider gap.
        Parameters and errors are those of `certify`; so is `certificate`, which speaks of the plan itself.
        """
        return self._prove(problem, plan, seconds, cancelled, target_gap, every_point=True, steady=steady)

    def _prove(
        self,
        problem: CoverProblem,
        plan: CoverPlan,
        seconds: float,
        cancelled: Callable[[], bool],
        target_gap: float,
        *,
        every_point: bool,
        steady: bool,
    ) -> CoverPlan:
        self._check(problem)
        if not LEAST_TARGET_GAP <= target_gap < 1.0:
            expected = f"{LEAST_TARGET_GAP:g} (the least that can be proven) to less than 1"
            raise CoverInputError("target_gap", target_gap, expected)
        state = self._state_of(problem)
        movers = state.movers
        points: list[FrontierPoint | CoverPlan] = [*plan.frontier[:-1], plan]
        starts = [tuple(movers.pairs_of(point.moves)) for point in points]
        for n, pairs in enumerate(starts):
            movers.check(pairs, n)
        end = self._stopwatch() + seconds

        def finished() -> Certificate | None:
            if cancelled():
                return "cancelled"
            return "time" if self._stopwatch() >= end else None

        proof = Certification(
            self._cuts,
            problem,
            state,
            starts,
            claims=[(point.objective, 0.0 if point.bound is None else point.bound) for point in points],
            finished=finished,
            remaining_s=lambda: max(0.0, end - self._stopwatch()),
            target_gap=target_gap,
        )
        for n in range(problem.max_moves, -1 if every_point else problem.max_moves - 1, -1):
            proof.prove(n)
            if n == problem.max_moves:
                proof.look_around()
        certificate: Certificate = "proven"
        if not proof.proven(problem.max_moves):
            certificate = finished() or "time"
        figures = Figures(self.index, problem)
        most_kept = KEPT_SHARE if steady and proof.proves(plan.objective) else 0.0
        return certified_plan(
            figures, movers, plan, proof, certificate, every_point=every_point, most_kept=most_kept
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

    def _plan(
        self, problem: CoverProblem, movers: Movers, found: list[Found], before: dict[int, int]
    ) -> CoverPlan:
        points: list[FrontierPoint] = []
        figures = Figures(self.index, problem)
        for n, plan in enumerate(found):
            if n and plan is found[n - 1]:
                points.append(points[-1])
                continue
            moves = same_names(movers, movers.name_moves(list(plan.pairs)), before)
            points.append(point_of(figures, moves))
        return CoverPlan(
            moves=points[-1].moves,
            objective=points[-1].objective,
            before=points[0].figures,
            after=points[-1].figures,
            frontier=tuple(points),
        )
