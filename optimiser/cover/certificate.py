"""The certificate: how far from the best possible a plan can be, and a better plan where there is one.

Called by the engine after the first plan, for as long as the caller allows. Cutting planes on the convex
risk give a bound that is valid at every moment; what the relaxation suggests is rounded into plans; where
the relaxation leaves a gap, branching over the same cuts closes it. Every number of moves of the frontier
has a bound of its own; cuts and columns are shared by all.
"""

from collections.abc import Callable

import numpy as np

from optimiser.cover.arrays import BoolArray, FloatArray, IntArray
from optimiser.cover.branching import OpenParts, Part, split_of, whole_moves
from optimiser.cover.cuts import CutPool, CutStore
from optimiser.cover.master import Limits, Master, Relaxed
from optimiser.cover.next_best import next_best
from optimiser.cover.plan import Certificate, relative_gap
from optimiser.cover.problem import CoverProblem
from optimiser.cover.search import CoverSearch, Found
from optimiser.cover.state import CoverState, Pair
from optimiser.cover.views import Views

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
# Bounds on the number of iterations and of parts: never met in practice.
MOST_LINEAR_ITERATIONS = 200
MOST_ITERATIONS_OF_PART = 30
MOST_PARTS = 20_000
# A part is split rather than cut once an iteration closes less than this share of what is left.
SLOW_SHARE = 0.1
# Of the parts, the first so many are rounded into plans, and every so many-th after them.
ROUNDED_PARTS = 8
# The least gap that can be asked for: a relaxation that has settled may be SETTLED_SHARE below the truth.
LEAST_TARGET_GAP = 3e-5
# Moves are left aside, and parts closed, once their bound is within this share of the gap asked for.
ENOUGH_SHARE = 0.98
# A cut that rises by less than this share of the objective is not worth a row.
LEAST_VIOLATION_SHARE = 1e-9
# A column is asked for where it saves at least this share of the objective.
LEAST_ASKED_SHARE = 1e-9
# Two sums of one objective differ by less than this share of it.
SAME_SHARE = 1e-9
# Looks around the best plan for a better one: a bound never met in practice (one or two settle).
MOST_LOOKS = 4
# The bound is lowered by this share of the objective for rounding in its own sums.
BOUND_MARGIN = 1e-10


