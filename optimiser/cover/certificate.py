"""The certificate: how far from the best possible a plan can be, and a better plan where there is one.

Called by the engine after the first plan, for as long as the caller allows. Cutting planes on the convex
risk give a bound that is valid at every moment; what the relaxation suggests is rounded into plans; where
the relaxation leaves a gap, whole-number programmes over the same cuts close it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.cover.arrays import FloatArray, IntArray
from optimiser.cover.cuts import CutStore
from optimiser.cover.master import Master, Relaxed
from optimiser.cover.plan import Certificate, relative_gap
from optimiser.cover.problem import CoverProblem
from optimiser.cover.search import CoverSearch, Found
from optimiser.cover.state import CoverState, Pair

# A plan within this share of the bound is called proven (the service level of the design).
PROVEN_GAP = 1e-3
# Fractions of a move below this are not rounded up.
LEAST_LIKED = 0.05
# The relaxation has settled when its true value is this close to its bound, as a share of the objective.
SETTLED_SHARE = 2e-5
# Columns admitted at the start from the prices of a state, and in one iteration from the relaxation.
COLUMNS_AT_START = 250
COLUMNS_PER_ITERATION = 200
# A cut leaves the programme (not the pool) after so many iterations in which it had no price.
IDLE_ITERATIONS = 3
# Bounds on the number of iterations: never met in practice.
MOST_LINEAR_ITERATIONS = 200
MOST_WHOLE_ITERATIONS = 60
# A whole-number programme is given at most so long, because nothing can stop it from outside: a caller that
# cancels, with a newer picture in hand, waits for its end.
WHOLE_SLICE_S = 0.1
# The least gap that can be asked for: bounds of whole-number programmes are lowered by 1e-5 (WHOLE_MARGIN),
# their cuts may be broken by as much again, and a quarter of the gap is left to the solver.
LEAST_TARGET_GAP = 3e-5
# Moves are left aside once they lift the bound to within this share of the gap asked for.
ENOUGH_SHARE = 0.98
# A cut that rises by less than this share of the objective is not worth a row.
LEAST_VIOLATION_SHARE = 1e-9
# The bound is lowered by this share of the objective for rounding in its own sums.
BOUND_MARGIN = 1e-10


@dataclass(frozen=True, slots=True)
class Certified:
    """The best plan known, a valid lower bound, and how the attempt ended."""

    best: Found
    bound: float
    certificate: Certificate


class Certification:
    """One attempt to prove a plan for one problem.

    Parameters
    ----------
    store
        Of the region.
    problem, state
        The problem and its state without any move.
    starts
        Plans to start from, the best last.
    bound
        A lower bound proven earlier for the same problem, 0 where there is none.
    finished
        Says "cancelled" or "time" once the attempt must stop, else None.
    remaining_s
        Seconds left.
    """

    def __init__(
        self,
        store: CutStore,
        problem: CoverProblem,
        state: CoverState,
        starts: list[tuple[Pair, ...]],
        *,
        bound: float,
        finished: Callable[[], Certificate | None],
        remaining_s: Callable[[], float],
        target_gap: float = PROVEN_GAP,
    ) -> None:
        self._store, self._problem, self._movers = store, problem, state.movers
        self._finished, self._remaining_s, self._target = finished, remaining_s, target_gap
        self._search = CoverSearch(state, lambda: finished() is not None)
        base_prices = self._search.state.prices()
        self._search.restart(starts[-1])
        self.best = self._exact()
        self.bound = min(bound, self.best.objective)
        self._pool = store.pool(problem)
        n_groups = problem.n_kinds * store.n_groups
        self._master = Master(state.movers, n_groups, problem.max_moves, self.best.objective)
        self._master.admit(base_prices, COLUMNS_AT_START)
        self._master.admit(self._search.state.prices(), COLUMNS_AT_START)
        for pairs in starts:
            for g, destination in pairs:
                self._master.columns[g, destination] = True
        self._rows: IntArray = np.empty(0, dtype=np.int64)
        self._idle: IntArray = np.empty(0, dtype=np.int64)
        self._use(self._pool.binding())
        for pairs in starts:
            counts = self._counts_of(pairs)
            self._use(self._pool.tightest(counts))
            self._cut(counts, self._pool.value_at(counts))

    def run(self) -> Certified:
        """Work until the plan is proven, time is over or the caller cancels."""
        relaxed = self._relax()
        if not self._proven() and relaxed is not None and self._finished() is None:
            self._round(relaxed)
            self._search.improve_pairs(self._problem.max_moves)
            self._note()
        if not self._proven() and relaxed is not None:
            self._branch(relaxed)
        if self._proven():
            return Certified(self.best, self.bound, "proven")
        return Certified(self.best, self.bound, self._finished() or "time")

    def _proven(self) -> bool:
        return relative_gap(self.best.objective, self.bound) <= self._target

    def _raise_bound(self, bound: float) -> None:
        # No plan can be better than the best one: a bound above it is rounding.
        margin = BOUND_MARGIN * max(self.best.objective, 1.0)
        self.bound = max(self.bound, min(bound - margin, self.best.objective))

    def _relax(self) -> Relaxed | None:
        """Cutting planes until the plan is proven or the relaxation has settled; return the last answer."""
        latest: Relaxed | None = None
        for _ in range(MOST_LINEAR_ITERATIONS):
            if self._proven() or self._finished() is not None:
                return latest
            relaxed = self._master.solve(self._pool, self._rows, self._remaining_s())
            if relaxed is None:
                return latest
            latest = relaxed
            self._raise_bound(relaxed.bound)
            self._pool.mark_used(relaxed.carrying)
            self._forget_idle(relaxed.carrying)
            value = self._cut(relaxed.counts, relaxed.risk) - float(relaxed.risk.sum()) + relaxed.objective
            middle = 0.5 * (relaxed.counts + self._counts_of(self.best.pairs))
            self._cut(middle, relaxed.risk, at=relaxed.counts)
            missing = np.where(self._master.columns, np.inf, relaxed.reduced)
            admitted = self._master.admit(missing, min(COLUMNS_PER_ITERATION, int((missing < 0.0).sum())))
            settled = value - relaxed.bound <= SETTLED_SHARE * self.best.objective
            if settled and not admitted:
                return latest
        return latest

    def _cut(self, counts: FloatArray, risk: FloatArray, at: FloatArray | None = None) -> float:
        """Add the cuts at some counts that rise above the risk believed in so far, group by group.

        Returns the exact risk at these counts. `at` (the counts themselves if None) is where the comparison
        with `risk` is made.
        """
        constant, slope = self._store.cuts_at(self._problem, counts)
        value = self._store.value(constant, slope, counts)
        there = value if at is None else self._store.value(constant, slope, at)
        new = np.flatnonzero(there > risk + LEAST_VIOLATION_SHARE * self.best.objective)
        self._use(self._pool.add(constant[new], slope[new], new))
        return float(value.sum())

    def _use(self, rows: IntArray) -> None:
        rows = np.setdiff1d(rows, self._rows)
        self._rows = np.concatenate([self._rows, rows])
        self._idle = np.concatenate([self._idle, np.zeros(rows.size, dtype=np.int64)])

    def _forget_idle(self, carrying: IntArray) -> None:
        self._idle += 1
        self._idle[np.isin(self._rows, carrying)] = 0
        kept = self._idle <= IDLE_ITERATIONS
        self._rows, self._idle = self._rows[kept], self._idle[kept]

    def _counts_of(self, pairs: tuple[Pair, ...]) -> FloatArray:
        counts = self._movers.counts.astype(np.float64)
        for g, destination in pairs:
            k = int(self._movers.kind[g])
            counts[k, self._movers.origin[g]] -= 1.0
            counts[k, destination] += 1.0
        return counts

    def _round(self, relaxed: Relaxed) -> None:
        """Make the moves the relaxation likes most, as far as rules allow, and re-optimise."""
        liked = [c for c in np.argsort(-relaxed.moved).tolist() if relaxed.moved[c] > LEAST_LIKED]
        self._search.restart(())
        for c in liked:
            pair = (int(relaxed.group[c]), int(relaxed.end[c]))
            if len(self._search.pairs) < self._problem.max_moves and self._search.state.allows(pair):
                self._search.restart((*self._search.pairs, pair))
        self._search.improve(self._problem.max_moves)
        self._note()

    def _note(self) -> None:
        """Keep the search's plan if it is the best; go back to the best if not."""
        found = self._exact()
        if found.objective < self.best.objective:
            self.best = found
        else:
            self._search.restart(self.best.pairs)

    def _exact(self) -> Found:
        """Return the search's plan with its objective computed afresh."""
        found = self._search.keep()
        return Found(found.pairs, self._search.state.exact_risk() + self._search.state.cost)

    def _branch(self, relaxed: Relaxed) -> None:
        """Close what the relaxation leaves with whole-number programmes over the cuts.

        A plan that makes a move whose reduced price lifts the bound to `enough` cannot refute the proof: so
        few moves are left that the programmes are small. Each answer is priced exactly: a better plan, or
        new cuts.
        """
        for _ in range(MOST_WHOLE_ITERATIONS):
            if self._proven() or self._finished() is not None:
                return
            enough = self.best.objective * (1.0 - ENOUGH_SHARE * self._target)
            useful = relaxed.bound + relaxed.reduced < enough
            seconds = min(WHOLE_SLICE_S, self._remaining_s())
            self._master.scale_to(self.best.objective)
            whole = self._master.solve_whole(self._pool, self._rows, useful, self._target / 4.0, seconds)
            if whole is None:
                continue
            self._raise_bound(min(whole.bound, enough))
            pairs = tuple((g, end) for g, end, times in whole.moved for _ in range(times))
            counts = self._counts_of(pairs)
            self._cut(counts, self._pool.value_at(counts))
            self._search.restart(pairs)
            self._search.improve(self._problem.max_moves)
            self._note()