class Certification:
    """One attempt to prove plans for one problem, each with at most so many moves as its place says.

    Parameters
    ----------
    store
        Of the region.
    problem, state
        The problem and its state without any move.
    starts
        Plans to start from, of at most 0, 1, ..., max_moves moves.
    claims
        What is said of these plans: their objective, and a lower bound proven earlier, 0 where there is
        none. A bound is taken up only where the objective is that of the plan in this problem.
    finished
        Says "cancelled" or "time" once the attempt must stop, else None.
    remaining_s
        Seconds left.
    """

    _master: Master
    _views: Views
    _pool: CutPool

    def __init__(
        self,
        store: CutStore,
        problem: CoverProblem,
        state: CoverState,
        starts: list[tuple[Pair, ...]],
        *,
        claims: list[tuple[float, float]],
        finished: Callable[[], Certificate | None],
        remaining_s: Callable[[], float],
        target_gap: float = PROVEN_GAP,
    ) -> None:
        self._store, self._problem, self._movers = store, problem, state.movers
        self._finished, self._remaining_s, self._target = finished, remaining_s, target_gap
        self._search = CoverSearch(state, lambda: finished() is not None)
        self._n = problem.max_moves
        self._base_prices = state.prices()
        single = state.best()
        self.best: list[Found] = []
        for pairs in starts:
            self._search.restart(pairs)
            self.best.append(self._exact())
        # A plan of another picture may keep the rules of this one: its bound says nothing here.
        bounds = [
            bound if abs(objective - found.objective) <= SAME_SHARE * max(objective, 1.0) else 0.0
            for found, (objective, bound) in zip(self.best, claims, strict=True)
        ]
        self._spread()
        self.bounds = [0.0] * len(bounds)
        for n, bound in enumerate(bounds):
            self._raise_bound(n, bound, margin=0.0)
        # Doing nothing is exact, and so is the best single move: all of them are priced.
        self.bounds[0] = self.best[0].objective
        self._raise_bound(1, self.best[0].objective + min(single.value, 0.0))
        if single.value < 0.0:
            self._search.restart(((single.group, single.destination),))
            self._note()
        if not self._movers.n_groups:
            # Nothing can move: doing nothing is the best of all plans, being the only one.
            self.bounds = [found.objective for found in self.best]
        # Laid out once some plan is not proven by the prices of single moves alone.
        self._opened = False

    @property
    def most_moves(self) -> int:
        """The most moves of the problem."""
        return len(self.best) - 1

    def proven(self, n: int) -> bool:
        """Whether the plan of at most n moves is within the gap asked for."""
        return relative_gap(self.best[n].objective, self.bounds[n]) <= self._target

    def proves(self, objective: float) -> bool:
        """Whether a plan of the most moves with this objective is within the gap asked for."""
        return relative_gap(objective, self.bounds[-1]) <= self._target

    def prove(self, n: int) -> None:
        """Work on the plan of at most n moves until it is proven, time is over or the caller cancels."""
        if self.proven(n) or self._finished() is not None:
            return
        self._n = n
        self._open()
        relaxed = self._relax()
        if relaxed is None or self.proven(n) or self._finished() is not None:
            return
        self._round(relaxed)
        if not self.proven(n):
            self._search.restart(self.best[n].pairs)
            self._search.improve_pairs(n)
            self._note()
        if not self.proven(n):
            self._branch(relaxed)

    def look_around(self) -> None:
        """Take the best of the next-best plans where it is better than the plan of most moves.

        Else what is offered as the alternative would be better than the plan itself, within its gap.
        """
        n = self.most_moves
        for _ in range(MOST_LOOKS):
            if self._finished() is not None or not self.best[n].pairs:
                return
            self._search.restart(())
            state, before = self._search.state, self.best[n].objective
            saved = state.save()
            found = next_best(state, self.best[n].pairs, n, 1)
            self._search.go_back(saved, [])
            if not found or found[0].objective >= before * (1.0 - LEAST_VIOLATION_SHARE):
                return
            self._search.restart(found[0].pairs)
            self._note()

    def _open(self) -> None:
        """Lay out the programme, the first time; after it only the number of moves changes."""
        self._search.restart(self.best[self._n].pairs)
        if self._opened:
            self._master.most_moves = self._n
            self._master.scale_to(self.best[self._n].objective)
            return
        self._opened = True
        self._pool = self._store.pool(self._problem)
        self._views = Views.of(self._problem)
        n_risks = self._problem.n_views * self._store.n_groups
        self._master = Master(self._movers, n_risks, self._n, self.best[self._n].objective)
        self._master.admit(self._base_prices, COLUMNS_AT_START)
        self._master.admit(self._search.state.prices(), COLUMNS_AT_START)
        self._codes: IntArray = np.empty(0, dtype=np.int64)
        self._idle: IntArray = np.empty(0, dtype=np.int64)
        self._use(self._views.everywhere(self._pool.binding()))
        seen: set[tuple[Pair, ...]] = set()
        for found in self.best:
            for g, destination in found.pairs:
                self._master.columns[g, destination] = True
            if found.pairs not in seen:
                seen.add(found.pairs)
                counts = self._counts_of(found.pairs)
                self._use(self._views.tightest(self._pool, counts))
                self._cut(counts, self._views.value_at(self._pool, counts))

    def _raise_bound(self, n: int, bound: float, margin: float = BOUND_MARGIN) -> None:
        """Raise the bound of n moves, and with it that of all fewer."""
        for fewer in range(min(n, self.most_moves), -1, -1):
            # No plan can be better than the best one: a bound above it is rounding.
            objective = self.best[fewer].objective
            lowered = bound - margin * max(objective, 1.0)
            self.bounds[fewer] = max(self.bounds[fewer], min(lowered, objective))

    def _solve(self, usable: BoolArray | None = None, limits: Limits = ()) -> Relaxed | None:
        """Solve the programme over the cuts in use, and forget those that have not carried for long."""
        cuts = self._views.active(self._pool, self._codes)
        relaxed = self._master.solve(cuts, self._remaining_s(), usable, limits)
        if relaxed is not None:
            self._carrying = self._codes[relaxed.carrying]
            self._pool.mark_used(np.unique(self._carrying // self._views.n_scenes))
            self._idle = np.where(relaxed.carrying, 0, self._idle + 1)
            kept = self._idle <= IDLE_ITERATIONS
            self._codes, self._idle = self._codes[kept], self._idle[kept]
        return relaxed

    def _admit(self, relaxed: Relaxed, usable: BoolArray | None = None) -> int:
        """Admit the usable columns the answer asks for; return how many are new."""
        master = self._master
        known = master.columns if usable is None else master.columns | ~usable
        asked = np.where(known, np.inf, relaxed.asked)
        least = -LEAST_ASKED_SHARE * self.best[self._n].objective
        return master.admit(asked, min(COLUMNS_PER_ITERATION, int((asked < least).sum())))

    def _relax(self) -> Relaxed | None:
        """Cutting planes until the plan is proven or the relaxation has settled; return the last answer."""
        latest: Relaxed | None = None
        for _ in range(MOST_LINEAR_ITERATIONS):
            if self.proven(self._n) or self._finished() is not None:
                return latest
            relaxed = self._solve()
            if relaxed is None:
                return latest
            latest = relaxed
            for n, bound in enumerate(relaxed.bounds.tolist()):
                self._raise_bound(n, bound)
            if self.proven(self._n):
                return latest
            best = self.best[self._n]
            value = self._true_value(relaxed)
            middle = 0.5 * (relaxed.counts + self._counts_of(best.pairs))
            self._cut(middle, relaxed.risk, at=relaxed.counts)
            if not self._admit(relaxed) and value - relaxed.bound <= SETTLED_SHARE * best.objective:
                return latest
        return latest

    def _true_value(self, relaxed: Relaxed) -> float:
        """Cut at the answer; return its true objective."""
        return self._cut(relaxed.counts, relaxed.risk) - float(relaxed.risk.sum()) + relaxed.objective

    def _cut(self, counts: FloatArray, risk: FloatArray, at: FloatArray | None = None) -> float:
        """Add the cuts at some counts that rise above the risk believed in so far, group by group.

        Returns the exact risk at these counts. `at` (the counts themselves if None) is where the comparison
        with `risk` is made.
        """
        views, store = self._views, self._store
        constant, slope = views.cuts_at(store, self._problem, counts)
        value = views.values(store, constant, slope, counts)
        there = value if at is None else views.values(store, constant, slope, at)
        new = np.flatnonzero(there > risk + LEAST_VIOLATION_SHARE * self.best[self._n].objective)
        self._use(views.keep(self._pool, constant, slope, new))
        return float(value.sum())

    def _use(self, codes: IntArray) -> None:
        codes = np.setdiff1d(codes, self._codes)
        self._codes = np.concatenate([self._codes, codes])
        self._idle = np.concatenate([self._idle, np.zeros(codes.size, dtype=np.int64)])

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
            if len(self._search.pairs) < self._n and self._search.state.allows(pair):
                self._search.restart((*self._search.pairs, pair))
        self._search.improve(self._n)
        self._note()

    def _note(self) -> None:
        """Keep the search's plan wherever it is the best of so many moves."""
        found = self._exact()
        for n in range(len(found.pairs), len(self.best)):
            if found.objective < self.best[n].objective:
                self.best[n] = found

    def _spread(self) -> None:
        """A plan of fewer moves is one of more, too."""
        for n in range(1, len(self.best)):
            if self.best[n - 1].objective <= self.best[n].objective:
                self.best[n] = self.best[n - 1]

    def _exact(self) -> Found:
        """Return the search's plan with its objective computed afresh."""
        found = self._search.keep()
        return Found(found.pairs, self._search.state.exact_risk() + self._search.state.cost)

    def _enough(self) -> float:
        """Return a bound that proves the best plan."""
        return self.best[self._n].objective * (1.0 - ENOUGH_SHARE * self._target)

    def _branch(self, root: Relaxed) -> None:
        """Close what the relaxation leaves by splitting it into parts.

        A plan that makes a move whose reduced price lifts the bound to `enough` cannot refute the proof: so
        few moves are left that the parts are small.
        """
        fence = self._enough()
        usable = root.bound + root.reduced < fence
        parts = OpenParts(root.bound, self._carrying, fence)
        for number in range(MOST_PARTS):
            if not parts or self.proven(self._n) or self._finished() is not None:
                break
            part = parts.take()
            self._work_on(part, parts, usable, number)
            self._raise_bound(self._n, parts.bound)

    def _work_on(self, part: Part, parts: OpenParts, usable: BoolArray, number: int) -> None:
        """Raise the bound of a part; then close it, split it, or leave it open where time is over."""
        bound = part.bound
        latest: Relaxed | None = None
        self._use(part.codes)
        for _ in range(MOST_ITERATIONS_OF_PART):
            if bound >= self._enough():
                parts.close(bound)
                return
            if self._finished() is not None:
                parts.put_back(part)
                return
            relaxed = self._solve(usable, part.limits)
            if relaxed is None:
                break
            latest = relaxed
            risen = max(0.0, relaxed.bound - bound)
            bound = max(bound, relaxed.bound)
            value = self._true_value(relaxed)
            settled = value - relaxed.bound <= SETTLED_SHARE * self.best[self._n].objective
            admitted = self._admit(relaxed, usable)
            if settled and not admitted:
                break
            whole = split_of(relaxed, self._movers, part.limits, self._n) is None
            if not whole and not admitted and risen < SLOW_SHARE * (self._enough() - bound):
                break
        if latest is None:
            parts.close(bound)
            return
        split = split_of(latest, self._movers, part.limits, self._n)
        if split is None:
            self._try_whole(latest)
            parts.close(bound)
            return
        if number < ROUNDED_PARTS or number % ROUNDED_PARTS == 0:
            self._round(latest)
        parts.split(part, bound, split, self._carrying)

    def _try_whole(self, relaxed: Relaxed) -> None:
        """Note the plan of an answer with whole arrivals and departures."""
        pairs = whole_moves(relaxed, self._movers)
        if pairs is None or len(pairs) > self._n:
            return
        self._search.restart(pairs)
        self._note()
        self._search.improve(self._n)
        self._note()
